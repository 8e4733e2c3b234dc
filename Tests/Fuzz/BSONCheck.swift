import MigrationCore

/// What must hold for any bytes that are read as BSON.
struct BSONCheck {
    private let input: [UInt8]

    init(_ input: [UInt8]) {
        self.input = input
    }

    func run(_ statistics: inout FuzzStatistics) throws(Violation) {
        statistics.documents += 1
        statistics.bytes += input.count
        let document: Document
        do throws(DocumentError) {
            document = try Document(bson: input)
        } catch {
            statistics.errors[error.code, default: 0] += 1
            guard let offset = error.byteOffset, (0...input.count).contains(offset) else {
                throw Violation("an error without an offset in the input: \(error)")
            }
            return
        }
        statistics.acceptedDocuments += 1
        guard (try? Document(bson: document.bson)) == document else { throw Violation("accepted bytes are refused") }
        try checkValues(document)
        try checkText(document, &statistics)
    }

    /// Decoding every value and encoding it again gives the same bytes.
    private func checkValues(_ document: Document) throws(Violation) {
        var again = Document()
        for (name, value) in document { again.append(name, value) }
        guard again == document else { throw Violation("decoding and encoding the values gives another document") }
    }

    /// Canonical text reads back as the same bytes, exactly when the writer says so.
    private func checkText(_ document: Document, _ statistics: inout FuzzStatistics) throws(Violation) {
        let text = document.jsonBytes(.canonical)
        let isSame = (try? Document(json: text)) == document
        var exact: [UInt8] = []
        do throws(DocumentError) {
            try ExtendedJSON.writeExactly(document, into: &exact)
            guard isSame, exact == text else { throw DocumentError(.malformed, "") }
        } catch {
            statistics.inexact += 1
            guard error.code == .invalidValue else { throw Violation("the exact text reads as another document") }
            guard !isSame, exact.isEmpty else { throw Violation("a document is said not to fit into JSON and does") }
        }
        _ = document.jsonBytes(.relaxed)
    }
}
