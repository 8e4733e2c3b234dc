/// The service's versions of blobs: `"0x8DE95B904218744"` in fields, and without the quotes in listings.
enum BlobTag {
    /// The form that fields have, which is the one that stores give out.
    static func quoted(_ text: String) -> String {
        text.utf8.first == UInt8(ascii: "\"") ? text : "\"\(text)\""
    }

    /// Whether a text can be a version at all. Another one is no condition that the service could be asked about: it
    /// holds for no blob.
    static func isPossible(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (3...128).contains(bytes.count), bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"")
        else {
            return false
        }
        return bytes.dropFirst().dropLast().allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
