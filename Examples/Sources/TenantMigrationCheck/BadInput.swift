internal import Foundation

/// What is refused, and how.
struct BadInput {
    let program: Program
    private let nobody = "00000000-0000-4000-8000-000000000000"

    func run(_ expectations: inout Expectations) throws {
        print("bad input")
        let stores = program.shared
        expectations.expect("without stores nothing is done", try program.plain(["status", "--json"]), code: 64) {
            $0["error"]["message"].text?.contains("--store") == true && $0["ok"].flag == false
        }
        expectations.expect(
            "without a control store nothing is done",
            try program.plain(["status", "--store", "old=sqlite:old.sqlite", "--json"]),
            code: 64
        ) { $0["error"]["message"].text?.contains("--control") == true }
        expectations.expect(
            "a store of an unknown kind is refused by its scheme",
            try program.plain(
                ["start"] + stores + ["--store", "m=nosuchdb:x", "--tenant", "a", "--to", "m", "--json"]
            ),
            code: 64
        ) { $0["error"]["message"].text?.contains("nosuchdb") == true }
        expectations.expect(
            "credentials on the command line are refused, and not repeated",
            try program.plain(
                ["status"] + stores + ["--store", "m=mongodb://ada:s3cret@127.0.0.1:1/shop", "--json"]
            ),
            code: 64
        ) {
            let message = $0["error"]["message"].text
            return message?.contains("env:") == true && message?.contains("s3cret") == false
        }
        expectations.expect(
            "a password among the options is refused on the command line, and not repeated",
            try program.plain(
                ["status"] + stores
                    + [
                        "--store", "m=mongodb://127.0.0.1:1/shop?tls=true&tlsCertificateKeyFilePassword=s3cret",
                        "--json",
                    ]
            ),
            code: 64
        ) {
            let message = $0["error"]["message"].text
            return message?.contains("env:") == true && message?.contains("s3cret") == false
        }
        expectations.expect(
            "a connection string without a database is refused",
            try program.plain(["status"] + stores + ["--store", "m=mongodb://127.0.0.1:1", "--json"]),
            code: 64
        ) { $0["error"]["message"].text?.contains("names no database") == true }
        expectations.expect(
            "an environment variable that says nothing is refused by name",
            try program.plain(["status"] + stores + ["--store", "m=env:CUTOVER_NOT_SET", "--json"]),
            code: 64
        ) { $0["error"]["message"].text?.contains("CUTOVER_NOT_SET") == true }
        expectations.expect(
            "one name for two stores is refused",
            try program.plain(["status"] + stores + ["--store", "old=sqlite:third.sqlite", "--json"]),
            code: 64
        )
        expectations.expect(
            "one file for two stores is refused",
            try program.plain(["status"] + stores + ["--store", "third=sqlite:old.sqlite", "--json"]),
            code: 64
        )
        expectations.expect(
            "a file that is missing is not created by mistake",
            try program.plain(
                ["diagnose", "--store", "old=sqlite:nosuch.sqlite", "--control", "control.sqlite", "--json"]
            ),
            code: 64
        ) { $0["error"]["message"].text?.contains("nosuch.sqlite") == true }
        expectations.expect(
            "and indeed was not",
            !FileManager.default.fileExists(atPath: program.folder + "/nosuch.sqlite")
        )
        try configuration(&expectations)
        expectations.expect(
            "a target that is not registered is an error",
            try program.run("start", ["--tenant", "acme", "--from", "old", "--to", "nowhere"]),
            code: 64
        ) { $0["error"]["code"].text == "unregisteredStore" }
        expectations.expect(
            "a source that is not registered is an error",
            try program.run("start", ["--tenant", "acme", "--from", "nowhere", "--to", "new"]),
            code: 64
        )
        expectations.expect(
            "a migration that nobody knows is an error",
            try program.run("status", [nobody]),
            code: 8
        ) { $0["error"]["code"].text == "unknownMigration" }
        expectations.expect(
            "an id that is none is an error, in JSON too",
            try program.run("pause", ["not-an-id"]),
            code: 64
        ) { $0["error"]["code"].text == "usage" }
        expectations.expect("an operation without a migration is an error", try program.run("pause"), code: 64)
        expectations.expect(
            "a tenant that nobody knows is an error",
            try program.run("status", ["--tenant", "nobody"]),
            code: 8
        )
        expectations.expect(
            "a timeout below zero is an error",
            try program.run("cutover", ["--tenant", "acme", "--timeout=-1", "--yes"]),
            code: 64
        )
        let help = try program.plain(["--help"])
        let codes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "64", "77", "130"]
        let lines = help.output.split(separator: "\n").map { $0.split(separator: " ").first.map(String.init) }
        expectations.expect("the help documents every exit code", codes.allSatisfy { lines.contains($0) })
    }

    private func configuration(_ expectations: inout Expectations) throws {
        let good = #"{"control":"control.sqlite","stores":{"old":"sqlite:old.sqlite","new":"sqlite:new.sqlite"}}"#
        try good.write(toFile: program.folder + "/good.json", atomically: true, encoding: .utf8)
        try #"{"controll":"x"}"#.write(toFile: program.folder + "/bad.json", atomically: true, encoding: .utf8)
        expectations.expect(
            "a configuration file names stores and control store",
            try program.plain(["status", "--config", "good.json", "--json"]),
            code: 0
        ) { $0["result"]["tenants"].list.count == 3 }
        expectations.expect(
            "a key that nobody knows in it is an error",
            try program.plain(["status", "--config", "bad.json", "--json"]),
            code: 64
        ) { $0["error"]["message"].text?.contains("controll") == true }
    }
}
