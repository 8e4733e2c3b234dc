/// A token in the query that lets its bearer do some things for some time.
package struct SharedAccessSignature: Sendable {
    private let fields: [String: String]

    /// Takes the parameters of a query that are those of a token; nil if it is not signed.
    package init?(_ query: [Field]) {
        fields = Dictionary(query.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        if fields["sig"] == nil { return nil }
    }

    package subscript(_ name: String) -> String { fields[name] ?? "" }

    /// Whether it is signed for a whole account and not for one thing in it.
    package var isForAccount: Bool { fields["ss"] != nil }

    /// The string of a token for an account.
    package func accountText(account: String) -> String {
        var lines = [
            account, self["sp"], self["ss"], self["srt"], self["st"], self["se"], self["sip"], self["spr"], self["sv"],
        ]
        if self["sv"] >= "2020-12-06" { lines.append(self["ses"]) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The string of a token for a container or a blob.
    package func blobText(account: String, container: String, blob: String?) -> String {
        var lines = [
            self["sp"], self["st"], self["se"],
            "/blob/\(account)/\(container)" + (self["sr"] == "c" ? "" : "/" + (blob ?? "")),
            self["si"], self["sip"], self["spr"], self["sv"],
        ]
        if self["sv"] >= "2018-11-09" { lines += [self["sr"], self["snapshot"]] }
        if self["sv"] >= "2020-12-06" { lines.append(self["ses"]) }
        lines += [self["rscc"], self["rscd"], self["rsce"], self["rscl"], self["rsct"]]
        return lines.joined(separator: "\n")
    }

    /// The string of a token for a table, whose name is signed in small letters.
    package func tableText(account: String) -> String {
        [
            self["sp"], self["st"], self["se"], "/table/\(account)/\(self["tn"].lowercased())", self["si"],
            self["sip"], self["spr"], self["sv"], self["spk"], self["srk"], self["epk"], self["erk"],
        ].joined(separator: "\n")
    }

    /// Whether the time lies between its start and its expiry; a token without an expiry is none.
    package func isValid(at now: Moment) -> Bool {
        guard let expiry = Moment(iso8601: self["se"]), now < expiry else { return false }
        guard !self["st"].isEmpty else { return true }
        guard let start = Moment(iso8601: self["st"]) else { return false }
        return start <= now
    }
}
