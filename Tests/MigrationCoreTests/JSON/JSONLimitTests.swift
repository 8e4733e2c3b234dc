import Testing

@testable import MigrationCore

@Suite("JSON limits")
struct JSONLimitTests {
    @Test(
        "documents and arrays nest as deep as the limit says and no deeper",
        arguments: [1, 2, 3, 199, 200, 201, 1000]
    )
    func depth(_ limit: Int) throws {
        let limits = DocumentLimits(maximumDepth: limit)
        for inner in ["{}", "[]"] {
            let good = nested(limit - 1, around: "1")
            let document = try Document(json: good, limits: limits)
            #expect(try Document(bson: document.bson, limits: limits) == document)
            let bad = nested(limit - 1, around: inner)
            let error = #expect(throws: DocumentError.self) { try Document(json: bad, limits: limits) }
            #expect(error?.code == .tooDeep)
            #expect(error?.byteOffset == 5 * limit)
        }
    }

    @Test(
        "a type of Extended JSON is no level, but a scope is one",
        arguments: [
            (#"{"$oid":"57e193d7a9cc81b4027498b5"}"#, true), (#"{"$date":{"$numberLong":"1"}}"#, true),
            (#"{"$binary":{"base64":"","subType":"00"}}"#, true), (#"{ "\u0024minKey":1}"#, true),
            (#"{"$dbPointer":{"$ref":"a","$id":{"$oid":"57e193d7a9cc81b4027498b5"}}}"#, true),
            (#"{"$code":""}"#, true), (#"{"$code":"","$scope":{}}"#, false), (#"{"$scope":{},"$code":""}"#, false),
            (#"{"$unknown":1}"#, false), (#"{}"#, false), (#"{"a":1}"#, false), (#"[]"#, false),
        ]
    )
    func wrappersAtTheLimit(_ value: String, _ isAccepted: Bool) throws {
        let limits = DocumentLimits(maximumDepth: 5)
        let text = nested(4, around: value)
        if isAccepted {
            let document = try Document(json: text, limits: limits)
            #expect(try Document(bson: document.bson, limits: limits) == document)
            #expect(try Document(json: document.json(.canonical), limits: limits) == document)
        } else {
            let error = #expect(throws: DocumentError.self) { try Document(json: text, limits: limits) }
            #expect(error?.code == .tooDeep)
        }
        #expect(throws: Never.self) { try Document(json: nested(3, around: value), limits: limits) }
    }

    @Test("a document may be as large as the limit says and no larger", arguments: [5, 12, 100, 5000])
    func size(_ limit: Int) throws {
        let text = limit == 5 ? "{}" : "{\"\":\"\(String(repeating: "x", count: limit - 12))\"}"
        #expect(try Document(json: text, limits: DocumentLimits(maximumBytes: limit)).byteCount == limit)
        let error = #expect(throws: DocumentError.self) {
            try Document(json: text, limits: DocumentLimits(maximumBytes: limit - 1))
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("an array that is larger as BSON than as JSON is refused as soon as it passes the limit")
    func expansion() throws {
        let text = "{\"a\":[" + String(repeating: "1,", count: 100_000) + "1]}"
        let error = #expect(throws: DocumentError.self) {
            try Document(json: text, limits: DocumentLimits(maximumBytes: 1000))
        }
        #expect(error?.code == .tooLarge)
        #expect((error?.byteOffset ?? .max) < 1000)
        let document = try Document(json: text)
        #expect(try Document(bson: document.bson) == document)
    }

    @Test("a value may be any type, and what nests in it counts from one")
    func values() throws {
        let limits = DocumentLimits(maximumDepth: 2)
        #expect(try ExtendedJSON.parseValue(Array("[[1]]".utf8), limits: limits) == .array([.array([.int32(1)])]))
        #expect(throws: DocumentError.self) { try ExtendedJSON.parseValue(Array("[[[]]]".utf8), limits: limits) }
        #expect(throws: DocumentError.self) { try ExtendedJSON.parseValue(Array("1 2".utf8)) }
        #expect(throws: DocumentError.self) { try ExtendedJSON.parseValue([]) }
        #expect(try ExtendedJSON.parseValue(Array(#" {"$minKey":1} "#.utf8)) == .minKey)
    }

    /// Documents inside each other, five bytes before each inner one.
    private func nested(_ levels: Int, around value: String) -> String {
        String(repeating: "{\"a\":", count: levels) + "{\"a\":" + value + String(repeating: "}", count: levels + 1)
    }
}
