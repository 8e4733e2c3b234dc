/// What the exchanges tell the engine while libcurl calls them back: one round from rest to rest.
final class CurlRound {
    /// Read once for each round.
    private(set) var now = TransportTime.now
    /// When the limits are looked at next: never later than the first of them.
    private(set) var nextCheck: TransportTime?
    private var sending: [CurlExchange] = []

    func begin() {
        now = .now
    }

    /// An exchange has a limit at this time.
    func expect(_ expiry: TransportTime?) {
        guard let expiry else { return }
        nextCheck = nextCheck.map { min($0, expiry) } ?? expiry
    }

    /// Whether a limit may be over; then all of them are looked at, and expected anew.
    func endsALimit() -> Bool {
        guard let check = nextCheck, check <= now else { return false }
        nextCheck = nil
        return true
    }

    /// The exchange has begun to send; it is asked after each round whether it is through.
    func watchSending(_ exchange: CurlExchange) {
        sending.append(exchange)
    }

    func noticeSending() {
        sending.removeAll { $0.noticeSending() }
    }

    /// Lets go of exchanges that are no more.
    func end() {
        sending = []
    }
}
