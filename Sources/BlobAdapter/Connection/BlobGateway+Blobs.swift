internal import CutoverAzureTransport
internal import MigrationCore

extension BlobGateway {
    /// The field that tells one write from every other.
    static let stampField = "x-ms-meta-cutoverwrite"

    /// The bytes of a blob and its version; nil when there is none.
    func content(_ name: String, _ collection: CollectionName) async throws(StoreError) -> ([UInt8], ETag)? {
        let call = Call(
            operation: "get_blob",
            method: .get,
            blob: name,
            answers: [404],
            maximumResponseBytes: DocumentBody.maximumBytes
        )
        let response = try await answer(call, collection)
        guard response.status != 404 else { return try Self.missing(response, collection) }
        return (response.body, try Self.tag(of: response, collection))
    }

    /// The version of a blob and the mark of its last write; nil when there is none.
    func properties(
        _ name: String,
        _ collection: CollectionName?
    ) async throws(StoreError) -> (tag: ETag, stamp: String?)? {
        guard let response = try await head(name, collection) else { return nil }
        return (try Self.tag(of: response, collection), response.headers[Self.stampField])
    }

    /// The fields that describe a blob; nil when there is none.
    func head(_ name: String, _ collection: CollectionName? = nil) async throws(StoreError) -> HTTPResponse? {
        let call = Call(operation: "get_blob_properties", method: .head, blob: name, answers: [404])
        let response = try await answer(call, collection)
        guard response.status != 404 else { return try Self.missing(response, collection) }
        return response
    }

    static func tag(of response: HTTPResponse, _ collection: CollectionName? = nil) throws(StoreError) -> ETag {
        guard let text = response.headers["ETag"] else {
            throw StoreError(
                .internalInconsistency,
                "The service did not tell a blob's version; a proxy may have removed it.",
                context: .init(collection: collection)
            )
        }
        return ETag(BlobTag.quoted(text))
    }

    /// No blob is an answer; no container is none: it was deleted under the store.
    static func missing<Value>(
        _ response: HTTPResponse,
        _ collection: CollectionName? = nil
    ) throws(StoreError) -> Value? {
        guard response.headers["x-ms-error-code"] == "ContainerNotFound" else { return nil }
        throw containerIsGone(collection)
    }

    static func containerIsGone(_ collection: CollectionName? = nil) -> StoreError {
        StoreError(
            .collectionNotFound,
            "The container of the store was deleted; restore it, or connect to another one.",
            context: .init(collection: collection)
        )
    }
}
