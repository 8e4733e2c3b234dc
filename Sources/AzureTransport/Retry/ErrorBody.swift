internal import MigrationCore

/// The code in the body of a failure: Cosmos DB's JSON, Table's OData, Entra ID's JSON, or Storage's XML.
///
/// Only the code is taken. Messages name documents and, with a refused signature, hold the string that was signed.
enum ErrorBody {
    /// The code, when the body is one of the four forms and the code looks like one.
    static func code(in body: [UInt8]) -> String? {
        guard !body.isEmpty, body.count <= maximumBytes else { return nil }
        let isXML = body.first { $0 > 0x20 && $0 < 0x80 } == UInt8(ascii: "<")
        guard let code = isXML ? codeOfXML(body) : codeOfJSON(body), isCode(code) else { return nil }
        return code
    }

    /// Larger bodies are no errors of these services.
    private static let maximumBytes = 1 << 20

    private static func codeOfJSON(_ body: [UInt8]) -> String? {
        guard let document = try? Document(json: body) else { return nil }
        for field in ["code", "error"] {
            if case .string(let code)? = document[field] { return code }
        }
        for field in ["odata.error", "error"] {
            if case .document(let error)? = document[field], case .string(let code)? = error["code"] { return code }
        }
        return nil
    }

    private static func codeOfXML(_ body: [UInt8]) -> String? {
        guard var reader = try? XMLReader(body), (try? reader.openRoot()) == "Error" else { return nil }
        while let name = try? reader.nextChild() {
            if name == "Code" { return try? reader.text() }
            guard (try? reader.skip()) != nil else { return nil }
        }
        return nil
    }

    /// A short name of letters, digits and few marks: what a log may show.
    private static func isCode(_ text: String) -> Bool {
        (1...80).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
