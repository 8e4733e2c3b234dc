import MigrationCore
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test(
        "every type has its canonical and its relaxed form",
        arguments: [
            (.double(1), #"{"$numberDouble":"1.0"}"#, "1.0"),
            (.double(-.infinity), #"{"$numberDouble":"-Infinity"}"#, nil),
            (.double(.nan), #"{"$numberDouble":"NaN"}"#, nil),
            (.string("\"é\u{1}"), #""\"é\u0001""#, nil),
            (.document(["a": [1, nil]]), #"{"a":[{"$numberInt":"1"},null]}"#, #"{"a":[1,null]}"#),
            (.array([]), "[]", nil), (.document([:]), "{}", nil),
            (.binary(Binary(subtype: 128, bytes: [0, 255])), #"{"$binary":{"base64":"AP8=","subType":"80"}}"#, nil),
            (.binary(Binary(subtype: 2, bytes: [7])), #"{"$binary":{"base64":"Bw==","subType":"02"}}"#, nil),
            (.undefined, #"{"$undefined":true}"#, nil), (.bool(true), "true", nil), (.bool(false), "false", nil),
            (.null, "null", nil), (.minKey, #"{"$minKey":1}"#, nil), (.maxKey, #"{"$maxKey":1}"#, nil),
            (.javaScript("f"), #"{"$code":"f"}"#, nil), (.symbol("s"), #"{"$symbol":"s"}"#, nil),
            (.javaScriptWithScope("f", ["x": "y"]), #"{"$code":"f","$scope":{"x":"y"}}"#, nil),
            (.int32(-7), #"{"$numberInt":"-7"}"#, "-7"),
            (.int64(.min), #"{"$numberLong":"-9223372036854775808"}"#, "-9223372036854775808"),
            (
                .timestamp(BSONTimestamp(seconds: .max, increment: 1)), #"{"$timestamp":{"t":4294967295,"i":1}}"#, nil
            ),
            (
                .regularExpression(RegularExpression(pattern: "a/\"", options: "xi")),
                #"{"$regularExpression":{"pattern":"a/\"","options":"ix"}}"#, nil
            ),
            (.date(WallTime(millisecondsSinceEpoch: -1)), #"{"$date":{"$numberLong":"-1"}}"#, nil),
            (
                .date(WallTime(millisecondsSinceEpoch: 1)), #"{"$date":{"$numberLong":"1"}}"#,
                #"{"$date":"1970-01-01T00:00:00.001Z"}"#
            ),
            (.decimal128(.negativeInfinity), #"{"$numberDecimal":"-Infinity"}"#, nil),
        ] as [(Value, String, String?)]
    )
    func forms(_ value: Value, _ canonical: String, _ relaxed: String?) throws {
        for (mode, expected) in [(JSONMode.canonical, canonical), (.relaxed, relaxed ?? canonical)] {
            var bytes = Array("before ".utf8)
            ExtendedJSON.writeValue(value, mode: mode, into: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == "before " + expected)
            let document: Document = ["a": value, "b": .array([value, value])]
            #expect(document.json(mode) == "{\"a\":\(expected),\"b\":[\(expected),\(expected)]}")
        }
        #expect(try ExtendedJSON.parseValue(Array(canonical.utf8)) == value)
    }

    @Test("relaxed dates are the RFC 3339 text of the time, on every kind of day")
    func dates() {
        let day: Int64 = 86_400_000
        for time in stride(from: 0, through: WallTime.rfc3339Range.upperBound, by: 97 * Int(day) + 12_345_678) {
            let instant = WallTime(millisecondsSinceEpoch: Int64(time))
            #expect((["a": .date(instant)] as Document).json() == "{\"a\":{\"$date\":\"\(instant)\"}}")
        }
        for (time, text) in [
            (951_782_400_000, "2000-02-29T00:00:00Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)] {
            let document: Document = ["a": .date(WallTime(millisecondsSinceEpoch: time))]
            #expect(document.json() == "{\"a\":{\"$date\":\"\(text)\"}}")
        }
    }

    @Test(
        "a document that Extended JSON cannot hold is refused, and nothing is written",
        arguments: [
            ["a": ["$oid": "57e193d7a9cc81b4027498b5"]], ["a": ["$date": 1]], ["a": ["x": 1, "$numberLong": "1"]],
            ["a": [["$scope": [:]]]], ["a": .javaScriptWithScope("f", ["$minKey": 1])],
            ["a": .double(Double(nan: 1, signaling: false))], ["a": .double(-.nan)],
            ["a": .decimal128(Decimal128(high: 0x7E << 56, low: 0))],
            ["a": .decimal128(Decimal128(high: 0x6C10 << 48, low: 0))],
        ] as [Document]
    )
    func inexact(_ document: Document) throws {
        var bytes: [UInt8] = [1]
        let error = #expect(throws: DocumentError.self) { try ExtendedJSON.writeExactly(document, into: &bytes) }
        #expect(error?.code == .invalidValue)
        #expect(bytes == [1])
        #expect((try? Document(json: document.json(.canonical))) != document)
    }

    @Test(
        "names that only look like types do not hinder",
        arguments: [
            ["$oid": "x", "$date": 1], ["a": ["$ref": "c", "$id": 1, "$db": "d"]],
            ["a": ["$type": "80", "$options": "i"]],
            ["a": ["$regex": "x", "$options": "i"]], ["a": ["oid": 1, "$": 2, "$oi": 3, "$oidd": 4]],
        ] as [Document]
    )
    func exact(_ document: Document) throws {
        var bytes: [UInt8] = []
        try ExtendedJSON.writeExactly(document, into: &bytes)
        #expect(bytes == document.jsonBytes(.canonical))
        #expect(try Document(json: bytes) == document)
    }

    @Test("documents of every type come back from canonical text", arguments: [1 as UInt64, 2, 3])
    func randomDocuments(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let document = Document.random(using: &random)
            var bytes: [UInt8] = []
            do throws(DocumentError) {
                try ExtendedJSON.writeExactly(document, into: &bytes)
            } catch {
                #expect((try? Document(json: document.json(.canonical))) != document, "seed \(seed)")
                continue
            }
            #expect(try Document(json: bytes) == document, "seed \(seed)")
            #expect(throws: Never.self, "seed \(seed)") { try Document(json: document.json(.relaxed)) }
        }
    }

    @Test("the example of the guide is written as the guide shows")
    func guide() throws {
        let mail = try Document(json: #"{"size": 2048, "at": {"$date": "2024-02-29T12:00:00Z"}, "score": 1.50}"#)
        let forPeople = mail.json(.relaxed)
        let forStorage = mail.json(.canonical)
        #expect(forPeople == #"{"size":2048,"at":{"$date":"2024-02-29T12:00:00Z"},"score":1.5}"#)
        #expect(
            forStorage == #"""
                {"size":{"$numberInt":"2048"},"at":{"$date":{"$numberLong":"1709208000000"}},\#
                "score":{"$numberDouble":"1.5"}}
                """#
        )
    }

    @Test("text of any collection of bytes is read")
    func collections() throws {
        let text = #"{"a":{"$numberInt":"1"}}"#
        let expected: Document = ["a": 1]
        #expect(try Document(json: text) == expected)
        #expect(try Document(json: Array(text.utf8)) == expected)
        #expect(try Document(json: text.utf8) == expected)
        #expect(try Document(json: Array(("x" + text).utf8)[1...]) == expected)
        #expect(try Document(json: ContiguousArray(text.utf8)) == expected)
        #expect(try Document(json: Array(text.utf8).lazy.map { $0 }) == expected)
        #expect(String(describing: expected) == #"{"a":1}"#)
    }
}
