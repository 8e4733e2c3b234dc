/// How checkpoints keep violations.
extension Violation {
    var fields: Document {
        var fields: Document = [
            "kind": .string(kind.description), "side": .string(side.rawValue), "detail": .string(detail),
        ]
        fields["position"] = position.map { .int64($0) }
        fields["stream"] = stream.map { .string($0.text) }
        if let key {
            fields["collection"] = .string(key.collection.text)
            fields["partition"] = .string(key.partition.text)
            fields["id"] = .string(key.id.text)
        }
        fields["age"] = age.map { .int64(Int64($0 / .milliseconds(1))) }
        return fields
    }

    init?(fields: Document) {
        guard let kind = fields.text("kind").flatMap(Kind.init), let side = fields.text("side").flatMap(Side.init),
            let detail = fields.text("detail")
        else { return nil }
        var key: DocumentKey?
        if let collection = fields.text("collection"), let partition = fields.text("partition"),
            let id = fields.text("id")
        {
            guard let collection = try? CollectionName(collection), let partition = try? PartitionKey(text: partition),
                let id = try? DocumentID(text: id)
            else { return nil }
            key = DocumentKey(collection: collection, partition: partition, id: id)
        }
        self.init(
            kind,
            on: side,
            position: fields.int64("position"),
            stream: fields.text("stream").flatMap { try? StreamID($0) },
            key: key,
            age: fields.int64("age").map { .milliseconds($0) },
            detail: detail
        )
    }
}

extension ViolationLog {
    var fields: Document {
        var counts = Document()
        for kind in Violation.Kind.allKinds {
            counts[kind.description] = totals[kind].map { .int64($0) }
        }
        return ["kept": .array(kept.map { .document($0.fields) }), "totals": .document(counts)]
    }

    init?(fields: Document, maximumKept: Int) {
        guard case .array(let values) = fields["kept"], case .document(let counts) = fields["totals"] else {
            return nil
        }
        var kept: [Violation] = []
        for value in values {
            guard case .document(let fields) = value, let violation = Violation(fields: fields) else { return nil }
            kept.append(violation)
        }
        var totals: [Violation.Kind: Int64] = [:]
        for (name, value) in counts {
            guard let kind = Violation.Kind(name), case .int64(let count) = value else { return nil }
            totals[kind] = count
        }
        self.init(kept: kept, totals: totals, maximumKept: maximumKept)
    }
}

extension Document {
    /// The text in a field; `nil` when it is not there or no text.
    func text(_ name: String) -> String? {
        if case .string(let text) = self[name] { text } else { nil }
    }

    /// The 64-bit number in a field; `nil` when it is not there or no such number.
    func int64(_ name: String) -> Int64? {
        if case .int64(let number) = self[name] { number } else { nil }
    }
}
