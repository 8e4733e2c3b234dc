/// A document as it is stored: its body with the system's properties, and where it lies.
struct CosmosItem: Sendable {
    /// The order in which documents were first written: where a page of a query goes on.
    let serial: Int
    let id: ByteString
    let key: [KeyComponent]
    let place: String
    let body: JSON
    let bytes: [UInt8]
    let etag: String
    let lsn: Int
    /// Seconds since 1970 by the services' clock, as in `_ts`.
    let written: Int64
}

/// One change for the feed of all versions and deletes.
struct CosmosChange: Sendable {
    let lsn: Int
    let place: String
    let id: ByteString
    let key: [KeyComponent]
    let time: Int64
    let current: JSON?
    let previous: JSON?
    let previousLSN: Int
    let isExpiry: Bool

    /// The change as the feed shows it; `paths` are those of the container's key.
    func json(_ paths: [[String]]) -> JSON {
        let operation = current == nil ? "delete" : previous == nil ? "create" : "replace"
        var metadata: JSON = [
            "operationType": .string(operation), "lsn": .integer(lsn), "crts": .integer(Int(time)),
        ]
        if previous != nil { metadata["previousImageLSN"] = .integer(previousLSN) }
        if current == nil {
            metadata["id"] = .string(id.text)
            metadata["partitionKey"] = .object(
                zip(paths, key).map { JSON.Member($0.0.joined(separator: "/"), $0.1.json) }
            )
            if isExpiry { metadata["timeToLiveExpired"] = true }
        }
        var json: JSON = ["metadata": metadata]
        json["current"] = current ?? .object([])
        if let previous, current == nil || operation == "replace" { json["previous"] = previous }
        return json
    }
}

/// The identifiers that the system gives: bytes in Base64 with `/` written as `-`.
enum CosmosRid {
    static func database(_ number: UInt32) -> String { text(bytes(number)) }

    static func container(database: UInt32, number: UInt32) -> String {
        text(bytes(database) + bytes(number | 0x8000_0000))
    }

    static func document(database: UInt32, container: UInt32, serial: Int) -> String {
        text(
            bytes(database) + bytes(container | 0x8000_0000) + bytes(UInt32(truncatingIfNeeded: serial >> 32))
                + bytes(UInt32(truncatingIfNeeded: serial))
        )
    }

    /// Offers have identifiers of three bytes.
    static func offer(_ number: UInt32) -> String { text(Array(bytes(number | 0x0040_0000).dropFirst())) }

    private static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }

    private static func text(_ bytes: [UInt8]) -> String { Base64.encode(bytes).replacing("/", with: "-") }
}
