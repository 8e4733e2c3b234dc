internal import MigrationCore

/// How SQL tells whether a value equals one of several operands: by its canonical text, where that is one text only.
struct EqualityTest {
    /// The canonical texts of what is equal.
    private(set) var texts: [[UInt8]] = []
    /// Numbers are among the operands: a decimal may equal them under any of its texts.
    private(set) var hasNumber = false
    /// Operands whose equals have many texts: documents and arrays that hold numbers, and what Extended JSON cannot hold.
    private(set) var hasOpenDocument = false
    private(set) var hasOpenArray = false

    init(_ operands: [Value]) {
        for operand in operands {
            if let bounds = NumberBounds(operand) {
                hasNumber = true
                texts += bounds.equalTexts
            } else if let text = operand.onlyText {
                texts.append(text)
            } else if case .array = operand {
                hasOpenArray = true
            } else {
                hasOpenDocument = true
            }
        }
    }

    /// Whether everything that is equal to an operand has one of the texts.
    var isComplete: Bool { !hasNumber && !hasOpenDocument && !hasOpenArray }
}

extension Value {
    /// The text of this value if all values that are equal to it have the same.
    fileprivate var onlyText: [UInt8]? {
        guard !holdsNumber else { return nil }
        let text = canonicalText
        // What reads back as something else looks in the text like another value.
        return (try? ExtendedJSON.parseValue(text, limits: .stored)) == self ? text : nil
    }

    private var holdsNumber: Bool {
        switch self {
        case .int32, .int64, .double, .decimal128: true
        case .array(let elements): elements.contains { $0.holdsNumber }
        case .document(let document), .javaScriptWithScope(_, let document): document.contains { $0.value.holdsNumber }
        default: false
        }
    }
}
