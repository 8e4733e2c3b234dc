import MigrationCore
import Testing

struct EventIDTests {
    /// Bits that are all ones, so that whatever is not random shows.
    private let ones = RandomSource { .max }

    @Test("a random id has the version and variant of a UUID of version 4")
    func random() {
        #expect(EventID(from: ones).description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }

    // RFC 9562, appendix A.6: the example of version 7.
    @Test("an id of a time is the published example of a UUID of version 7")
    func example() {
        let time = WallTime(millisecondsSinceEpoch: 0x017F_22E2_79B0)
        let random = Locked([0xCC3, 0x18C4_DC0C_0C07_398F] as [UInt64])
        let source = RandomSource { random.withLock { $0.removeFirst() } }
        #expect(EventID(at: time, from: source).description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test("ids of later times come later, and ids of one time differ")
    func order() {
        let ids = (0..<1_000).map { EventID(at: WallTime(millisecondsSinceEpoch: 1_800_000_000_000 + $0)) }
        #expect(ids == ids.sorted())
        #expect(Set((0..<1_000).map { _ in EventID(at: WallTime(millisecondsSinceEpoch: 0)) }).count == 1_000)
    }
}
