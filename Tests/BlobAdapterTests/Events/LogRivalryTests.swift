import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Processes that append to one tenant's log", .timeLimit(.minutes(2)))
struct LogRivalryTests {
    @Test("none of two that always have something to append keeps the other one out")
    func fairness() async throws {
        let bench = try await GroupBench()
        bench.letGo()
        bench.blobs.state.withLock { $0.hold = { _ in try? await Task.sleep(for: .milliseconds(1)) } }
        let stores = [bench.store, try await bench.other()]
        let counts = [Counter(), Counter()]
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<6 {
                group.addTask {
                    let part = { StreamAppend("s", events: [GroupBench.event(0)]) }
                    // The busiest one decides when it is over.
                    while counts[0].count + counts[1].count < 600 {
                        let result = try? await stores[writer % 2].append(
                            [part()],
                            tenant: "t",
                            epoch: GroupBench.epoch(1)
                        )
                        #expect(result != nil)
                        _ = counts[writer % 2].next()
                    }
                }
            }
        }
        #expect(min(counts[0].count, counts[1].count) > 120)
        #expect(try await bench.log().count == counts[0].count + counts[1].count)
    }
}
