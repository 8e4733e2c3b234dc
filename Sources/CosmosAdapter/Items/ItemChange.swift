internal import CutoverAzureTransport
internal import MigrationCore

/// One change of an item, alone, in a transaction or in a bulk request.
struct ItemChange: Sendable {
    enum Kind: Sendable {
        /// Whatever is there.
        case upsert
        case insert
        /// Only over the item that is there, whichever version it has.
        case replace
        case replaceVersion(String)
        case delete
        case deleteVersion(String)
    }

    var kind: Kind
    /// The id of the item.
    var id: String
    /// The value of the header that names its partition key.
    var partition: String
    /// The item as it is written; nil for a delete.
    var body: [UInt8]?
    /// Tells this write from every other.
    var stamp: String

    var method: HTTPMethod {
        switch kind {
        case .upsert, .insert: .post
        case .replace, .replaceVersion: .put
        case .delete, .deleteVersion: .delete
        }
    }

    /// Whether the URL names the item, and not only the container.
    var namesItem: Bool {
        switch kind {
        case .upsert, .insert: false
        case .replace, .replaceVersion, .delete, .deleteVersion: true
        }
    }

    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["x-ms-documentdb-partitionkey": partition, "prefer": "return=minimal"]
        switch kind {
        case .upsert: headers["x-ms-documentdb-is-upsert"] = "True"
        case .replaceVersion(let tag), .deleteVersion(let tag): headers["If-Match"] = tag
        case .insert, .replace, .delete: break
        }
        return headers
    }

    /// A change of a version can be sent again, since that version is never there a second time. Another one could meet what
    /// was written meanwhile: an item can be absent twice, and an insert would bring back what another writer has deleted.
    var effect: RequestEffect {
        switch kind {
        case .replaceVersion, .deleteVersion: .repeatableWrite
        case .insert, .upsert, .replace, .delete: .write
        }
    }

    /// The change as an operation of a batch.
    ///
    /// - Parameter isBulk: names the partition key, which a transaction has once for all its operations.
    func operation(isBulk: Bool) -> [UInt8] {
        var json = Array("{\"operationType\":\"\(name)\"".utf8)
        if namesItem { json += ",\"id\":\(Self.quoted(id))".utf8 }
        switch kind {
        case .replaceVersion(let tag), .deleteVersion(let tag): json += ",\"ifMatch\":\(Self.quoted(tag))".utf8
        case .upsert, .insert, .replace, .delete: break
        }
        if isBulk { json += ",\"partitionKey\":\(Self.quoted(partition)),\"minimalReturnPreference\":true".utf8 }
        if let body { json += Array(",\"resourceBody\":".utf8) + body }
        json.append(UInt8(ascii: "}"))
        return json
    }

    private var name: String {
        switch kind {
        case .upsert: "Upsert"
        case .insert: "Create"
        case .replace, .replaceVersion: "Replace"
        case .delete, .deleteVersion: "Delete"
        }
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        ExtendedJSON.writeValue(.string(text), mode: .relaxed, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What one operation of a batch came to.
struct OperationResult: Sendable {
    var status: Int
    var substatus: Int
    var etag: String?

    /// Reads the results of a batch; nil for what are none.
    static func all(_ body: [UInt8]) -> [OperationResult]? {
        let wrapped = Array("{\"results\":".utf8) + body + Array("}".utf8)
        guard let elements = PageSlices.elements(wrapped, of: "results") else { return nil }
        var results: [OperationResult] = []
        for element in elements {
            guard let document = try? ExtendedJSON.parse(Array(element)),
                case .int32(let status)? = document["statusCode"]
            else { return nil }
            var result = OperationResult(status: Int(status), substatus: 0, etag: nil)
            if case .int32(let number)? = document["subStatusCode"] { result.substatus = Int(number) }
            if case .string(let tag)? = document["eTag"] { result.etag = tag }
            results.append(result)
        }
        return results
    }
}
