import MigrationCore

/// What the processes have said: every event that was attempted and acknowledged, and everything that was wrong.
struct Ledger {
    /// Where an event was acknowledged.
    struct Place {
        let tenant: TenantID
        let stream: StreamID
        let position: Int64
        let version: Int64
    }

    private(set) var acknowledged: [EventID: Place] = [:]
    private(set) var attempted: Set<EventID> = []
    /// The last acknowledged version of each writer's stream, by tenant and name.
    private var versions: [String: Int64] = [:]
    private(set) var violations: [String] = []
    private(set) var errors: [String: Int] = [:]
    private(set) var cutovers = 0
    /// The migrations whose cutover was answered.
    private(set) var completed: [TenantID: Set<MigrationID>] = [:]
    private let expectedErrors: [String]

    init(expectedErrors: [String]) {
        self.expectedErrors = expectedErrors
    }

    /// Notes what is wrong, once for each text: who fails again and again must not hide what the stores say in the end.
    mutating func violation(_ text: String) {
        if violations.count < 100, !violations.contains(text) { violations.append(text) }
    }

    /// Takes in a line; returns the point when the process says that it kills or halts itself there.
    mutating func add(_ line: String, of child: Child) -> (kills: Bool, point: CrashPoint)? {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("T", 3):
            for id in ids(words[2]) { attempted.insert(id) }
        case ("A", 6):
            acknowledge(words)
        case ("S", 4):
            let known = versions["\(words[1])/\(words[2])"] ?? 0
            if Int64(words[3]) ?? -1 < known {
                violation("\(words[2]) starts at version \(words[3]) of \(words[1]), and was acknowledged \(known)")
            }
        case ("C", 3):
            cutovers += 1
            if let tenant = try? TenantID(words[1]), let id = MigrationID(words[2]) {
                completed[tenant, default: []].insert(id)
            }
        case ("E", _): meet(words.dropFirst().joined(separator: " "), of: child)
        case ("K", 2), ("H", 2):
            if let point = CrashPoint(words[1] + ":1") { return (words[0] == "K", point) }
            violation("\(child.name) said '\(line)'")
        case ("V", _): violation(words.dropFirst().joined(separator: " "))
        default: violation("\(child.name) said '\(line)'")
        }
        return nil
    }

    private mutating func acknowledge(_ words: [String]) {
        guard let tenant = try? TenantID(words[1]), let stream = try? StreamID(words[2]),
            let position = Int64(words[3]), let version = Int64(words[4])
        else { return violation("a writer said '\(words.joined(separator: " "))'") }
        let ids = ids(words[5])
        for (offset, id) in ids.enumerated() {
            let place = Place(
                tenant: tenant,
                stream: stream,
                position: position + Int64(offset),
                version: version + Int64(offset)
            )
            if acknowledged.updateValue(place, forKey: id) != nil { violation("an event was acknowledged twice") }
        }
        versions["\(words[1])/\(words[2])"] = version + Int64(ids.count) - 1
    }

    private func ids(_ text: String) -> [EventID] { text.split(separator: ",").compactMap { EventID(String($0)) } }

    /// Errors that a process meets while files are locked, processes are halted, servers down and control stores restored.
    private mutating func meet(_ error: String, of child: Child) {
        errors[error, default: 0] += 1
        guard !child.isOperator else { return }
        if !expectedErrors.contains(where: { error.hasSuffix(" \($0)") }) { violation("\(child.name) met \(error)") }
    }
}
