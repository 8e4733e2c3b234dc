internal import Foundation
internal import MigrationCore

/// A move, the way back, an emergency stop and an abort, each step by a command of its own.
struct Moves {
    let program: Program
    let application: Application
    private let tenant = ["--tenant", Application.moving.text]

    init(program: Program, application: Application) {
        self.program = program
        self.application = application
    }

    func run(_ expectations: inout Expectations) async throws {
        let (worker, output) = try program.background("run")
        defer { if worker.isRunning { worker.terminate() } }
        let first = try move(&expectations)
        try rollBack(first, &expectations)
        try await end(&expectations)
        try force(&expectations)
        try look(&expectations)
        worker.terminate()
        worker.waitUntilExit()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        let result = Program.Result(code: worker.terminationStatus, output: text, errors: "")
        expectations.expect("SIGTERM ends the background work in order", result, code: 0) {
            $0["result"]["ended_by"].text == "SIGTERM"
        }
    }

    private func move(_ expectations: inout Expectations) throws -> String {
        print("a move")
        expectations.expect(
            "a plan finds nothing in the way",
            try program.run("plan", tenant + ["--from", "old", "--to", "new"]),
            code: 0
        ) { $0["result"]["is_feasible"].flag == true && $0["result"]["total_events"].number ?? 0 >= 5_000 }
        let started = expectations.expect(
            "a move is started",
            try program.run("start", tenant + ["--from", "old", "--to", "new", "--reason", "check"]),
            code: 0
        ) { $0["result"]["migration"]["source_store_id"].text == "old" && $0["command"].text == "start" }
        let id = started["result"]["migration"]["id"].text ?? ""
        expectations.expect(
            "a second one of the same tenant is refused",
            try program.run("start", tenant + ["--from", "old", "--to", "new"]),
            code: 3
        ) { $0["error"]["code"].text == "state" }
        expectations.expect("it is followed until it mirrors", try follow(id), code: 0) {
            $0["result"]["migration"]["state"].text == "dual_write"
        }
        expectations.expect("it is paused", try program.run("pause", [id]), code: 0) {
            $0["result"]["migration"]["state"].text == "paused"
        }
        expectations.expect("what is paused is not paused again", try program.run("pause", [id]), code: 3)
        expectations.expect(
            "what is paused is not cut over",
            try program.run("cutover", [id, "--yes"]),
            code: 3
        ) { $0["error"]["state"].text == "paused" }
        expectations.expect("it goes on", try program.run("resume", tenant), code: 0)
        expectations.expect("and follows again", try follow(id), code: 0)
        expectations.expect("the status says everything", try program.run("status", [id]), code: 0) { json in
            let migration = json["result"]["tenants"][0]["migration"]
            let names = [
                "id", "tenant_id", "state", "source_store_id", "target_store_id", "progress_percentage",
                "events_copied", "total_events", "created_at", "started_at", "sync_lag", "mirror",
            ]
            return names.allSatisfy { migration[$0].exists }
                && json["result"]["tenants"][0]["route"]["store_id"].text == "old"
        }
        let plain = try program.run("status", tenant, json: false)
        expectations.expect(
            "people can read it",
            plain.code == 0 && plain.output.contains("lives in") && plain.output.contains("dual_write"),
            plain.output + plain.errors
        )
        expectations.expect(
            "a plan finds the move under way",
            try program.run("plan", tenant + ["--to", "new"]),
            code: 2
        ) { $0["result"]["problems"].list.count >= 1 }
        expectations.expect("verification finds no difference", try program.run("verify", [id]), code: 0) {
            $0["result"]["is_consistent"].flag == true && $0["result"]["violation_count"].number == 0
        }
        expectations.expect(
            "without a terminal and without --yes nothing moves",
            try program.run("cutover", [id]),
            code: 77
        ) { $0["error"]["message"].text?.contains("--yes") == true }
        expectations.expect("the cutover", try program.run("cutover", [id, "--yes", "--attempts", "5"]), code: 0) {
            $0["result"]["migration"]["state"].text == "migrated"
                && $0["result"]["migration"]["completed_at"].exists
        }
        expectations.expect("the route names the new store", try program.run("status", tenant), code: 0) {
            let route = $0["result"]["tenants"][0]["route"]
            return route["store_id"].text == "new" && route["migration_state"].text == "normal"
        }
        expectations.expect(
            "what has migrated is not aborted",
            try program.run("abort", [id, "--reason", "check", "--yes"]),
            code: 3
        )
        return id
    }

    private func rollBack(_ first: String, _ expectations: inout Expectations) throws {
        print("the way back")
        let json = expectations.expect("the way back is started", try program.run("rollback", [first]), code: 0) {
            $0["result"]["migration"]["reverses"].text == first
        }
        let back = json["result"]["migration"]["id"].text ?? ""
        expectations.expect("it is followed", try follow(back), code: 0)
        expectations.expect("and cut over", try program.run("cutover", [back, "--yes", "--attempts", "5"]), code: 0)
        expectations.expect("the first migration is rolled back", try program.run("migrations", tenant), code: 0) {
            $0["result"]["migrations"].list.map { $0["state"].text } == ["rolled_back", "migrated"]
        }
        expectations.expect(
            "what is rolled back is not rolled back again",
            try program.run("rollback", [first]),
            code: 3
        )
    }

