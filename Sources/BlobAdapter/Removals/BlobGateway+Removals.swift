internal import CutoverAzureTransport
internal import MigrationCore

extension BlobGateway {
    /// Removes up to ``RemovalBatch/maximumCount`` blobs with one request; outcomes are in the order of the removals.
    ///
    /// - Throws: when nothing was removed.
    func remove(
        _ blobs: [(name: String, tag: ETag?)],
        boundary: String,
        store: StoreID
    ) async throws(StoreError) -> [WriteOutcome] {
        var requests: [HTTPRequest] = []
        for blob in blobs {
            var call = Call(operation: "delete_blob", method: .delete, blob: blob.name)
            if let tag = blob.tag { call.headers["If-Match"] = tag.text }
            let request = azureCall(call).request
            do throws(AzureError) { requests.append(try await signed(request)) } catch { throw error.storeError() }
        }
        let call = Call(
            operation: "delete_blobs",
            method: .post,
            query: [("restype", "container"), ("comp", "batch")],
            headers: ["Content-Type": "multipart/mixed; boundary=\(boundary)"],
            body: .bytes(RemovalBatch.body(requests, boundary: boundary)),
            // A version can be removed once only; whatever lies under a name could be what was written meanwhile.
            effect: blobs.allSatisfy { $0.tag != nil } ? .repeatableWrite : .write,
            maximumResponseBytes: 4 << 20
        )
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(call)
        } catch  where error.kind == .outcomeUnknown {
            let doubt = error.storeError().from(store)
            return blobs.map { _ in .unknown(doubt) }
        } catch {
            throw error.storeError()
        }
        let doubt = AzureError(.outcomeUnknown, service: .blob).storeError().from(store)
        switch RemovalBatch.answer(answer.response, count: blobs.count) {
        case nil: return blobs.map { _ in .unknown(doubt) }
        case .refused(let refusal)?: throw failure(refusal).storeError()
        case .parts(let parts)?:
            var outcomes: [WriteOutcome] = []
            for (blob, part) in zip(blobs, parts) {
                guard let part else {
                    outcomes.append(.unknown(doubt))
                    continue
                }
                outcomes.append(await outcome(of: part, blob.name, answer.mayHaveBeenApplied ? doubt : nil, store))
            }
            return outcomes
        }
    }

    /// - Parameter doubt: what is known when a refusal may be the work of an earlier attempt; nil when there was none.
    private func outcome(
        of part: HTTPResponse,
        _ name: String,
        _ doubt: StoreError?,
        _ store: StoreID
    ) async -> WriteOutcome {
        if part.isSuccess { return .applied(nil) }
        let failure = failure(part)
        switch (part.status, failure.errorCode ?? "") {
        case (404, "BlobNotFound"), (412, "ConditionNotMet"):
            if let doubt { return .unknown(doubt) }
            guard part.status == 412 else { return .rejected(.notFound) }
            let mismatch = try? await self.mismatch(name)
            return mismatch ?? .rejected(.etagMismatch(current: nil))
        case (404, let code), (412, let code): return .rejected(.invalid(Self.refusal(code).from(store)))
        case (503, _): return .rejected(.invalid(failure.storeError().from(store)))
        case (500..., _): return .unknown(doubt ?? AzureError(.outcomeUnknown, service: .blob).storeError().from(store))
        default: return .rejected(.invalid(failure.storeError().from(store)))
        }
    }

    private func failure(_ part: HTTPResponse) -> AzureError {
        var error = AzureError(part.status == 503 ? .exhausted(.throttled) : .refused, service: .blob)
        error.answer = part
        error.facts = AnswerFacts(part, now: .now())
        return error
    }
}
