internal import CutoverAzureTransport
internal import MigrationCore

extension BlobGateway {
    /// When a blob may be written.
    enum PutCondition: Sendable {
        case always
        case missing
        case version(ETag)
    }

    /// How a write of a blob ended.
    enum PutEnd: Sendable {
        case ended(WriteOutcome)
        /// Its condition did not hold, and no attempt of it can have been applied.
        case refused

        /// The outcome; nil where only the condition is to blame.
        var outcome: WriteOutcome? {
            if case .ended(let outcome) = self { outcome } else { nil }
        }
    }

    /// Sends a write of a blob. Each write carries a mark of its own, by which it is found again when its reply was lost.
    ///
    /// - Parameters:
    ///   - call: the request without condition and mark.
    ///   - store: what errors in outcomes name.
    func write(
        _ call: Call,
        _ condition: PutCondition,
        stamp: String,
        _ collection: CollectionName? = nil,
        store: StoreID
    ) async throws(StoreError) -> PutEnd {
        var call = call
        call.headers[Self.stampField] = stamp
        call.answers = [404, 409, 412]
        // A version is never there a second time, so that a write over one can be sent again. A blob can be absent twice: sent
        // again, an insert would bring back what another writer has deleted.
        call.effect = .write
        switch condition {
        case .always: break
        case .missing: call.headers["If-None-Match"] = "*"
        case .version(let tag):
            call.headers["If-Match"] = tag.text
            call.effect = .repeatableWrite
        }
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(call)
        } catch  where error.kind == .outcomeUnknown {
            return .ended(await resolve(stamp, call.blob ?? "", collection, error.storeError(context), store))
        } catch  where error.errorCode == "InvalidBlockList" {
            throw StoreError(
                .versionConflict,
                "Another writer replaced the content while it was uploaded; write it again.",
                context: context,
                underlying: error
            )
        } catch {
            throw error.storeError(context)
        }
        guard call.answers.contains(answer.response.status) else {
            return .ended(.applied(try Self.tag(of: answer.response, collection)))
        }
        if answer.mayHaveBeenApplied {
            // The refusal may be the work of an earlier attempt of this very write.
            let doubt = AzureError(.outcomeUnknown, service: .blob).storeError(context)
            return .ended(await resolve(stamp, call.blob ?? "", collection, doubt, store))
        }
        switch (condition, Self.code(of: answer)) {
        case (.missing, "BlobAlreadyExists"), (.missing, "ConditionNotMet"), (.version, "ConditionNotMet"),
            (.version, "BlobNotFound"):
            return .refused
        case (.always, "BlobNotFound"): return .refused
        case (_, let code): throw Self.refusal(code, collection)
        }
    }

    /// Looks for a write whose reply was lost. Finding it is conclusive; not finding it is not: another write may have
    /// come on top.
    private func resolve(
        _ stamp: String,
        _ name: String,
        _ collection: CollectionName?,
        _ error: StoreError,
        _ store: StoreID
    ) async -> WriteOutcome {
        guard let current = try? await properties(name, collection), current.stamp == stamp else {
            return .unknown(error.from(store))
        }
        return .applied(current.tag)
    }

    /// Removes a blob. A delete of a version can be repeated; one of whatever is there cannot: it could meet what was
    /// written meanwhile.
    func delete(
        _ name: String,
        ifMatches tag: ETag?,
        _ collection: CollectionName? = nil,
        headers: HTTPHeaders = [:],
        store: StoreID
    ) async throws(StoreError) -> WriteOutcome {
        var call = Call(operation: "delete_blob", method: .delete, blob: name, headers: headers, effect: .write)
        call.answers = [404, 412]
        if let tag {
            guard BlobTag.isPossible(tag.text) else { return try await mismatch(name, collection) }
            call.headers["If-Match"] = tag.text
            call.effect = .repeatableWrite
        }
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(call)
        } catch  where error.kind == .outcomeUnknown {
            return .unknown(error.storeError(context).from(store))
        } catch {
            throw error.storeError(context)
        }
        guard call.answers.contains(answer.response.status) else { return .applied(nil) }
        guard !answer.mayHaveBeenApplied else {
            // An earlier attempt may be what this refusal has met.
            return .unknown(AzureError(.outcomeUnknown, service: .blob).storeError(context).from(store))
        }
        switch (answer.response.status, Self.code(of: answer)) {
        case (404, "ContainerNotFound"): throw Self.containerIsGone(collection)
        case (404, _): return .rejected(.notFound)
        case (_, "ConditionNotMet"): return try await mismatch(name, collection)
        case (_, let code): throw Self.refusal(code, collection)
        }
    }

    /// Why a condition on a version does not hold: there is another one, or none.
    func mismatch(_ name: String, _ collection: CollectionName? = nil) async throws(StoreError) -> WriteOutcome {
        guard let current = try await properties(name, collection) else { return .rejected(.notFound) }
        return .rejected(.etagMismatch(current: current.tag))
    }

    /// Why the service refused a write whose conditions are not to blame.
    static func refusal(_ code: String, _ collection: CollectionName? = nil) -> StoreError {
        switch code {
        case "ContainerNotFound": containerIsGone(collection)
        case "LeaseLost", "LeaseNotPresentWithBlobOperation", "LeaseIdMismatchWithBlobOperation":
            StoreError(
                .versionConflict,
                "The lease that the write names is over, and somebody else may hold another one; acquire it again and read.",
                context: .init(collection: collection)
            )
        default:
            StoreError(
                .busy,
                "Somebody holds a lease on the blob, or it is of another kind; try again once it is free.",
                context: .init(collection: collection)
            )
        }
    }
}
