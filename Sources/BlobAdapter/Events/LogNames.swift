internal import MigrationCore

/// The names of the segments of tenants' logs: `events/TENANT/000000000001.log`.
struct LogNames: Sendable {
    let prefix: String

    /// What the names of all segments begin with.
    var all: String { "\(prefix)events/" }

    func log(of tenant: TenantID) -> String { "\(all)\(NameSegment.escaped(tenant.text))/" }

    /// The name of a segment: of fixed width, so that a listing has them in order.
    func segment(_ number: Int64, of tenant: TenantID) -> String {
        let digits = String(number)
        return log(of: tenant) + String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits + ".log"
    }

    /// The tenant and number of a segment; nil for another name.
    func segment(_ name: String) -> (tenant: TenantID, number: Int64)? {
        guard name.utf8.starts(with: all.utf8), name.hasSuffix(".log") else { return nil }
        let parts = Substring(name.utf8.dropFirst(all.utf8.count)).split(
            separator: "/",
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, let text = NameSegment.text(parts[0]), let tenant = try? TenantID(text),
            let number = Int64(parts[1].dropLast(4)), number >= 1, segment(number, of: tenant) == name
        else { return nil }
        return (tenant, number)
    }
}
