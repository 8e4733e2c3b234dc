import Foundation
import MigrationCore
import Testing

@Suite("The values of documents")
struct ValueTypeTests {
    @Test(
        "a time is written as RFC 3339 and read back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_208_000_123, "2024-02-29T12:00:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"), (-2_203_891_200_000, "1900-03-01T00:00:00Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
        ] as [(Int64, String)]
    )
    func timeText(milliseconds: Int64, text: String) {
        let time = WallTime(millisecondsSinceEpoch: milliseconds)
        #expect(time.rfc3339 == text)
        #expect(time.description == text)
        #expect(WallTime(rfc3339: text) == time)
    }

    @Test("times agree with Foundation on random days since it, too, is Gregorian", arguments: 0..<200)
    func timesAgreeWithFoundation(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let seconds = Int64.random(in: -12_212_553_600...253_402_300_799, using: &random)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        #expect(WallTime(millisecondsSinceEpoch: seconds * 1000).rfc3339 == text)
        #expect(WallTime(rfc3339: text) == WallTime(millisecondsSinceEpoch: seconds * 1000))
    }

    @Test(
        "offsets and short fractions are read",
        arguments: [
            ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T19:30:00-0430", 0), ("1970-01-01T05:00:00+05", 0),
            ("1970-01-01t00:00:00.5z", 500), ("1970-01-01 00:00:00.250000Z", 250),
        ] as [(String, Int64)]
    )
    func offsets(text: String, milliseconds: Int64) {
        #expect(WallTime(rfc3339: text)?.millisecondsSinceEpoch == milliseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.0001Z", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+1", "70-01-01T00:00:00Z", "+970-01-01T00:00:00Z",
        ]
    )
    func malformedTimes(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test(
        "a time beyond the years 0 to 9999 has no RFC 3339 text but still a description",
        arguments: [Int64.min, .max]
    )
    func distantTimes(milliseconds: Int64) {
        let time = WallTime(millisecondsSinceEpoch: milliseconds)
        #expect(time.rfc3339 == nil)
        #expect(time.description == "\(milliseconds) ms since 1970")
    }

    @Test("durations move a time, rounded down, and stop at the ends")
    func durations() {
        let time = WallTime(millisecondsSinceEpoch: 1000)
        #expect(time.advanced(by: .milliseconds(5)).millisecondsSinceEpoch == 1005)
        #expect(time.advanced(by: .microseconds(1999)).millisecondsSinceEpoch == 1001)
        #expect(time.advanced(by: .microseconds(-1)).millisecondsSinceEpoch == 999)
        #expect(time.advanced(by: .seconds(-2)).millisecondsSinceEpoch == -1000)
        #expect(time.advanced(by: .seconds(Int64.max)).millisecondsSinceEpoch == .max)
        #expect(time.advanced(by: .seconds(Int64.min)).millisecondsSinceEpoch == .min)
        #expect(time.duration(to: WallTime(millisecondsSinceEpoch: 400)) == .milliseconds(-600))
    }

    @Test("now is between two readings of the system's clock")
    func now() {
        let before = Date().timeIntervalSince1970 * 1000 - 1
        let now = Double(WallTime.now().millisecondsSinceEpoch)
        #expect(before <= now && now <= Date().timeIntervalSince1970 * 1000)
    }

    @Test("an object id is 12 bytes and 24 digits, both ways")
    func objectIDs() throws {
        let id = try #require(ObjectID("00112233445566778899AaBb"))
        #expect(id.description == "00112233445566778899aabb")
        #expect(id.bytes == [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB])
        #expect(ObjectID(bytes: id.bytes) == id)
        #expect(ObjectID(bytes: [1]) == nil)
        for text in ["", "0", "00112233445566778899aab", "00112233445566778899aabbc", "00112233445566778899aabg"] {
            #expect(ObjectID(text) == nil)
        }
    }

    @Test("a UUID is binary of subtype 4 in network byte order")
    func uuids() throws {
        let uuid = try #require(UUID(uuidString: "00112233-4455-6677-8899-AABBCCDDEEFF"))
        let binary = Binary(uuid)
        #expect(binary.subtype == 4)
        #expect(binary.bytes.prefix(4) == [0, 0x11, 0x22, 0x33])
        #expect(binary.uuid == uuid)
        #expect(Binary(subtype: 3, bytes: binary.bytes).uuid == nil)
        #expect(Binary(subtype: 4, bytes: [1]).uuid == nil)
    }

    @Test("values are equal when type and bytes are")
    func equality() {
        #expect(Value.double(.nan) == .double(.nan))
        #expect(Value.double(0) != .double(-0.0))
        #expect(Value.int32(1) != .int64(1))
        #expect(Value.string("\u{E9}") != .string("e\u{301}"))
        #expect(Value.symbol("a") != .string("a"))
        #expect(Set<Value>([1, .int64(1), 1.0, "1", .null, .undefined, true]).count == 7)
        #expect(
            Value.regularExpression(RegularExpression(pattern: "a", options: "xmi"))
                == .regularExpression(RegularExpression(pattern: "a", options: "imx"))
        )
    }

    @Test("a document is equal to another exactly when its values are", arguments: 0..<20)
    func documentEquality(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let document = Document.random(using: &random)
        let copy = Document(fields: document.map { $0 })
        #expect(copy == document && copy.hashValue == document.hashValue)
        for (name, value) in document {
            var other = document
            other[name] = value == 1 ? 2 : 1
            #expect(other != document)
            other[name] = value
            #expect(other == document)
        }
    }

    @Test("a path is compared by its bytes, and only plain digits are an index")
    func paths() {
        #expect(FieldPath("a.b.0").components == ["a", "b", "0"])
        #expect(FieldPath("").components == [""])
        #expect(FieldPath("a..b").components == ["a", "", "b"])
        #expect(FieldPath("a.b") == FieldPath(components: ["a", "b"]))
        #expect(FieldPath("a.b") != FieldPath(components: ["a.b"]))
        #expect(FieldPath("\u{E9}") != "e\u{301}")
        #expect(FieldPath("a.b").description == "a.b")
        #expect(FieldPath.index("10") == 10)
        for text in ["", "01", "-1", "+1", "1.0", "x", "99999999999"] { #expect(FieldPath.index(text) == nil) }
    }

    @Test("an error says code, offset and reason")
    func errors() {
        let error = #expect(throws: DocumentError.self) { try Document(bson: [6, 0, 0, 0, 0]) }
        #expect(error?.description == "malformed at byte 0: The document's length is not the number of bytes.")
    }
}