    private func end(_ expectations: inout Expectations) async throws {
        print("an emergency, and an abort")
        for other in Application.others {
            let arguments = ["--tenant", other.text, "--from", "old", "--to", "new"]
            let json = expectations.expect("\(other) starts to move", try program.run("start", arguments), code: 0)
            let id = json["result"]["migration"]["id"].text ?? ""
            expectations.expect("\(other) is followed", try follow(id), code: 0)
        }
        expectations.expect("an emergency stop asks too", try program.run("emergency-stop", ["--all"]), code: 77)
        expectations.expect(
            "it ends what is under way",
            try program.run("emergency-stop", ["--all", "--yes"]),
            code: 0
        ) {
            let stopped = $0["result"]["tenants"].list.filter { $0["stopped"].flag == true }
            return Set(stopped.compactMap { $0["tenant_id"].text }).isSuperset(of: Application.others.map(\.text))
        }
        for other in Application.others {
            expectations.expect(
                "\(other) lives where it lived, and its migration failed",
                try program.run("status", ["--tenant", other.text]),
                code: 0
            ) { json in
                let entry = json["result"]["tenants"][0]
                return entry["route"]["store_id"].text == "old" && entry["route"]["migration_state"].text == "normal"
                    && entry["migration"]["state"].text == "failed"
                    && entry["migration"]["error_message"].text == "Emergency stop - manual intervention"
            }
        }
        expectations.expect(
            "it may be repeated",
            try program.run("emergency-stop", ["--tenant", Application.others[0].text, "--yes"]),
            code: 0
        ) { $0["result"]["tenants"][0]["stopped"].flag == false }
        expectations.expect(
            "a tenant without a route cannot be stopped",
            try program.run("emergency-stop", ["--tenant", "nobody", "--yes"]),
            code: 8
        )
        let other = ["--tenant", Application.others[0].text]
        try await application.append(to: Application.others[0])
        expectations.expect(
            "a copy that stopped is compared as far as it goes",
            try program.run("verify", other),
            code: 0
        ) {
            $0["result"]["is_consistent"].flag == true
        }
        expectations.expect(
            "nothing follows there, so nothing is mended",
            try program.run("repair", other + ["--reason", "check", "--yes"]),
            code: 3
        )
        expectations.expect(
            "a route that is right is left as it is",
            try program.run("repair", other + ["--route", "--reason", "check", "--yes"]),
            code: 0
        ) { $0["result"]["route"]["store_id"].text == "old" }
        expectations.expect("it starts again", try program.run("start", other + ["--to", "new"]), code: 0)
        expectations.expect(
            "and is aborted",
            try program.run("abort", other + ["--reason", "enough", "--purge", "--yes"]),
            code: 0
        ) {
            $0["result"]["migration"]["state"].text == "rolled_back"
                && $0["result"]["migration"]["error_message"].text == "enough"
        }
    }

    private func force(_ expectations: inout Expectations) throws {
        print("a forced cutover")
        let other = ["--tenant", Application.others[1].text]
        expectations.expect("the move is started", try program.run("start", other + ["--to", "new"]), code: 0)
        expectations.expect(
            "it is followed",
            try program.run("watch", other + ["--until", "dual_write", "--timeout", "120"]),
            code: 0
        )
        expectations.expect("force asks too", try program.run("cutover", other + ["--force"]), code: 77)
        expectations.expect("it is forced", try program.run("cutover", other + ["--force", "--yes"]), code: 0) {
            $0["result"]["migration"]["state"].text == "migrated"
        }
        expectations.expect(
            "nothing was left behind",
            try program.run("repair", other + ["--branch", "--list"]),
            code: 0
        ) { $0["result"]["events_left_behind"].exists && $0["result"]["events_left_behind"].list.isEmpty }
        expectations.expect(
            "so there is nothing to remove",
            try program.run("repair", other + ["--branch", "--reason", "check", "--yes"]),
            code: 0
        ) { $0["result"]["removed_events"].number == 0 }
        expectations.expect(
            "a force that left nothing behind is a cutover like any other",
            try program.run("audit", other),
            code: 0
        ) {
            $0["result"]["entries"].list.contains { $0["operation"].text == "cutover" }
        }
    }

    private func look(_ expectations: inout Expectations) throws {
        print("looking back")
        expectations.expect("the audit log has it all", try program.run("audit", tenant), code: 0) { json in
            let entries = json["result"]["entries"].list
            let operations = Set(entries.compactMap { $0["operation"].text })
            return operations.isSuperset(of: ["start", "pause", "resume", "cutover", "rollback"])
                && entries.contains { $0["actor"].text == "check" && $0["reason"].text == "check" }
        }
        expectations.expect("the diagnosis finds nothing wrong", try program.run("diagnose"), code: 0) {
            $0["result"]["diagnoses"].list.count == 3
        }
    }

    private func follow(_ id: String) throws -> Program.Result {
        try program.run("watch", [id, "--until", "dual_write", "--timeout", "120", "--every", "0.1"])
    }
}
