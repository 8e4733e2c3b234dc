import Synchronization

/// What tests may set and see at `/_emulator/cosmos/`.
extension CosmosService {
    package func control(_ path: [String], _ request: Request) -> Response? {
        switch (request.method, path) {
        case ("PUT", ["settings"]):
            guard let members = JSON(parsing: request.body)?.members else { return Response(400) }
            return state.withLock { state in
                for member in members where !state.settings.set(member.name, member.value) {
                    return Response(400, json: ["error": .string("not a setting: \(member.name)")])
                }
                return Response(204)
            }
        case ("GET", ["charge"]):
            return Response(200, json: ["charge": .number(Self.charge(state.withLock { $0.charged }))])
        case ("GET", ["container"]):
            return onContainer(request.parameter("database"), request.parameter("container")) { container in
                Response(
                    200,
                    json: [
                        "documents": .integer(container.items.count), "lsn": .integer(container.lsn),
                        "throttled": .integer(container.throttled),
                        "ranges": .array(container.ranges.map { .string($0.id) }),
                    ]
                )
            }
        case ("POST", ["split"]):
            guard let json = JSON(parsing: request.body), let range = json["range"]?.string else {
                return Response(400)
            }
            return onContainer(json["database"]?.string, json["container"]?.string) { container in
                Response(container.split(range, at: json["at"]?.string) ? 204 : 409)
            }
        case ("POST", ["merge"]):
            guard let json = JSON(parsing: request.body), let ranges = json["ranges"]?.array, ranges.count == 2,
                let first = ranges[0].string, let second = ranges[1].string
            else { return Response(400) }
            return onContainer(json["database"]?.string, json["container"]?.string) { container in
                Response(container.merge(first, second) ? 204 : 409)
            }
        default: return nil
        }
    }

    private func onContainer(_ database: String?, _ id: String?, _ body: (CosmosContainer) -> Response) -> Response {
        state.withLock { state in
            guard let container = try? state.container(database ?? "", id ?? "") else { return Response(404) }
            return body(container)
        }
    }
}
