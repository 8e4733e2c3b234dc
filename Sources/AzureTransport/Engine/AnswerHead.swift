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
    mutating func add(_ line: String, maximumBytes: Int) -> Progress {
        bytes += line.utf8.count
        guard bytes <= maximumBytes else { return .tooLarge }
        guard !isComplete else { return .incomplete }
        let text = Self.trimmed(line[...])
        if line.utf8.starts(with: "HTTP/".utf8) {
            let parts = text.split(separator: " ", maxSplits: 2)
            guard parts.count >= 2, parts[1].utf8.count == 3, let number = Int(parts[1]), number >= 100 else {
                return .malformed
            }
            status = number
            headers = HTTPHeaders()
            return .incomplete
        }
        guard status != 0 else { return .malformed }
        guard !text.isEmpty else {
            isComplete = status >= 200
            return isComplete ? .complete : .incomplete
        }
        // A line that goes on from the one before is obsolete, and a way to smuggle: it is refused.
        guard let start = line.utf8.first, !Self.isSpace(start),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex
        else { return .malformed }
        headers.add(String(text[..<colon]), String(Self.trimmed(text[text.utf8.index(after: colon)...])))
        return .incomplete
    }

    /// Without spaces, tabs and line ends on both sides.
    private static func trimmed(_ text: Substring) -> Substring {
        let bytes = text.utf8
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return text[first...last]
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }
}
