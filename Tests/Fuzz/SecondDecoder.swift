import Foundation
import MigrationCore

/// Reads plain JSON with Foundation's decoder as well and compares what both say.
///
/// The decoders differ in a few places by intention. Where one of these decides, the input is changed at that place
/// and both read it again, so that the rest of the input is still compared. The differences, each of which is an
/// error for `Document`:
/// - a comma before a closing bracket is accepted by Foundation;
/// - of a name that an object has twice, Foundation keeps one;
/// - a NUL in a name is accepted by Foundation;
/// - a number beyond the range of doubles is not looked at by Foundation when its name comes again in the same object;
/// - a byte order mark is skipped by Foundation.
///
/// Foundation also drops a byte order mark from the start of a string, so marks inside are replaced by three letters
/// for both.
///
/// An input that Foundation takes for UTF-16 or UTF-32 is not compared, but must be refused. The limit of depth is
/// set to Foundation's 512 for the comparison. Numbers beyond 64 bits and most fractions go through a decimal type in
/// Foundation, which rounds twice; they are compared to twelve digits, and the tests of numbers check the last bit.
/// Names that are canonically equivalent are one name for Foundation.
struct SecondDecoder {
    private static let limits = DocumentLimits(maximumDepth: 512)

    private let input: [UInt8]

    init(_ input: [UInt8]) {
        self.input = input
    }

    func compare(_ statistics: inout FuzzStatistics) throws(Violation) {
        guard isPlain else { return }
        if isOtherEncoding {
            guard Self.ours(input).isFailure else { throw Violation("another encoding than UTF-8 is accepted") }
            statistics.differences["another encoding", default: 0] += 1
            return
        }
        statistics.compared += 1
        var text = Self.withoutInnerMarks(input, &statistics)
        for _ in 0...input.count {
            switch (Self.ours(text), Self.theirs(text)) {
            case (.success(let ours), .some(let theirs)):
                statistics.comparedAccepted += 1
                guard Self.matches(ours, theirs, &statistics) else {
                    throw Violation("the second decoder reads other values")
                }
                return
            case (.failure, .none):
                return
            case (.success, .none):
                throw Violation("the second decoder refuses what is accepted")
            case (.failure(let error), .some):
                guard let (kind, changed) = Self.changed(text, at: error) else {
                    throw Violation("the second decoder accepts what is refused: \(error)")
                }
                statistics.differences[kind, default: 0] += 1
                text = changed
            }
        }
        throw Violation("the differences to the second decoder do not end")
    }

    /// Whether no name can belong to a type of Extended JSON.
    private var isPlain: Bool {
        if input.contains(UInt8(ascii: "$")) { return false }
        return !input.indices.contains { index in
            input[index] == UInt8(ascii: "u") && input[index...].starts(with: Array("u0024".utf8))
        }
    }

    /// Whether Foundation takes the first bytes for UTF-16 or UTF-32.
    private var isOtherEncoding: Bool {
        input.prefix(4).contains(0) || input.starts(with: [0xFF, 0xFE]) || input.starts(with: [0xFE, 0xFF])
    }

    private static func withoutInnerMarks(_ text: [UInt8], _ statistics: inout FuzzStatistics) -> [UInt8] {
        var changed = text
        for index in text.indices.dropFirst() where text[index...].starts(with: [0xEF, 0xBB, 0xBF]) {
            changed.replaceSubrange(index..<(index + 3), with: "bom".utf8)
            statistics.differences["byte order mark", default: 0] += 1
        }
        return changed
    }

    private static func ours(_ text: [UInt8]) -> Result<Value, DocumentError> {
        do throws(DocumentError) {
            return .success(try ExtendedJSON.parseValue(text, limits: limits))
        } catch {
            return .failure(error)
        }
    }

