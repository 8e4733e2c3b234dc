internal import CutoverCCurl
internal import CutoverCCurlShims

/// The functions that libcurl calls, always on the engine's thread and inside of a call to libcurl.
///
/// Safety: the context is an exchange that the loop holds for as long as its handle is with libcurl.
enum CurlCallbacks {
    static let table =
        unsafe cutover_curl_callbacks(
            head: { bytes, size, count, context in
                guard let exchange = unsafe CurlCallbacks.exchange(context) else { return 0 }
                let length = size * count
                let bytes = unsafe UnsafeRawBufferPointer(start: bytes, count: length)
                return unsafe exchange.receive(headLine: bytes) ? length : 0
            },
            body: { bytes, size, count, context in
                guard let exchange = unsafe CurlCallbacks.exchange(context) else { return 0 }
                let length = size * count
                guard length > 0 else { return 0 }
                return switch unsafe exchange.receive(body: UnsafeRawBufferPointer(start: bytes, count: length)) {
                case .taken: length
                case .full: cutover_curl_pause_body
                case .refused: 0
                }
            },
            read: { bytes, size, count, context in
                guard let exchange = unsafe CurlCallbacks.exchange(context) else { return cutover_curl_abort_read }
                let room = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                return unsafe exchange.read(into: room) ?? cutover_curl_pause_read
            },
            ready: { context, _, _, _, _ in
                // CURL_PREREQFUNC_OK and CURL_PREREQFUNC_ABORT.
                unsafe CurlCallbacks.exchange(context)?.ready() == true ? 0 : 1
            }
        )

    private static func exchange(_ context: UnsafeMutableRawPointer?) -> CurlExchange? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    }
}
