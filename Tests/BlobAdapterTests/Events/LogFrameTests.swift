import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Frames of a log in append blobs")
struct LogFrameTests {
    private let bodies: [Document] = [[:], ["a": 1], ["b": .string(String(repeating: "x", count: 5_000))]]

    @Test("frames are read one after the other, and the last one is found from the end")
    func whole() throws {
        let log = bodies.flatMap(LogFrame.bytes)
        var place = 0
        for body in bodies {
            let frame = try #require(try LogFrame.frame(log[...], at: place))
            #expect(frame.body == body)
            place = frame.end
        }
        #expect(place == log.count)
    }

    @Test("a frame that is cut anywhere is no frame yet")
    func cut() throws {
        let bytes = LogFrame.bytes(["a": 1])
        for count in 0..<bytes.count { #expect(try LogFrame.frame(bytes[..<count], at: 0) == nil) }
    }

    @Test("a bit that has changed anywhere is noticed")
    func damaged() {
        let bytes = LogFrame.bytes(["a": 1, "b": "text"])
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            // A greater length makes a frame that has not ended; what follows it in a blob tells that it is none.
            let frame = try? LogFrame.frame(damaged[...], at: 0)
            #expect(frame?.body == nil)
        }
    }

    @Test("segments of a log have names in their order, which lead back")
    func names() {
        let names = LogNames(prefix: "app/")
        #expect(names.segment(7, of: "t/1") == "app/events/t~2F1/000000000007.log")
        let found = names.segment("app/events/t~2F1/000000000007.log")
        #expect(found?.tenant == "t/1" && found?.number == 7)
        for name in [
            "app/events/t/7.log", "app/events/t/000000000000.log", "app/events/t/000000000007",
            "app/events/000000000007.log",
            "app/events/t/x/000000000007.log", "events/t/000000000007.log", "app/events/t~2f/000000000007.log",
        ] {
            #expect(names.segment(name) == nil)
        }
    }
}
