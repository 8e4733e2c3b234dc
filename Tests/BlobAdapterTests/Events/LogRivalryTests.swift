import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Processes that append to one tenant's log", .timeLimit(.minutes(2)))
struct LogRivalryTests {
    @Test("one that is near the service and always has something to append does not keep a distant one out")
    func fairness() async throws {
        let bench = try await GroupBench()
        bench.letGo()
        bench.blobs.state.withLock { $0.hold = nil }
        let (near, far) = (bench.store, try await bench.other(.milliseconds(3)))
        let (nearCount, farCount) = (Counter(), Counter())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    while farCount.count < 30 {
                        _ = try await near.append([Self.part()], tenant: "t", epoch: GroupBench.epoch(1))
                        _ = nearCount.next()
                    }
                }
            }
            for _ in 0..<30 {
                _ = try await far.append([Self.part()], tenant: "t", epoch: GroupBench.epoch(1))
                _ = farCount.next()
            }
            try await group.waitForAll()
        }
        #expect(nearCount.count > 30 && nearCount.count < 3_000)
        let head = try await far.head(tenant: "t", epoch: .maintenance)
        #expect(head?.position == Int64(nearCount.count + 30))
    }

    private static func part() -> StreamAppend { StreamAppend("s", events: [GroupBench.event(0)]) }
}
