internal import DequeModule

/// The exchanges with one host: so many run, the others wait in line.
final class OriginLine {
    let origin: HTTPOrigin
    var running = 0
    var waiting = Deque<CurlExchange>()

    init(_ origin: HTTPOrigin) {
        self.origin = origin
    }
}
