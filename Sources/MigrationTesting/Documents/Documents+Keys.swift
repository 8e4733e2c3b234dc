internal import MigrationCore

extension DocumentStoreConformance {
    /// Keys that are easily confused are different keys.
    var keys: [Behaviour] {
        [
            behaviour("absent, null and empty partition keys, and none, are different keys") { bed in
                try await expectDistinct(bed, partitions: [.unpartitioned, [.absent], [nil], [""], ["null"], ["{}"]])
            },
            behaviour("partition keys of different types are different keys") { bed in
                try await expectDistinct(
                    bed,
                    partitions: [[1], ["1"], [true], ["true"], [false], [0], [1.5], ["1.5"], [-1], ["\u{0}"]]
                )
            },
            behaviour("partition keys of different lengths and cuts are different keys") { bed in
                try await expectDistinct(
                    bed,
                    partitions: [
                        ["a"], ["a", "b"], ["a", "b", "c"], ["ab"], ["a,b"], ["a\",\"b"], ["a", .absent], ["a", nil],
                        ["a", ""], ["[\"a\"]"],
                    ]
                )
            },
            behaviour("texts that differ in a byte are different ids") { bed in
                try await expectDistinct(bed, ids: Self.texts.map(DocumentID.init(stringLiteral:)))
            },
            behaviour("an id of another type is another id than the text that looks like it") { bed in
                let typed: [Value] = [
                    .int32(7), .int64(7), .bool(true), .bool(false), .null, .objectID(SampleValues.objectID(1)),
                    .date(WallTime(millisecondsSinceEpoch: 7)), .int64(.max), .int32(-1),
                ]
                let alike =
                    ["7", "=7", "={\"$numberInt\":\"7\"}", "true", "=true", "null", "=null", "==null"]
                    + [SampleValues.objectID(1).description, "={\"$oid\":\"\(SampleValues.objectID(1))\"}"]
                var ids = alike.map(DocumentID.init(stringLiteral:))
                if bed.capabilities.acceptsTypedIDs {
                    for value in typed { ids.append(try DocumentID(value)) }
                } else {
                    for value in typed {
                        let key = bed.key(try DocumentID(value))
                        try await expectError(.unsupported, from: "a write under an id of another type") {
                            try await bed.store.write(["n": 1], to: key)
                        }
                    }
                }
                try await expectDistinct(bed, ids: ids)
            },
            behaviour("the same id in two collections is two documents") { bed in
                try await bed.store.ensureCollection(CollectionDefinition("Things"))
                let other = DocumentKey(collection: "Things", id: "a")
                try await bed.put(["n": 1], to: bed.key("a"))
                try await bed.put(["n": 2], to: other, condition: .insert)
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 1], "the one")
                try expectEqual(try await bed.store.read(other)?.document, ["n": 2], "the other")
                try expectEqual(try await bed.store.count(bed.collection), 1, "the count of the one collection")
            },
            behaviour("reading many keys answers each in its place, missing and repeated ones too") { bed in
                try await bed.fill(3)
                let ids = ["d002", "none", "d000", "d002"] as [DocumentID]
                let read = try await bed.store.readMany(ids.map { bed.key($0) })
                let numbers = read.map { $0?.document["n"] }
                try expectEqual(numbers, [.int32(2), nil, .int32(0), .int32(2)], "what is read")
                try expectEqual(try await bed.store.readMany([]).count, 0, "what is read for no keys")
            },
        ]
    }

    private static let texts = [
        "a", "A", " a", "a ", "\u{E9}", "e\u{301}", "a/b", "a\\b", "a?b", "a#b", "a%b", "a%25b", "a_b", "a'b", "a\"b",
        "a\nb", "a\u{0}b", "a\u{0}", "\u{7F}", "..", ".", "$a", "a.b", "\u{1F680}", "\u{FF5E}", "0", "00", "1e0", "-",
    ]

    private func expectDistinct(_ bed: DocumentBed, partitions: [PartitionKey]) async throws {
        try await expectDistinct(bed, keys: partitions.map { bed.key("id", $0) })
        for (number, partition) in partitions.enumerated() {
            let found = try await bed.all(DocumentQuery(bed.collection, partition: partition))
            try expectEqual(
                found.map { $0.document["n"] },
                [.int32(Int32(number))],
                "a query of partition \(partition.text)"
            )
        }
    }

    private func expectDistinct(_ bed: DocumentBed, ids: [DocumentID]) async throws {
        try await expectDistinct(bed, keys: ids.map { bed.key($0) })
    }

    private func expectDistinct(_ bed: DocumentBed, keys: [DocumentKey]) async throws {
        for (number, key) in keys.enumerated() {
            let outcome = try await bed.store.write(["n": .int32(Int32(number))], to: key, condition: .insert)
            try expect(outcome.isApplied, "an insert under \(key.debugDescription) is applied", seen: brief(outcome))
        }
        for (number, key) in keys.enumerated() {
            let stored = try await bed.store.read(key)
            try expectEqual(stored?.document["n"], .int32(Int32(number)), "the document under \(key.debugDescription)")
            try expectEqual(stored?.key, key, "the key of the document under \(key.debugDescription)")
        }
        let scanned = try await bed.scan(ScanRange(bed.collection))
        try expectEqual(scanned.count, keys.count, "the number of scanned documents")
        try expectEqual(Set(scanned.map(\.key)), Set(keys), "the scanned keys")
    }

    /// Bodies come back as they were written.
    var bodies: [Behaviour] {
        [
            behaviour("a body comes back byte for byte, with values of every type") { bed in
                for (index, document) in SampleValues.documents.enumerated() {
                    try await bed.put(document, to: bed.key(DocumentBed.id(index)))
                    let read = try await bed.store.read(bed.key(DocumentBed.id(index)))
                    try expectEqual(read?.document.bson, document.bson, "the bytes of body \(index)")
                }
                let scanned = try await bed.scan(ScanRange(bed.collection))
                let bytes = Set(scanned.map(\.document.bson))
                try expectEqual(bytes, Set(SampleValues.documents.map(\.bson)), "the bytes of the scanned bodies")
            },
            behaviour("a value of any type alone in a body comes back byte for byte") { bed in
                for (index, value) in SampleValues.all.enumerated() {
                    let document: Document = ["v": value]
                    try await bed.put(document, to: bed.key(DocumentBed.id(index)))
                    let read = try await bed.store.read(bed.key(DocumentBed.id(index)))
                    try expectEqual(read?.document.bson, document.bson, "the bytes of \(brief(value))")
                }
            },
            behaviour("a body that looks like an Extended JSON wrapper is kept, or refused as invalidDocument") { bed in
                let bodies: [Document] = [
                    ["v": ["$oid": "5f4300010203040506070809"]], ["v": ["$numberInt": "7"]],
                    ["v": ["$date": ["$numberLong": "7"]]], ["v": ["$numberDouble": "NaN"]], ["$minKey": 1],
                    ["v": ["$binary": ["base64": "", "subType": "00"]]], ["v": ["$undefined": true]],
                    ["v": ["$uuid": "x"]], ["v": ["$ref": "c", "$id": 1]],
                ]
                for (index, body) in bodies.enumerated() {
                    let key = bed.key(DocumentBed.id(index))
                    do {
                        let outcome = try await bed.store.write(body, to: key)
                        try expect(outcome.isApplied, "the write is applied", seen: brief(outcome))
                        let read = try await bed.store.read(key)
                        try expectEqual(read?.document.bson, body.bson, "the bytes of body \(index)")
                    } catch {
                        guard error.storeCode == .invalidDocument else { throw error }
                        try expectEqual(try await bed.store.read(key), nil, "what is under the key of a refused body")
                    }
                }
            },
            behaviour("a body of a megabyte comes back whole") { bed in
                guard bed.capabilities.maximumDocumentBytes ?? .max >= 2 << 20 else { return }
                let bytes = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let document: Document = ["blob": .binary(Binary(bytes: bytes)), "after": "end"]
                try await bed.put(document, to: bed.key("big"))
                let read = try await bed.store.read(bed.key("big"))
                try expect(read?.document.bson == document.bson, "the body has the bytes that were written")
            },
            behaviour("what a caller does with its copy of a document does not change the store") { bed in
                var document: Document = ["n": 1]
                try await bed.put(document, to: bed.key("a"))
                document["n"] = 2
                var read = try await bed.store.read(bed.key("a"))?.document
                read?["n"] = 3
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 1], "the stored document")
            },
        ]
    }
}
