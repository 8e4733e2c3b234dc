internal import MigrationCore

/// Mail messages of about 1 KB under keys.
enum DocumentFixture {
    static let collection: CollectionName = "mails"

    /// A document as the raw loop binds it.
    struct Row {
        let id: [UInt8]
        let body: [UInt8]
        let etag: [UInt8]
    }

    /// `count` documents, of which number n has the id `mail-n`.
    static func documents(_ count: Int) -> [(key: DocumentKey, document: Document)] { documents(0..<count) }

    /// Those of a range of numbers.
    static func documents(_ numbers: Range<Int>) -> [(key: DocumentKey, document: Document)] {
        let mails = MailCorpus.plain.documents
        return numbers.map { number in
            let id = "mail-\(number)"
            var document = mails[number % mails.count]
            document["_id"] = .string(id)
            document["number"] = .int64(Int64(number))
            return (DocumentKey(collection: collection, id: DocumentID(id)), document)
        }
    }

    /// The same documents as the raw loop binds them.
    static func rows(_ documents: [(key: DocumentKey, document: Document)]) -> [Row] {
        documents.enumerated().map { number, item in
            Row(
                id: Array(item.key.id.text.utf8),
                body: item.document.jsonBytes(.canonical),
                etag: Array("0123456789abcdef-\(number)".utf8)
            )
        }
    }
}
