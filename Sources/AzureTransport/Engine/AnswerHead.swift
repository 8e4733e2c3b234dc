/// The head of an answer, put together from the lines that libcurl hands over one by one.
///
/// Interim answers (`100`, `103`) are passed over, and so are the trailers of a chunked body.
struct AnswerHead {
    enum Progress {
        case incomplete, complete, malformed, tooLarge
    }

    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private(set) var isComplete = false
    private var bytes = 0

    /// Takes one line with its end.
    ///
    /// Safety: libcurl lends the bytes for the call, and nothing keeps them: names and values are copied.
    mutating func add(_ line: UnsafeRawBufferPointer, maximumBytes: Int) -> Progress {
        bytes += line.count
        guard bytes <= maximumBytes else { return .tooLarge }
        guard !isComplete else { return .incomplete }
        let text = unsafe Self.trimmed(line[...])
        if unsafe line.starts(with: "HTTP/".utf8) {
            let parts = unsafe Self.text(text).split(separator: " ", maxSplits: 2)
            guard parts.count >= 2, parts[1].utf8.count == 3, let number = Int(parts[1]), number >= 100 else {
                return .malformed
            }
            status = number
            headers = HTTPHeaders()
            return .incomplete
        }
        guard status != 0 else { return .malformed }
        guard unsafe !text.isEmpty else {
            isComplete = status >= 200
            return isComplete ? .complete : .incomplete
        }
        // A line that goes on from the one before is obsolete, and a way to smuggle: it is refused.
        guard let start = unsafe line.first, !Self.isSpace(start),
            let colon = unsafe text.firstIndex(of: UInt8(ascii: ":")), unsafe colon != text.startIndex
        else { return .malformed }
        unsafe headers.add(Self.text(text[..<colon]), Self.text(Self.trimmed(text[(colon + 1)...])))
        return .incomplete
    }

    private typealias Bytes = Slice<UnsafeRawBufferPointer>

    private static func text(_ bytes: Bytes) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
    }

    /// Without spaces, tabs and line ends on both sides.
    private static func trimmed(_ bytes: Bytes) -> Bytes {
        var bytes = unsafe bytes
        while let first = unsafe bytes.first, isSpace(first) { unsafe bytes.removeFirst() }
        while let last = unsafe bytes.last, isSpace(last) { unsafe bytes.removeLast() }
        return unsafe bytes
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }
}
