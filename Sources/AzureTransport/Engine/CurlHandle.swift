internal import CutoverCCurl
internal import CutoverCCurlShims

/// One easy handle of libcurl: an exchange is set up on it, and after that the next one.
///
/// The first option that libcurl refuses is remembered, so that a set-up reads as a list and is judged once.
///
/// Safety: only the engine's thread has one, and libcurl asks for no more than that a handle is used by one thread at a time.
/// What is handed to libcurl as a pointer is copied by it, or lives as long as this does.
@safe final class CurlHandle {
    let easy: UnsafeMutableRawPointer
    private let complaint: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private(set) var refusal: CURLcode?
    /// How much is received in one piece, for as long as the handle lives: libcurl refuses another size while it has the buffer, and
    /// it keeps the buffer of an exchange whose connection others still share.
    let bufferBytes: Int
    /// Whether what all exchanges have in common is set.
    var isPrepared = false

    /// Nil when there is no memory.
    init?(bufferBytes: Int) {
        guard let easy = unsafe curl_easy_init() else { return nil }
        unsafe self.easy = easy
        self.bufferBytes = bufferBytes
        unsafe complaint = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe complaint.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_BUFFERSIZE, bufferBytes)
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(headers)
        unsafe complaint.deallocate()
    }

    // MARK: Set up

    func set(_ option: CURLoption, _ value: Int) {
        note(unsafe cutover_curl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ flag: Bool) {
        set(option, flag ? 1 : 0)
    }

    /// For the options whose names end in `_LARGE`.
    func set(_ option: CURLoption, size: Int) {
        note(unsafe cutover_curl_set_size(easy, option, Int64(size)))
    }

    func set(_ option: CURLoption, text: String?) {
        note(unsafe cutover_curl_set_text(easy, option, text))
    }

    /// A body that libcurl copies; its size comes first.
    func setBody(_ bytes: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, size: bytes.count)
        unsafe bytes.withUnsafeBytes { bytes in
            note(
                unsafe cutover_curl_set_bytes(
                    easy,
                    CURLOPT_COPYPOSTFIELDS,
                    bytes.baseAddress ?? UnsafeRawPointer(complaint)
                )
            )
        }
    }

    /// Adds a line of the form `Name: value`; `Name;` for an empty value, and `Name:` to keep libcurl from adding one.
    func addHeader(_ line: String) {
        guard let longer = unsafe curl_slist_append(headers, line) else { return note(CURLE_OUT_OF_MEMORY) }
        unsafe headers = longer
    }

    /// Puts the callbacks in force, and the place for libcurl's complaints.
    func prepare(_ callbacks: cutover_curl_callbacks) {
        note(unsafe withUnsafePointer(to: callbacks) { unsafe cutover_curl_set_callbacks(easy, $0) })
        note(unsafe cutover_curl_set_bytes(easy, CURLOPT_ERRORBUFFER, complaint))
    }

    /// Puts the added lines in force, and what the callbacks get.
    func finishSetUp(context: UnsafeMutableRawPointer) {
        note(unsafe cutover_curl_set_headers(easy, headers))
        note(unsafe cutover_curl_set_context(easy, context))
    }

    /// Takes back what the last exchange set and the next one may not set again. What all have in common stays, because setting
    /// it anew costs as much as a small exchange; connections are the multi handle's and stay, too.
    ///
    /// - Returns: Whether libcurl took all of it; a handle that kept something is of no use to the next exchange.
    func clear() -> Bool {
        // It undoes HEAD, POST and upload, and what is left of their bodies is not looked at.
        set(CURLOPT_HTTPGET, true)
        set(CURLOPT_CUSTOMREQUEST, text: nil)
        note(unsafe cutover_curl_set_headers(easy, nil))
        unsafe curl_slist_free_all(headers)
        unsafe headers = nil
        unsafe complaint.pointee = 0
        return refusal == nil
    }

    private func note(_ code: CURLcode) {
        if code != CURLE_OK, refusal == nil { refusal = code }
    }

    // MARK: Under way

    func info(_ info: CURLINFO) -> Int {
        unsafe cutover_curl_info_long(easy, info)
    }

    /// For the facts whose names end in `_T`.
    func size(_ info: CURLINFO) -> Int {
        Int(unsafe cutover_curl_info_size(easy, info))
    }

    /// Both directions go on; libcurl may call back at once.
    func resume() -> CURLcode {
        unsafe cutover_curl_resume(easy)
    }

    /// What libcurl has to say about a failure. It may hold names of hosts and paths of files: it is searched and never shown.
    var complaintText: String { unsafe String(cString: complaint) }
}
