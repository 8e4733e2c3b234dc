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
        let text = unsafe Self.trimmed(line, 0..<line.count)
        if unsafe Self.isStatusLine(line) {
            guard let number = unsafe Self.status(in: line, text) else { return .malformed }
            status = number
            headers = HTTPHeaders(capacity: 16)
            return .incomplete
        }
        guard status != 0 else { return .malformed }
        guard !text.isEmpty else {
            isComplete = status >= 200
            return isComplete ? .complete : .incomplete
        }
        // A line that goes on from the one before is obsolete, and a way to smuggle: it is refused.
        guard let start = unsafe line.first, !Self.isSpace(start),
            let colon = text.first(where: { unsafe line[$0] == UInt8(ascii: ":") }), colon != text.lowerBound
        else { return .malformed }
        let value = unsafe Self.trimmed(line, (colon + 1)..<text.upperBound)
        unsafe headers.add(Self.text(line, text.lowerBound..<colon), Self.text(line, value))
        return .incomplete
    }

    private static func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        let start: StaticString = "HTTP/"
        guard line.count >= start.utf8CodeUnitCount else { return false }
        return (0..<start.utf8CodeUnitCount).allSatisfy { unsafe line[$0] == start.utf8Start[$0] }
    }

    /// The number behind the version: three digits, and after them nothing or a space.
    private static func status(in line: UnsafeRawBufferPointer, _ text: Range<Int>) -> Int? {
        guard var start = text.first(where: { unsafe line[$0] == UInt8(ascii: " ") }) else { return nil }
        while unsafe line[start] == UInt8(ascii: " ") { start += 1 }
        guard start + 3 <= text.upperBound, unsafe start + 3 == text.upperBound || line[start + 3] == UInt8(ascii: " ")
        else { return nil }
        var number = 0
        for index in start..<(start + 3) {
            let digit = unsafe Int(line[index]) - 0x30
            guard (0...9).contains(digit) else { return nil }
            number = number * 10 + digit
        }
        return number >= 100 ? number : nil
    }

    private static func text(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(rebasing: line[range]), as: UTF8.self)
    }

    /// Without spaces, tabs and line ends on both sides.
    private static func trimmed(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, unsafe isSpace(line[start]) { start += 1 }
        while start < end, unsafe isSpace(line[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }
}
