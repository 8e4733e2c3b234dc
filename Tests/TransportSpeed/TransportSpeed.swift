import CutoverAzureTransport

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The engine's half of a benchmark: `cutover-transport-speed URL COUNT TOGETHER` sends the same GET again and again.
///
/// It is part of the package because the engine is open to it alone; `Benchmarks` runs it and reads the JSON object that it prints.
/// Each of the first few requests opens a connection and is not counted.
@main
struct TransportSpeed {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let url = HTTPURL(arguments[1]), let count = Int(arguments[2]),
            let together = Int(arguments[3]), together > 0, count >= together
        else { fail("usage: cutover-transport-speed URL COUNT TOGETHER") }
        var configuration = CurlTransport.Configuration()
        configuration.maximumRequestsPerHost = together
        let transport = CurlTransport(configuration)
        _ = await send(together * 4, together: together, to: url, over: transport)
        let (start, used) = (ContinuousClock.now, processorSeconds)
        let latencies = await send(count, together: together, to: url, over: transport).sorted()
        let (processor, seconds) = (processorSeconds - used, inSeconds(start.duration(to: .now)))
        await transport.stop()
        let latency = inSeconds(latencies[latencies.count / 2])
        print("{\"seconds\":\(seconds),\"processorSeconds\":\(processor),\"latency\":\(latency)}")
    }

    /// Sends so many requests and returns how long each took.
    private static func send(
        _ count: Int,
        together: Int,
        to url: HTTPURL,
        over transport: CurlTransport
    ) async -> [Duration] {
        await withTaskGroup(of: [Duration].self) { group in
            for index in 0..<together {
                let share = count / together + (index < count % together ? 1 : 0)
                group.addTask {
                    var latencies: [Duration] = []
                    latencies.reserveCapacity(share)
                    for _ in 0..<share {
                        let start = ContinuousClock.now
                        do {
                            let response = try await transport.send(HTTPRequest(method: .get, url: url))
                            guard response.status == 200 else { fail("the server answers \(response.status)") }
                        } catch {
                            fail("\(error)")
                        }
                        latencies.append(start.duration(to: .now))
                    }
                    return latencies
                }
            }
            var all: [Duration] = []
            for await latencies in group { all += latencies }
            return all
        }
    }

    private static func inSeconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    /// The processor time of this process, all its threads together.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func fail(_ reason: String) -> Never {
        print("error: \(reason)")
        exit(2)
    }
}
