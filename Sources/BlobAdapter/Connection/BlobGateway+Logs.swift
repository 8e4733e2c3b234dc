internal import CutoverAzureTransport
internal import MigrationCore

extension BlobGateway {
    /// What a range of a blob holds.
    enum RangeAnswer: Sendable {
        case bytes([UInt8], total: Int64)
        /// The blob ends where the range begins.
        case end
        /// There is no such blob.
        case missing
    }

    /// Reads a range; what is beyond the end of the blob is left out.
    func bytes(_ name: String, from start: Int64, count: Int) async throws(StoreError) -> RangeAnswer {
        let call = Call(
            operation: "read_log",
            method: .get,
            blob: name,
            headers: ["x-ms-range": "bytes=\(start)-\(start + Int64(count) - 1)"],
            answers: [404, 416],
            maximumResponseBytes: count + 1_024
        )
        let response = try await answer(call)
        switch response.status {
        case 404:
            let _: Never? = try Self.missing(response)
            return .missing
        case 416: return .end
        default:
            guard let total = response.headers["Content-Range"]?.split(separator: "/").last.flatMap({ Int64($0) }),
                response.body.count == min(Int64(count), total - start)
            else {
                throw StoreError(
                    .internalInconsistency,
                    "The service gave another range than was asked for; report this."
                )
            }
            return .bytes(response.body, total: total)
        }
    }

    /// How an append ended.
    enum AppendEnd: Sendable {
        case applied
        /// The blob has another length, or is gone; no attempt can have been applied.
        case refused
        /// The block may be there.
        case doubtful(AzureError)
    }

    /// Appends one block, where the blob has this length; at whatever length for nil.
    func append(_ bytes: [UInt8], to name: String, at length: Int64?) async throws(StoreError) -> AppendEnd {
        var call = Call(
            operation: "append_block",
            method: .put,
            blob: name,
            query: [("comp", "appendblock")],
            headers: ["Content-Type": "application/octet-stream", "Content-MD5": ContentMD5.headerValue(of: bytes)],
            body: .bytes(bytes),
            // With the condition it can succeed once only; without it, it is a fence, which may come twice.
            effect: .repeatableWrite,
            answers: [404, 412]
        )
        if let length { call.headers["x-ms-blob-condition-appendpos"] = "\(length)" }
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(call)
        } catch  where error.kind == .outcomeUnknown {
            return .doubtful(error)
        } catch {
            throw error.storeError()
        }
        guard call.answers.contains(answer.response.status) else { return .applied }
        if answer.mayHaveBeenApplied { return .doubtful(AzureError(.outcomeUnknown, service: .blob)) }
        switch Self.code(of: answer) {
        case "AppendPositionConditionNotMet", "BlobNotFound": return .refused
        case "ContainerNotFound": throw Self.containerIsGone()
        default:
            throw StoreError(.busy, "Somebody holds a lease on the log, or has sealed it; release it and try again.")
        }
    }

    /// Creates an append blob; one that is there already stays as it is.
    func createLog(_ name: String) async throws(StoreError) {
        let call = Call(
            operation: "create_log",
            method: .put,
            blob: name,
            headers: [
                "x-ms-blob-type": "AppendBlob", "If-None-Match": "*", "Content-Type": "application/octet-stream",
            ],
            effect: .repeatableWrite,
            answers: [409, 412]
        )
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) { answer = try await send(call) } catch { throw error.storeError() }
        guard ![409, 412].contains(answer.response.status) || Self.code(of: answer) == "BlobAlreadyExists" else {
            throw StoreError(
                .busy,
                "The service refused to create a segment of a log because of something that passes."
            )
        }
    }
}
