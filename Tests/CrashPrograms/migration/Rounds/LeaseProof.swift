import MigrationCore

/// What must hold of leases, looked for in their documents: well-formed, one for a tenant, and with numbers that never fall.
struct LeaseProof {
    private var numbers: [String: Int64] = [:]
    private(set) var violations: [String] = []

    mutating func check(_ world: CrashWorld) async throws {
        violations = []
        var seen: Set<String> = []
        var continuation: Continuation?
        repeat {
            let page = try await world.controlDocuments.query(
                DocumentQuery("cutover_leases"),
                after: continuation,
                pageSize: 100
            )
            for stored in page.documents { check(stored.document, &seen) }
            continuation = page.continuation
        } while continuation != nil
        for name in numbers.keys where !seen.contains(name) { violations.append("the lease \(name) is gone") }
    }

    private mutating func check(_ document: Document, _ seen: inout Set<String>) {
        guard case .string(let name)? = document["name"], case .int64(let number)? = document["number"],
            case .int64(let beat)? = document["beat"], case .string? = document["holder"]
        else { return violations.append("there is a lease that is none") }
        if !CrashWorld.tenants.contains(where: { name == "tenant/\($0.text)" }) {
            violations.append("there is a lease of nobody, \(name)")
        }
        if !seen.insert(name).inserted { violations.append("there are two leases \(name)") }
        // Each new holder and each renewal is a beat.
        if number < 1 || beat < number { violations.append("the lease \(name) has number \(number) and beat \(beat)") }
        if let known = numbers[name], number < known { violations.append("the number of the lease \(name) has fallen") }
        numbers[name] = number
    }
}
