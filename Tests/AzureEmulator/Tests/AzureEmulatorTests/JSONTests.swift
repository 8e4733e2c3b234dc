import AzureEmulator
import Testing

@Suite("JSON of the emulator")
struct JSONTests {
    @Test("names and texts that differ in their bytes differ, although they look alike")
    func bytes() throws {
        let json = try #require(JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}"))
        #expect(json.members?.count == 2)
        #expect(json["\u{E9}"] == 1 && json["e\u{301}"] == 2)
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
        #expect(json != JSON(parsing: "{\"e\u{301}\":1,\"\u{E9}\":2}"))
    }

    @Test("the last one of a repeated name counts")
    func repeated() {
        #expect(JSON(parsing: "{\"a\":1,\"a\":2}") == ["a": 2])
    }
}
