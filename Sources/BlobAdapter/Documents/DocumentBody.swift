internal import CutoverAzureTransport
internal import MigrationCore

/// How a document lies in a blob: as canonical Extended JSON, which every tool can read.
///
/// The few documents that this JSON cannot hold exactly are carried as BSON in one marked field; so is a document that
/// has this field itself, so that nothing is ever mistaken for the other.
enum DocumentBody {
    /// The field that marks BSON.
    static let mark = "$cutover.bson"
    static let contentType = "application/json"
    /// JSON is longer than the BSON that it stands for: at most about eight times, for arrays of small integers in a
    /// document of that size.
    static let maximumBytes = 256 << 20

    static func bytes(of document: Document) -> [UInt8] {
        var bytes: [UInt8] = []
        if !document.contains(mark), (try? ExtendedJSON.writeExactly(document, into: &bytes)) != nil { return bytes }
        bytes = []
        let wrapper: Document = [mark: .binary(Binary(bytes: document.bson))]
        ExtendedJSON.write(wrapper, mode: .canonical, into: &bytes)
        return bytes
    }

    /// The request that writes a document, but for its condition.
    static func call(_ document: Document, named name: String) -> BlobGateway.Call {
        let bytes = Self.bytes(of: document)
        return BlobGateway.Call(
            operation: "put_blob",
            method: .put,
            blob: name,
            headers: [
                "x-ms-blob-type": "BlockBlob", "Content-Type": contentType,
                "Content-MD5": ContentMD5.headerValue(of: bytes),
            ],
            body: .bytes(bytes)
        )
    }

    static func document(_ bytes: [UInt8]) throws(DocumentError) -> Document {
        var limits = DocumentLimits.default
        limits.maximumBytes += 1_024
        let document = try ExtendedJSON.parse(bytes, limits: limits)
        guard document.contains(mark) else {
            guard document.byteCount <= DocumentLimits.default.maximumBytes else {
                throw DocumentError(.tooLarge, "The document is larger than the limit.")
            }
            return document
        }
        guard case .binary(let binary)? = document[mark], document.count == 1 else {
            throw DocumentError(.invalidValue, "The field that marks BSON holds no BSON, or is not alone.")
        }
        return try Document(bson: binary.bytes)
    }
}
