internal import MigrationCore

/// One entry of a Debian changelog: a version of a package, what changed in it, who made it, and when.
///
/// The form is that of Debian's policy manual, section 4.4: a heading, indented changes, and a trailer that begins with ` -- `.
struct ChangelogEntry {
    let source: String
    let version: String
    let distributions: [String]
    let urgency: String
    let changes: [String]
    let maintainer: String
    let date: WallTime

    /// Reads all entries of a file, newest first as they stand there.
    ///
    /// - Returns: the entries, and how many were left out because their trailer has no date that can be read. Text in the old
    ///   forms of the nineties, outside of any entry, is not counted.
    static func parse(_ bytes: ArraySlice<UInt8>) -> (entries: [ChangelogEntry], undated: Int) {
        var entries: [ChangelogEntry] = []
        var undated = 0
        var heading: Heading?
        var changes: [String] = []
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix(" -- ") {
                guard let open = heading else { continue }
                if let entry = ChangelogEntry(open, changes, trailer: text.dropFirst(4)) {
                    entries.append(entry)
                } else {
                    undated += 1
                }
                heading = nil
            } else if let found = Heading(text) {
                heading = found
                changes = []
            } else if heading != nil, text.hasPrefix(" ") {
                changes.append(text.trimmingSpaces())
            }
        }
        return (entries, undated)
    }

    private init?(_ heading: Heading, _ changes: [String], trailer: some StringProtocol) {
        guard let end = trailer.lastIndex(of: ">"), let date = MailDate.parse(trailer[trailer.index(after: end)...])
        else { return nil }
        source = heading.source
        version = heading.version
        distributions = heading.distributions
        urgency = heading.urgency
        self.changes = changes.filter { !$0.isEmpty }
        maintainer = String(trailer[...end])
        self.date = date
    }

    /// The entry as an event.
    func event(id: EventID, file: String) -> NewEvent {
        NewEvent(
            id: id,
            type: "VersionReleased",
            occurredAt: date,
            recordedAt: date,
            actor: maintainer,
            metadata: ["file": .string(file)],
            payload: [
                "source": .string(source),
                "version": .string(version),
                "distributions": .array(distributions.map { .string($0) }),
                "urgency": .string(urgency),
                "changes": .array(changes.map { .string($0) }),
            ]
        )
    }

    /// `source (version) distribution ...; urgency=word`
    private struct Heading {
        let source: String
        let version: String
        let distributions: [String]
        let urgency: String

        init?(_ line: String) {
            guard let first = line.utf8.first, first > UInt8(ascii: " "),
                let open = line.firstRange(of: " ("),
                let close = line[open.upperBound...].firstIndex(of: ")"),
                let semicolon = line[close...].firstIndex(of: ";"),
                !line[..<open.lowerBound].contains(" ")
            else { return nil }
            source = String(line[..<open.lowerBound])
            version = String(line[open.upperBound..<close])
            distributions = line[line.index(after: close)..<semicolon].split(separator: " ").map(String.init)
            let urgency = line[semicolon...].firstRange(of: "urgency=")
            self.urgency = urgency.map { line[$0.upperBound...].prefix { $0.isLetter }.lowercased() } ?? ""
        }
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        let start = utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let length = start.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
        return String(Substring(start.prefix(length)))
    }
}