    private static func theirs(_ text: [UInt8]) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(text), options: [.fragmentsAllowed])
    }

    /// The text without the difference at which an error points, and what the difference is; nil when it is none of
    /// those that are known.
    private static func changed(_ text: [UInt8], at error: DocumentError) -> (kind: String, text: [UInt8])? {
        guard let offset = error.byteOffset, offset < text.count else { return nil }
        var changed = text
        if error.code == .duplicateName {
            // The quote that opens the name; the place makes it unique.
            changed.insert(contentsOf: "\(offset)/".utf8, at: offset + 1)
            return ("duplicate name", changed)
        }
        if error.code == .invalidName, text[offset...].starts(with: Array(#"\u0000"#.utf8)) {
            changed[offset + 5] = UInt8(ascii: "1")
            return ("NUL in a name", changed)
        }
        if error.code == .invalidValue, let end = endOfNumber(in: text, from: offset) {
            changed.replaceSubrange(offset..<end, with: "1".utf8)
            return ("number beyond doubles under a name that comes twice", changed)
        }
        if offset == 0, text.starts(with: [0xEF, 0xBB, 0xBF]) {
            changed.removeFirst(3)
            return ("byte order mark", changed)
        }
        if text[offset] == UInt8(ascii: "]") || text[offset] == UInt8(ascii: "}"),
            let comma = lastToken(before: offset, in: text),
            text[comma] == UInt8(ascii: ",")
        {
            changed.remove(at: comma)
            return ("comma at the end", changed)
        }
        return nil
    }

    /// The end of a number that no double holds, by the judgement of the standard library.
    private static func endOfNumber(in text: [UInt8], from start: Int) -> Int? {
        let end = text[start...].firstIndex { !Array("0123456789+-.eE".utf8).contains($0) } ?? text.endIndex
        guard let number = Double(String(decoding: text[start..<end], as: UTF8.self)), number.isInfinite else {
            return nil
        }
        return end
    }

    private static func lastToken(before offset: Int, in text: [UInt8]) -> Int? {
        text[..<offset].lastIndex { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }
    }
}

extension SecondDecoder {
    /// Whether both decoders read the same value.
    private static func matches(_ ours: Value, _ theirs: Any, _ statistics: inout FuzzStatistics) -> Bool {
        switch ours {
        case .null: theirs is NSNull
        case .bool(let flag): (theirs as? NSNumber)?.boolValue == flag
        case .string(let text): (theirs as? String).map { $0.utf8.elementsEqual(text.utf8) } ?? false
        case .int32(let number): (theirs as? NSNumber)?.int64Value == Int64(number)
        case .int64(let number): (theirs as? NSNumber)?.int64Value == number
        case .double(let number): (theirs as? NSNumber).map { isNear($0.doubleValue, number) } ?? false
        case .array(let elements): matches(elements, theirs, &statistics)
        case .document(let document): matches(document, theirs, &statistics)
        default: false
        }
    }

    private static func matches(_ ours: [Value], _ theirs: Any, _ statistics: inout FuzzStatistics) -> Bool {
        guard let theirs = theirs as? [Any], ours.count == theirs.count else { return false }
        for (our, their) in zip(ours, theirs) where !matches(our, their, &statistics) { return false }
        return true
    }

    private static func matches(_ ours: Document, _ theirs: Any, _ statistics: inout FuzzStatistics) -> Bool {
        guard let theirs = theirs as? [String: Any] else { return false }
        let names = Set(ours.keys)
        guard names.count == theirs.count else { return false }
        if names.count < ours.count {
            statistics.differences["equivalent names", default: 0] += 1
            return true
        }
        for (name, our) in ours {
            guard let their = theirs[name], matches(our, their, &statistics) else { return false }
        }
        return true
    }

    private static func isNear(_ a: Double, _ b: Double) -> Bool {
        a == b || (a - b).magnitude <= 1e-12 * Swift.max(a.magnitude, b.magnitude)
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        if case .failure = self { true } else { false }
    }
}
