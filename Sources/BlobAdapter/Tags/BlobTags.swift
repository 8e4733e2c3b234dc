internal import CutoverAzureTransport
public import MigrationCore

/// Up to ten names with texts, by which the service searches for blobs.
///
/// ```swift
/// let tags = try BlobTags(["kind": "offer", "year": "2026"])
/// ```
public struct BlobTags: Sendable, Hashable {
    /// The texts by their names.
    public let values: [String: String]

    /// The service's limit.
    static let maximumCount = 10

    /// No tags.
    public init() { values = [:] }

    /// Takes names and texts of ASCII letters, digits, spaces and `+-./:=_`: names of 1 to 128, texts of up to 256 characters.
    ///
    /// - Throws: `invalidArgument` for what the service would refuse.
    public init(_ values: [String: String]) throws(StoreError) {
        let areTaken = values.allSatisfy { name, value in
            (1...128).contains(name.utf8.count) && value.utf8.count <= 256 && Self.isTaken(name) && Self.isTaken(value)
        }
        guard areTaken, values.count <= Self.maximumCount else {
            throw StoreError(
                .invalidArgument,
                "A blob has up to 10 tags: names of 1 to 128 and texts of up to 256 ASCII letters, digits, spaces and +-./:=_."
            )
        }
        self.values = values
    }

    /// Whether there are none.
    public var isEmpty: Bool { values.isEmpty }

    private static func isTaken(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: " +-./:=_".utf8.contains(byte)
            }
        }
    }

    private var pairs: [(key: String, value: String)] { values.sorted { $0.key < $1.key } }

    /// The form of the field `x-ms-tags`.
    var field: String {
        pairs.map { HTTPURL.percentEncoded($0.key) + "=" + HTTPURL.percentEncoded($0.value) }.joined(separator: "&")
    }

    /// The body of a request that sets them. What XML would have to escape is no character of a tag.
    var xml: String {
        let tags = pairs.map { "<Tag><Key>\($0.key)</Key><Value>\($0.value)</Value></Tag>" }
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?><Tags><TagSet>\(tags.joined())</TagSet></Tags>"
    }

    /// The search for blobs that have all of them. A quote is no character of a tag.
    var search: String { pairs.map { "\"\($0.key)\"='\($0.value)'" }.joined(separator: " AND ") }

    /// Reads the service's form.
    init(xml bytes: [UInt8]) throws(XMLError) {
        var reader = try XMLReader(bytes)
        _ = try reader.openRoot()
        var values: [String: String] = [:]
        while let set = try reader.nextChild() {
            guard set == "TagSet" else {
                try reader.skip()
                continue
            }
            while let tag = try reader.nextChild() {
                guard tag == "Tag" else {
                    try reader.skip()
                    continue
                }
                var (key, value) = ("", "")
                while let part = try reader.nextChild() {
                    switch part {
                    case "Key": key = try reader.text()
                    case "Value": value = try reader.text()
                    default: try reader.skip()
                    }
                }
                values[key] = value
            }
        }
        try reader.finish()
        self.values = values
    }
}
