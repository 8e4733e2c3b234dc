internal import CutoverAzureTransport
public import MigrationCore

extension BlobContentStore {
    /// Acquires the lease of a content that is there; nil while somebody else holds it.
    ///
    /// - Parameters:
    ///   - name: under which name the content lies.
    ///   - duration: how long the lease lasts without a renewal: 15 to 60 whole seconds, or nil for ever.
    /// - Throws: `invalidArgument`, also where there is no content; `invalidKey`, `keyTooLong`; `outcomeUnknown` when a lease may
    ///   have been acquired that nobody knows: it ends by itself, or by ``breakLease(of:within:)``. What else the service answers.
    public func acquireLease(
        of name: String,
        for duration: Duration? = .seconds(60)
    ) async throws(StoreError) -> BlobLease? {
        try await door.enter { () async throws(StoreError) -> BlobLease? in
            let seconds = try BlobLease.seconds(duration)
            // The id is ours, so that a request that is repeated acquires the same lease.
            let id = EventID(from: environment.random).description
            let response = try await lease(
                "acquire",
                name,
                ["x-ms-lease-duration": "\(seconds)", "x-ms-proposed-lease-id": id]
            )
            return response.isSuccess ? BlobLease(name: name, id: id, duration: duration) : nil
        }
    }

    /// Begins the time of a lease anew; false when it is lost, because it was broken, or ended and somebody else wrote or acquired.
    ///
    /// - Throws: `invalidArgument` where there is no content any more; what the service answers.
    public func renew(_ lease: BlobLease) async throws(StoreError) -> Bool {
        try await renew(lease, within: nil)
    }

    /// The same, with less time than the configuration gives a request.
    func renew(_ lease: BlobLease, within deadline: Duration?) async throws(StoreError) -> Bool {
        try await door.enter { () async throws(StoreError) -> Bool in
            try await self.lease("renew", lease.name, ["x-ms-lease-id": lease.id], within: deadline).isSuccess
        }
    }

    /// Ends a lease at once; one that is over already is no error.
    ///
    /// - Throws: what the service answers; the lease then ends by itself.
    public func release(_ lease: BlobLease) async throws(StoreError) {
        try await door.enter { () async throws(StoreError) in
            do throws(StoreError) {
                _ = try await self.lease("release", lease.name, ["x-ms-lease-id": lease.id])
            } catch  where error.code == .invalidArgument {
                // With the content its lease is gone.
            }
        }
    }

    /// Ends somebody's lease, such as that of a process that is gone.
    ///
    /// - Parameters:
    ///   - name: under which name the content lies.
    ///   - patience: how long the lease may go on, up to 60 whole seconds; nil lets it run until its end, and ends one for ever at once.
    /// - Returns: how long nobody else can acquire one; zero also where there was none.
    /// - Throws: `invalidArgument`, also where there is no content; what the service answers.
    public func breakLease(
        of name: String,
        within patience: Duration? = .zero
    ) async throws(StoreError) -> Duration {
        try await door.enter { () async throws(StoreError) -> Duration in
            var headers: HTTPHeaders = [:]
            if let patience {
                guard (.zero ... .seconds(60)).contains(patience), patience.components.attoseconds == 0 else {
                    throw StoreError(.invalidArgument, "A lease is broken within 0 to 60 whole seconds.")
                }
                headers["x-ms-lease-break-period"] = "\(patience.components.seconds)"
            }
            let response = try await lease("break", name, headers)
            return .seconds(response.headers["x-ms-lease-time"].flatMap { Int64($0) } ?? 0)
        }
    }

    /// Carries out an action on a lease; its answer is a success, or 409 where another lease or none is there.
    private func lease(
        _ action: String,
        _ name: String,
        _ headers: HTTPHeaders,
        within deadline: Duration? = nil
    ) async throws(StoreError) -> HTTPResponse {
        var call = BlobGateway.Call(
            operation: "\(action)_lease",
            method: .put,
            blob: try blob(name),
            query: [("comp", "lease")],
            headers: headers,
            // Each action names the lease that it is about, or ends whatever there is.
            effect: .repeatableWrite,
            answers: [404, 409, 412]
        )
        call.headers["x-ms-lease-action"] = action
        call.deadline = deadline
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) { answer = try await gateway.send(call) } catch { throw error.storeError() }
        let code = BlobGateway.code(of: answer)
        if answer.response.isSuccess || code.hasPrefix("Lease") { return answer.response }
        if code == "ContainerNotFound" { throw BlobGateway.containerIsGone() }
        guard answer.response.status != 404 else {
            throw StoreError(.invalidArgument, "There is no content under the name; write it first, then lease it.")
        }
        throw StoreError(.busy, "The service refused the lease because of something that passes; try again.")
    }
}

extension HTTPResponse {
    /// Whether the service did what was asked for.
    var isSuccess: Bool { (200..<300).contains(status) }
}
