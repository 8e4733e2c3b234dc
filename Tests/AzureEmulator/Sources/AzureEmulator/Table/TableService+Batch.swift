import Synchronization

/// Entity-group transactions: all changes of a batch or none of them.
extension TableService {
    /// A change of a batch that failed, by its place.
    private struct Failure: Error {
        var index: Int
        var error: StorageError
    }

    func batch(_ call: TableCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        let invalid = StorageError(400, "InvalidInput", "One of the request inputs is not valid.")
        guard request.body.count <= 4 << 20 || !rules.holds("table.limits") else {
            throw StorageError(
                413,
                "RequestBodyTooLarge",
                "The request body is too large and exceeds the maximum permissible limit."
            )
        }
        guard let boundary = Multipart.boundary(request.header("Content-Type")),
            let outer = Multipart.parts(request.body, boundary: boundary), outer.count == 1,
            let inner = Multipart.boundary(outer[0].header("Content-Type")),
            let parts = Multipart.parts(outer[0].body, boundary: inner), !parts.isEmpty
        else { throw invalid }
        var operations: [Request] = []
        for part in parts {
            guard var operation = Multipart.request(part, isSecure: request.isSecure) else { throw invalid }
            operation.headers.append(Field("Host", request.header("Host") ?? "127.0.0.1"))
            operations.append(operation)
        }
        var answers: [(Int?, Response)] = []
        do {
            let responses = try transact(operations, call, grant)
            answers = responses.enumerated().map { ($0.offset, $0.element) }
        } catch {
            var failure = error.error
            if rules.holds("table.batch-index") { failure.message = "\(error.index):" + failure.message }
            answers = [(error.index, Self.response(failure))]
        }
        return Self.answer(answers, parts)
    }

    private func transact(
        _ operations: [Request],
        _ call: TableCall,
        _ grant: StorageGrant
    ) throws(Failure) -> [Response] {
        let invalid = StorageError(
            400,
            "InvalidInput",
            "The batch request operation exceeds the maximum 100 changes per change set."
        )
        if operations.count > 100, rules.holds("table.batch-limit") { throw Failure(index: 99, error: invalid) }
        var changes: [TableChange] = []
        for (index, operation) in operations.enumerated() {
            do throws(StorageError) {
                let inner = try TableCall(operation, account: environment.accounts.storageName)
                let change = try TableChange(inner, grant, rules)
                if grant.permissions != nil, let table = call.request.parameter("tn"),
                    !table.equalsIgnoringCase(change.table)
                {
                    throw .noPermission
                }
                changes.append(change)
            } catch {
                throw Failure(index: index, error: error)
            }
        }
        try checkPlaces(changes)
        return try state.withLock { state throws(Failure) -> [Response] in
            // A copy shares its storage with the original until something changes.
            var copy = state
            var responses: [Response] = []
            for (index, change) in changes.enumerated() {
                do throws(StorageError) {
                    responses.append(try self.apply(change, to: &copy))
                } catch {
                    if !self.rules.holds("table.batch-atomic") { state = copy }
                    throw Failure(index: index, error: error)
                }
            }
            state = copy
            return responses
        }
    }

    /// One partition of one table, and each row once.
    private func checkPlaces(_ changes: [TableChange]) throws(Failure) {
        var seen: Set<TableKey> = []
        for (index, change) in changes.enumerated() {
            let isElsewhere =
                change.key.partition != changes[0].key.partition || !change.table.equalsIgnoringCase(changes[0].table)
            if isElsewhere, rules.holds("table.batch-one-partition") {
                throw Failure(
                    index: index,
                    error: StorageError(
                        400,
                        "CommandsInBatchActOnDifferentPartitions",
                        "All commands in a batch must operate on same entity group."
                    )
                )
            }
            if !seen.insert(change.key).inserted, rules.holds("table.batch-duplicates") {
                throw Failure(
                    index: index,
                    error: StorageError(
                        400,
                        "InvalidDuplicateRow",
                        "The batch request contains multiple changes with same row key. An entity can appear only once in a "
                            + "batch request."
                    )
                )
            }
        }
    }

    private static func answer(_ answers: [(Int?, Response)], _ parts: [Multipart.Part]) -> Response {
        let outer = "batchresponse_" + randomIdentifier()
        let inner = "changesetresponse_" + randomIdentifier()
        var body = "--\(outer)\r\nContent-Type: multipart/mixed; boundary=\(inner)\r\n\r\n"
        for (index, response) in answers {
            body += "--\(inner)\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            if let index, let identifier = parts[index].header("Content-ID") { body += "Content-ID: \(identifier)\r\n" }
            var response = response
            response.headers += [Field("X-Content-Type-Options", "nosniff"), Field("Cache-Control", "no-cache")]
            response.headers.append(Field("DataServiceVersion", "3.0;"))
            body += "\r\n" + Multipart.write(response) + "\r\n"
        }
        body += "--\(inner)--\r\n--\(outer)--\r\n"
        return Response(202, headers: [Field("Content-Type", "multipart/mixed; boundary=\(outer)")], text: body)
    }
}
