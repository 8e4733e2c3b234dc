/// What the services share: time, rules, and who may come in.
package struct Environment: Sendable {
    package let clock: Clock
    package let rules: Rules
    package let accounts: Accounts

    package init(clock: Clock, rules: Rules, accounts: Accounts) {
        self.clock = clock
        self.rules = rules
        self.accounts = accounts
    }
}

/// The accounts and their keys: the published ones of the vendor's own emulators, and no secrets.
package struct Accounts: Sendable {
    package var cosmosKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
    package var storageName = "devstoreaccount1"
    package var storageKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    /// The tenant, the application and its secret that the identity service knows.
    package var tenant = "00000000-0000-4000-8000-000000000001"
    package var client = "00000000-0000-4000-8000-000000000002"
    package var clientSecret = "emulator~secret"

    package init() {}
}

/// One emulated service behind its own listener. Its state is in memory and under one lock.
package protocol Service: Sendable {
    /// The name in rules, faults and the ready line: `cosmos`, `blob`, `table`, `identity`.
    var name: String { get }

    /// The names of the rules that the service asks for, each beginning with the service's name and a point.
    static var ruleNames: [String] { get }

    /// Answers one request. Never throws: what goes wrong is an answer.
    func answer(_ request: Request) async -> Response

    /// Answers a request to `/_emulator/NAME/...` (the path is what follows the name), or nil if there is no such hook.
    func control(_ path: [String], _ request: Request) -> Response?

    /// Forgets everything.
    func reset()
}

extension Service {
    package func control(_ path: [String], _ request: Request) -> Response? { nil }
}
