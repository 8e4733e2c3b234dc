import Synchronization

/// The faults that tests ask for: which requests they meet, and what happens to these.
package final class Faults: Sendable {
    /// One fault, as a member of the JSON list that `POST /_emulator/faults` takes.
    package struct Fault: Sendable {
        var service: String?
        var method: String?
        /// Patterns with `*` for any text, on the raw path, the raw query and on headers.
        var path: String?
        var query: String?
        var headers: [Field] = []
        /// Meets each n-th matching request; 1 is every one.
        var every = 1
        /// Matching requests that pass untouched before the first is met.
        var skip = 0
        /// How many requests it meets at most.
        var next = Int.max
        var effect = Effect()

        private(set) var seen = 0
        private(set) var met = 0

        fileprivate mutating func meets() -> Bool {
            seen += 1
            guard seen > skip, (seen - skip) % every == 0, met < next else { return false }
            met += 1
            return true
        }
    }

    /// What happens to a request that a fault meets.
    package struct Effect: Sendable {
        /// Waits before anything else.
        var delayMilliseconds = 0
        /// Answers this in place of the service's answer, before the service sees the request unless `applies`.
        var status: Int?
        var headers: [Field] = []
        var body: String?
        /// The service carries the request out, and then the answer is replaced.
        var applies = false
        /// Resets the connection: before or after the service has carried the request out.
        var resetsBefore = false
        var resetsAfter = false
        var delivery: Response.Delivery?
    }

    private let faults = Mutex<[Fault]>([])

    package init() {}

    package func clear() { faults.withLock { $0 = [] } }

    package func add(_ new: [Fault]) { faults.withLock { $0 += new } }

    /// The effects on this request, in the order in which the faults were set.
    package func effects(on request: Request, service: String) -> [Effect] {
        faults.withLock { faults in
            guard !faults.isEmpty else { return [] }
            var effects: [Effect] = []
            for index in faults.indices where Self.matches(faults[index], request, service) {
                if faults[index].meets() { effects.append(faults[index].effect) }
            }
            return effects
        }
    }

    /// What is set, with how many requests each has seen and met.
    package var listing: JSON {
        faults.withLock { faults in
            .array(faults.map { ["seen": .integer($0.seen), "met": .integer($0.met)] })
        }
    }

    private static func matches(_ fault: Fault, _ request: Request, _ service: String) -> Bool {
        guard fault.service == nil || fault.service == service else { return false }
        guard fault.method == nil || fault.method == request.method else { return false }
        if let path = fault.path, !matches(path, request.rawPath) { return false }
        if let query = fault.query, !matches(query, request.rawQuery) { return false }
        return fault.headers.allSatisfy { wanted in
            request.header(wanted.name).map { matches(wanted.value, $0) } ?? false
        }
    }

    /// Whether a text fits a pattern in which `*` stands for any text.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1 else { return pattern == text }
        guard text.hasPrefix(pieces[0]) else { return false }
        var rest = text.dropFirst(pieces[0].count)
        for piece in pieces[1..<(pieces.count - 1)] where !piece.isEmpty {
            guard let found = rest.firstRange(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(pieces[pieces.count - 1])
    }
}

extension Faults.Fault {
    /// Reads a fault; nil if a member is unknown or of another type, so that no slip goes unnoticed.
    package init?(_ json: JSON) {
        guard let members = json.members else { return nil }
        for member in members {
            let value = member.value
            switch member.name {
            case "service": service = value.string
            case "method": method = value.string
            case "path": path = value.string
            case "query": query = value.string
            case "headers":
                guard let fields = Faults.fields(value) else { return nil }
                headers = fields
            case "every":
                guard let count = value.integer, count > 0 else { return nil }
                every = count
            case "skip":
                guard let count = value.integer, count >= 0 else { return nil }
                skip = count
            case "next":
                guard let count = value.integer, count > 0 else { return nil }
                next = count
            case "effect":
                guard let read = Faults.Effect(value) else { return nil }
                effect = read
            default: return nil
            }
        }
    }
}

extension Faults.Effect {
    init?(_ json: JSON) {
        guard let members = json.members else { return nil }
        for member in members {
            let value = member.value
            switch member.name {
            case "delayMilliseconds":
                guard let milliseconds = value.integer, (0...600_000).contains(milliseconds) else { return nil }
                delayMilliseconds = milliseconds
            case "status":
                guard let code = value.integer, (200...599).contains(code) else { return nil }
                status = code
            case "headers":
                guard let fields = Faults.fields(value) else { return nil }
                headers += fields
            case "retryAfterMilliseconds":
                guard let milliseconds = value.integer, milliseconds >= 0 else { return nil }
                headers.append(Field("x-ms-retry-after-ms", String(milliseconds)))
            case "retryAfterSeconds":
                guard let seconds = value.integer, seconds >= 0 else { return nil }
                headers.append(Field("Retry-After", String(seconds)))
            case "body": body = value.string ?? value.text
            case "apply":
                guard let flag = value.bool else { return nil }
                applies = flag
            case "reset":
                switch value.string {
                case "before": resetsBefore = true
                case "after": resetsAfter = true
                default: return nil
                }
            case "slowBody":
                guard let bytes = value["pieceBytes"]?.integer, bytes > 0,
                    let pause = value["pauseMilliseconds"]?.integer, pause >= 0
                else { return nil }
                delivery = .slow(pieceBytes: bytes, pauseMilliseconds: pause)
            case "truncateAfterBytes":
                guard let bytes = value.integer, bytes >= 0 else { return nil }
                delivery = .truncated(afterBytes: bytes)
            default: return nil
            }
        }
    }
}

extension Faults {
    fileprivate static func fields(_ json: JSON) -> [Field]? {
        guard let members = json.members else { return nil }
        return members.map { Field($0.name, $0.value.string ?? $0.value.text) }
    }
}
