internal import CutoverAzureTransport

/// One page of a listing, as its XML says.
struct BlobListing: Sendable {
    /// A blob in it.
    struct Entry: Sendable, Equatable {
        var name: String
        /// Its version, in quotes.
        var etag: String
        var byteCount = 0
        /// What it holds, as a media type.
        var type = ""
        /// The stored checksum, in Base64.
        var md5: String?
        /// Its metadata by lower-case name, where it was asked for.
        var metadata: [String: String] = [:]
    }

    var entries: [Entry] = []
    /// Where the next page begins; nil at the end. A page may be empty and still have one.
    var marker: String?

    /// Reads an answer.
    init(_ bytes: [UInt8]) throws(XMLError) {
        var reader = try XMLReader(bytes)
        _ = try reader.openRoot()
        while let name = try reader.nextChild() {
            switch name {
            case "Blobs":
                while let kind = try reader.nextChild() {
                    if kind == "Blob" { entries.append(try Self.entry(&reader)) } else { try reader.skip() }
                }
            case "NextMarker":
                let text = try reader.text()
                marker = text.isEmpty ? nil : text
            default: try reader.skip()
            }
        }
        try reader.finish()
    }

    private static func entry(_ reader: inout XMLReader) throws(XMLError) -> Entry {
        var entry = Entry(name: "", etag: "")
        while let name = try reader.nextChild() {
            switch name {
            case "Name":
                // What XML cannot hold comes percent-encoded.
                let isEncoded = reader.attributes["Encoded"]?.lowercased() == "true"
                let text = try reader.text()
                entry.name = isEncoded ? HTTPURL.percentDecoded(text) ?? text : text
            case "Properties":
                while let property = try reader.nextChild() {
                    switch property {
                    case "Etag": entry.etag = BlobTag.quoted(try reader.text())
                    case "Content-Length": entry.byteCount = Int(try reader.text()) ?? 0
                    case "Content-Type": entry.type = try reader.text()
                    case "Content-MD5": entry.md5 = try reader.text()
                    default: try reader.skip()
                    }
                }
            case "Metadata":
                while let key = try reader.nextChild() { entry.metadata[key.lowercased()] = try reader.text() }
            default: try reader.skip()
            }
        }
        return entry
    }
}
