import Testing

@testable import MigrationCore

@Suite("JSON names")
struct JSONNameTests {
    @Test("a duplicate is found among any number of names", arguments: [2, 3, 23, 24, 25, 26, 27, 64, 65, 129, 1000])
    func duplicates(_ count: Int) throws {
        for length in [1, 7, 8, 9, 30] {
            let names = (0..<count).map { String(repeating: "n", count: length) + String($0) }
            for repeated in Set([0, count / 2, count - 1]) {
                let good = "{" + names.map { "\"\($0)\":1," }.joined()
                #expect(try Document(json: good + "\"last\":1}").count == count + 1)
                let error = #expect(throws: DocumentError.self) {
                    try Document(json: good + "\"\(names[repeated])\":1}")
                }
                #expect(error?.code == .duplicateName)
                #expect(error?.byteOffset == good.utf8.count)
            }
        }
    }

    @Test("names of inner objects do not count for outer ones, however many there are")
    func nested() throws {
        func object(_ depth: Int) -> String {
            let inner = depth == 0 ? "1" : object(depth - 1)
            return "{"
                + (0..<40).map { "\"n\($0)\":" + ($0 % 13 == 12 && depth > 0 ? inner : "0") }.joined(separator: ",")
                + "}"
        }
        let document = try Document(json: object(4))
        #expect(try Document(bson: document.bson) == document)
        let text = "{\"a\":" + object(3) + ",\"b\":" + object(3) + ",\"a\":0}"
        let error = #expect(throws: DocumentError.self) { try Document(json: text) }
        #expect(error?.byteOffset == text.utf8.count - 6)
    }

    @Test("names are compared as bytes, not as characters")
    func canonicalEquivalence() throws {
        #expect(try Document(json: "{\"\u{e9}\":1,\"e\u{301}\":2}").count == 2)
    }

    @Test("a hundred thousand names are read in linear time", .timeLimit(.minutes(1)))
    func manyNames() throws {
        let text = "{" + (0..<100_000).map { "\"field\($0)\":\($0)" }.joined(separator: ",")
        #expect(try Document(json: text + "}").count == 100_000)
        let error = #expect(throws: DocumentError.self) { try Document(json: text + ",\"field77777\":0}") }
        #expect(error?.byteOffset == text.utf8.count + 1)
    }

    @Test("many objects of many names, all open at once, are read in linear time", .timeLimit(.minutes(1)))
    func manyOpenNames() throws {
        let fields = (0..<200).map { "\"n\($0)\":0," }.joined()
        let text =
            String(repeating: "{" + fields + "\"inner\":", count: 199) + "{}" + String(repeating: "}", count: 199)
        #expect(try Document(json: text).count == 201)
    }
}
