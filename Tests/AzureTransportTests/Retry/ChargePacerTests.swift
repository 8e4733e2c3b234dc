import CutoverAzureTransport
import MigrationCore
import Testing

@testable import MigrationTesting

@Suite("A budget of request units is kept")
struct ChargePacerTests {
    /// An account in virtual time: it charges each request, and throttles above its throughput.
    private final class Account: Sendable {
        struct State {
            var bucket: TokenBucket
            var used = 0.0
            var throttled = 0
            var perSecond: [Int: Double] = [:]
            var random: SeededRandom
        }

        let state: Locked<State>

        init(throughput: Double, seed: UInt64) {
            state = Locked(
                State(
                    bucket: TokenBucket(rate: throughput, burst: throughput, at: .zero),
                    random: SeededRandom(seed: seed)
                )
            )
        }

        /// How long it takes to answer, and the answer.
        func answer(at now: Duration, charges: ClosedRange<Double>) -> (Duration, HTTPResponse) {
            state.withLock { state in
                let latency = Duration.milliseconds(Int.random(in: 2...40, using: &state.random))
                let wait = state.bucket.take(0, at: now)
                guard wait == .zero else {
                    state.throttled += 1
                    let milliseconds = Int(wait.inSeconds * 1_000) + 1
                    return (latency, HTTPResponse(status: 429, headers: ["x-ms-retry-after-ms": "\(milliseconds)"]))
                }
                let charge = (Double.random(in: charges, using: &state.random) * 100).rounded() / 100
                _ = state.bucket.take(charge, at: now)
                state.used += charge
                state.perSecond[Int(now.inSeconds), default: 0] += charge
                return (latency, HTTPResponse(status: 201, headers: ["x-ms-request-charge": "\(charge)"]))
            }
        }
    }

    struct Load: Sendable, CustomTestStringConvertible {
        let budget: Double
        let charges: ClosedRange<Double>
        let workers: Int
        var testDescription: String { "\(budget) RU/s, \(charges) RU each, \(workers) workers" }
    }

    @Test(
        "half of an account's throughput is used to 90 % and more, exceeded by 5 % at most, and never throttled",
        arguments: [
            Load(budget: 500, charges: 6...8, workers: 64), Load(budget: 5_000, charges: 5...60, workers: 128),
            Load(budget: 200, charges: 10...11, workers: 8), Load(budget: 1_000, charges: 1...1, workers: 64),
        ]
    )
    func budget(load: Load) {
        let seconds = 10
        let executor = SimulationExecutor(seed: 42)
        let clock = SimulatedClock(executor: executor, pace: 1)
        let timeline = Timeline(clock)
        let account = Account(throughput: load.budget * 2, seed: 5)
        let transport = FakeTransport { _, _ async throws(TransportError) in
            let (latency, response) = account.answer(at: timeline.now, charges: load.charges)
            try? await timeline.sleep(for: latency)
            return response
        }
        let pacer = ChargePacer(unitsPerSecond: load.budget, timeline: timeline)
        let pipeline = AzurePipeline(
            service: .cosmos,
            transport: transport,
            signer: NoSigner(),
            pacer: pacer,
            timeline: timeline,
            wallClock: { WallTime(millisecondsSinceEpoch: 0) },
            random: SeededRandom.source(seed: 3)
        )
        let isDone = Locked(false)
        let failures = Locked(0)
        let root = Task(executorPreference: executor) {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<load.workers {
                    group.addTask {
                        let request = HTTPRequest(method: .post, url: HTTPURL(scheme: .https, host: "a"))
                        while timeline.now < .seconds(seconds) {
                            do {
                                _ = try await pipeline.send(AzureCall("create_item", request, effect: .write))
                            } catch {
                                failures.withLock { $0 += 1 }
                            }
                        }
                    }
                }
            }
            isDone.withLock { $0 = true }
        }
        #expect(executor.run(maximumSteps: 20_000_000) { isDone.withLock { $0 } } == .finished)
        root.cancel()
        #expect(executor.escapes == 0)
        let state = account.state.withLock { $0 }
        #expect(state.throttled == 0)
        #expect(failures.withLock { $0 } == 0)
        for second in 0..<seconds {
            let used = state.perSecond[second] ?? 0
            // The first second begins with nothing learned.
            if second > 0 { #expect(used >= load.budget * 0.9, "\(used) in second \(second)") }
            #expect(used <= load.budget * 1.05 + load.charges.upperBound, "\(used) in second \(second)")
        }
        let total = (0..<seconds).reduce(0.0) { $0 + (state.perSecond[$1] ?? 0) }
        #expect(total >= load.budget * Double(seconds) * 0.9)
        #expect(total <= load.budget * Double(seconds) * 1.05)
        #expect(abs(pacer.used - state.used) < 0.01)
    }

    @Test("a turn that does not come in time is not taken, and a cancelled one takes nothing")
    func limits() async throws {
        let clock = LeapingClock()
        let pacer = ChargePacer(unitsPerSecond: 10, timeline: Timeline(clock))
        let first = try #require(try await pacer.reserve("a", within: .seconds(1)))
        pacer.settle(first, charge: 100)
        #expect(try await pacer.reserve("a", within: .seconds(5)) == nil)
        #expect(clock.slept.isEmpty)
        let second = try #require(try await pacer.reserve("a", within: .seconds(20)))
        #expect(clock.now.offset >= .seconds(9))
        pacer.settle(second, charge: 0)
        #expect(pacer.used == 100)
    }

    @Test("what operations cost is learned for each of them, however many a request holds")
    func operations() async throws {
        let clock = LeapingClock()
        let pacer = ChargePacer(unitsPerSecond: 10, timeline: Timeline(clock))
        let large = try #require(try await pacer.reserve("bulk", operations: 10, within: .seconds(1)))
        pacer.settle(large, charge: 100)
        _ = try #require(try await pacer.reserve("bulk", operations: 5, within: .seconds(20)))
        let start = clock.now.offset
        _ = try #require(try await pacer.reserve("bulk", within: .seconds(20)))
        // Until fifty units have come, and not a hundred.
        let waited = clock.now.offset - start
        #expect(waited > .seconds(4) && waited < .seconds(6), "\(waited)")
    }
}
