import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("The content of document blobs")
struct DocumentBodyTests {
    @Test("a document is canonical Extended JSON")
    func json() throws {
        let bytes = DocumentBody.bytes(of: ["a": .int64(7), "b": "x"])
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":{"$numberLong":"7"},"b":"x"}"#)
    }

    @Test("what JSON cannot hold exactly, and what looks like its carrier, comes back byte for byte")
    func carried() throws {
        let payload = Double(bitPattern: 0x7FF8_0000_0000_0001)
        let documents: [Document] = [
            ["a": .double(payload)], ["a": .document(["$date": 1, "x": 2])], [DocumentBody.mark: 1],
            [DocumentBody.mark: 1, "x": 2],
            [DocumentBody.mark: .binary(Binary(bytes: [1]))], [:],
        ]
        for document in documents {
            let bytes = DocumentBody.bytes(of: document)
            #expect(try DocumentBody.document(bytes).bson == document.bson)
        }
    }

    @Test(
        "what is no document is an error",
        arguments: [
            "", "[]", "{", #"{"$cutover.bson":1}"#, #"{"$cutover.bson":{"$binary":{"base64":"AQ==","subType":"00"}}}"#,
            #"{"$cutover.bson":{"$binary":{"base64":"BQAAAAA=","subType":"00"}},"x":1}"#,
        ]
    )
    func damaged(_ text: String) {
        #expect(throws: DocumentError.self) { try DocumentBody.document(Array(text.utf8)) }
    }
}
