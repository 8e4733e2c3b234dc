internal import MigrationCore

extension DocumentStoreConformance {
    /// Each documented code for input that the store must refuse, and that nothing happened.
    var badInput: [Behaviour] {
        [
            behaviour("an empty batch is emptyBatch, ordered or not") { bed in
                for order in [BatchOrder.ordered, .unordered] {
                    try await expectError(.emptyBatch, from: "writeBatch of nothing") {
                        try await bed.store.writeBatch([], order: order)
                    }
                }
            },
            behaviour("a body whose _id differs from its key is invalidDocument, and nothing is written") { bed in
                let bodies: [Document] = [
                    ["_id": "other"], ["a": 1, "_id": "B"], ["_id": nil], ["_id": 7], ["_id": ["b"]],
                ]
                try await bed.put(["n": 1], to: bed.key("b"))
                for id in ["b", "new"] as [DocumentID] {
                    try await bed.unchanged(bed.key(id), by: "a refused write") {
                        for body in bodies {
                            try await expectError(.invalidDocument, from: "a write of such a body") {
                                try await bed.store.write(body, to: bed.key(id))
                            }
                        }
                    }
                }
            },
            behaviour("a numeric _id of another type than the key's is invalidDocument") { bed in
                guard bed.capabilities.acceptsTypedIDs else { return }
                for body in [["_id": .int64(7)], ["_id": .double(7)], ["_id": "7"]] as [Document] {
                    try await expectError(.invalidDocument, from: "a write under the id 7 of type int32") {
                        try await bed.store.write(body, to: bed.key(7))
                    }
                }
            },
            behaviour("a body whose _id equals its key is stored as it is, and one without stays without") { bed in
                let bodies: [Document] = [["a": 1, "_id": "b", "c": 2], ["a": 1], ["nested": ["_id": "other"]]]
                for body in bodies {
                    try await bed.put(body, to: bed.key("b"))
                    let stored = try await bed.store.read(bed.key("b"))
                    try expectEqual(stored?.document.bson, body.bson, "the bytes of the body")
                }
            },
            behaviour("an id that is too long is keyTooLong, in reads and in writes") { bed in
                let maximum = bed.capabilities.maximumIDBytes
                guard maximum <= 1 << 20 else { return }
                let key = bed.key(DocumentID(String(repeating: "x", count: maximum + 1)))
                try await expectError(.keyTooLong, from: "a write") { try await bed.store.write(["n": 1], to: key) }
                try await expectError(.keyTooLong, from: "a read") { try await bed.store.read(key) }
                try await expectError(.keyTooLong, from: "a delete") { try await bed.store.delete(key) }
                try expectEqual(try await bed.store.count(bed.collection), 0, "the number of documents")
            },
            behaviour("the longest id that the capabilities allow is kept whole") { bed in
                let maximum = min(bed.capabilities.maximumIDBytes, 1_023)
                let ids = [String(repeating: "x", count: maximum), String(repeating: "x", count: maximum - 1) + "y"]
                for id in ids { try await bed.put(["id": .string(id)], to: bed.key(DocumentID(id))) }
                for id in ids {
                    let stored = try await bed.store.read(bed.key(DocumentID(id)))
                    try expectEqual(stored?.document["id"], .string(id), "the body under a long id")
                }
            },
            behaviour("a document above the largest size is documentTooLarge, and nothing is written") { bed in
                let maximum = bed.capabilities.maximumDocumentBytes ?? DocumentLimits.default.maximumBytes
                guard maximum <= 32 << 20 else { return }
                let body: Document = ["blob": .binary(Binary(bytes: [UInt8](repeating: 7, count: maximum)))]
                try await bed.unchanged(bed.key("big"), by: "a refused write") {
                    try await expectError(.documentTooLarge, from: "the write") {
                        try await bed.store.write(body, to: bed.key("big"))
                    }
                }
            },
            behaviour("a page needs a size of at least 1") { bed in
                for size in [0, -1] {
                    try await expectError(.invalidArgument, from: "query with page size \(size)") {
                        try await bed.store.query(DocumentQuery(bed.collection), after: nil, pageSize: size)
                    }
                    try await expectError(.invalidArgument, from: "scan with page size \(size)") {
                        try await bed.store.scan(ScanRange(bed.collection), after: nil, pageSize: size)
                    }
                }
            },
            behaviour("a negative limit of a query is invalidArgument") { bed in
                for sort in [[], [SortField("n")]] where sort.isEmpty || bed.capabilities.supportsSort {
                    try await expectError(.invalidArgument, from: "query with limit -1") {
                        let query = DocumentQuery(bed.collection, sort: sort, limit: -1)
                        return try await bed.store.query(query, after: nil, pageSize: 10)
                    }
                }
            },
            behaviour("a write to a collection that does not exist creates it, or is collectionNotFound") { bed in
                let key = DocumentKey(collection: "unheard-of", id: "a")
                if bed.capabilities.createsCollectionsOnWrite {
                    try await bed.put(["n": 1], to: key)
                    try expectEqual(try await bed.store.read(key)?.document, ["n": 1], "the document")
                } else {
                    try await expectError(.collectionNotFound, from: "the write") {
                        try await bed.store.write(["n": 1], to: key)
                    }
                }
            },
        ]
    }
}
