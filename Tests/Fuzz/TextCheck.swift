import MigrationCore

/// What must hold for any bytes that are read as JSON.
struct TextCheck {
    private let input: [UInt8]

    init(_ input: [UInt8]) {
        self.input = input
    }

    func run(_ statistics: inout FuzzStatistics) throws(Violation) {
        statistics.texts += 1
        statistics.bytes += input.count
        let outcome: Result<Document, DocumentError>
        do throws(DocumentError) {
            outcome = .success(try Document(json: input))
        } catch {
            outcome = .failure(error)
        }
        switch outcome {
        case .success(let document):
            statistics.acceptedTexts += 1
            try checkBytes(of: document)
            try checkCanonical(document)
            try checkRelaxed(document)
        case .failure(let error):
            statistics.errors[error.code, default: 0] += 1
            guard let offset = error.byteOffset, (0...input.count).contains(offset) else {
                throw Violation("an error without an offset in the input: \(error)")
            }
        }
        try SecondDecoder(input).compare(&statistics)
    }

    /// The parser writes valid BSON in canonical form.
    private func checkBytes(of document: Document) throws(Violation) {
        guard let validated = try? Document(bson: document.bson) else { throw Violation("the parser wrote bad BSON") }
        guard validated == document else { throw Violation("the parser wrote BSON that is not canonical") }
    }

    /// Canonical text reads back as the same bytes.
    private func checkCanonical(_ document: Document) throws(Violation) {
        let text = document.jsonBytes(.canonical)
        guard let again = try? Document(json: text) else { throw Violation("the canonical text is refused") }
        guard again == document else { throw Violation("the canonical text reads as another document") }
        var exact: [UInt8] = []
        do throws(DocumentError) {
            try ExtendedJSON.writeExactly(document, into: &exact)
        } catch {
            throw Violation("what came from JSON is said not to fit into JSON: \(error)")
        }
        guard exact == text else { throw Violation("exact and canonical text differ") }
    }

    /// Relaxed text reads back as the same document but for the width of integers.
    private func checkRelaxed(_ document: Document) throws(Violation) {
        let text = document.jsonBytes(.relaxed)
        guard let again = try? Document(json: text) else { throw Violation("the relaxed text is refused") }
        guard again.jsonBytes(.relaxed) == text else { throw Violation("the relaxed text changes when it is read") }
        guard again == document || again == document.narrowed else {
            throw Violation("the relaxed text reads as another document")
        }
    }
}

extension Document {
    /// The same document with every integer in the smallest type that holds it.
    fileprivate var narrowed: Document {
        var narrow = Document()
        for (name, value) in self { narrow.append(name, value.narrowed) }
        return narrow
    }
}

extension Value {
    fileprivate var narrowed: Value {
        switch self {
        case .int64(let number): Int32(exactly: number).map(Value.int32) ?? self
        case .document(let document): .document(document.narrowed)
        case .array(let elements): .array(elements.map(\.narrowed))
        case .javaScriptWithScope(let code, let scope): .javaScriptWithScope(code, scope.narrowed)
        default: self
        }
    }
}
