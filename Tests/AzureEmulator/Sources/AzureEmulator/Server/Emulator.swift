import Synchronization

/// The whole emulator: four services, and the hooks under `/_emulator/` that each of their listeners serves.
package final class Emulator: Sendable {
    package let environment: Environment
    package let services: [any Service]
    private let faults = Faults()
    private let recorder = Recorder()

    package init(accounts: Accounts = Accounts()) {
        let rules = Rules(
            names: CosmosService.ruleNames + BlobService.ruleNames + TableService.ruleNames
                + IdentityService.ruleNames
        )
        environment = Environment(clock: Clock(), rules: rules, accounts: accounts)
        services = [
            CosmosService(environment), BlobService(environment), TableService(environment),
            IdentityService(environment),
        ]
    }

    /// Answers a request that came to the listener of a service.
    package func answer(_ request: Request, at service: any Service) async -> Response {
        if request.rawPath == "/_emulator" || request.rawPath.hasPrefix("/_emulator/") {
            return control(request)
        }
        let effects = faults.effects(on: request, service: service.name)
        for effect in effects where effect.delayMilliseconds > 0 {
            try? await Task.sleep(for: .milliseconds(effect.delayMilliseconds))
        }
        if effects.contains(where: \.resetsBefore) {
            var response = Response(503)
            response.delivery = .reset
            recorder.record(request, service: service.name, status: 0)
            return response
        }
        var response: Response
        if let effect = effects.first(where: { $0.status != nil && !$0.applies }) {
            response = Response(503)
            replace(&response, by: effect)
        } else {
            response = await service.answer(request)
            if let effect = effects.first(where: \.applies) { replace(&response, by: effect) }
        }
        for effect in effects {
            if let delivery = effect.delivery { response.delivery = delivery }
            if effect.resetsAfter { response.delivery = .reset }
        }
        recorder.record(request, service: service.name, status: response.delivery == .reset ? 0 : response.status)
        return response
    }

    private func replace(_ response: inout Response, by effect: Faults.Effect) {
        response = Response(effect.status ?? response.status, headers: [], text: effect.body ?? "")
        for field in effect.headers { response.set(field.name, field.value) }
        if response.header("Content-Type") == nil, let body = effect.body {
            response.set("Content-Type", body.hasPrefix("<") ? "application/xml" : "application/json")
        }
    }

    /// The hooks of tests: `/_emulator/{clock,rules,faults,reset,requests,SERVICE}`.
    private func control(_ request: Request) -> Response {
        let path = Array(request.segments.dropFirst())
        switch (request.method, path.first ?? "", path.count) {
        case ("POST", "reset", 1):
            reset()
            return Response(204)
        case ("GET", "clock", 1): return clockAnswer()
        case ("PUT", "clock", 1), ("POST", "clock", 1): return setClock(request)
        case ("GET", "rules", 1): return Response(200, json: environment.rules.listing)
        case ("DELETE", "rules", 1):
            environment.rules.restoreAll()
            return Response(204)
        case ("PUT", "rules", 2): return Response(environment.rules.breakRule(path[1]) ? 204 : 404)
        case ("DELETE", "rules", 2): return Response(environment.rules.restore(path[1]) ? 204 : 404)
        case ("GET", "faults", 1): return Response(200, json: faults.listing)
        case ("POST", "faults", 1): return setFaults(request)
        case ("DELETE", "faults", 1):
            faults.clear()
            return Response(204)
        case ("GET", "requests", 1):
            return Response(200, json: recorder.listing(service: request.parameter("service")))
        case ("DELETE", "requests", 1):
            recorder.clear()
            return Response(204)
        default:
            let service = services.first { $0.name == path.first }
            return service?.control(Array(path.dropFirst()), request)
                ?? Response(404, json: ["error": "there is no such hook"])
        }
    }

    /// Everything as at the start: no data, no faults, all rules kept, the machine's time.
    package func reset() {
        for service in services { service.reset() }
        faults.clear()
        recorder.clear()
        environment.rules.restoreAll()
        environment.clock.offsetSeconds = 0
    }

    private func clockAnswer() -> Response {
        Response(
            200,
            json: [
                "offsetSeconds": .number(String(environment.clock.offsetSeconds)),
                "now": .string(environment.clock.now.iso8601()),
            ]
        )
    }

    /// `{"offsetSeconds": s}` sets the distance from the machine's time, `{"advanceSeconds": s}` adds to it.
    private func setClock(_ request: Request) -> Response {
        guard let json = JSON(parsing: request.body) else { return Response(400) }
        if let offset = json["offsetSeconds"]?.double {
            environment.clock.offsetSeconds = offset
        } else if let seconds = json["advanceSeconds"]?.double {
            environment.clock.advance(seconds: seconds)
        } else {
            return Response(400)
        }
        return clockAnswer()
    }

    private func setFaults(_ request: Request) -> Response {
        guard let list = JSON(parsing: request.body)?.array else { return Response(400) }
        var new: [Faults.Fault] = []
        for element in list {
            guard let fault = Faults.Fault(element) else {
                return Response(400, json: ["error": .string("not a fault: " + element.text)])
            }
            new.append(fault)
        }
        faults.add(new)
        return Response(204)
    }
}
