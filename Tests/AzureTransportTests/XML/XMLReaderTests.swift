import CutoverAzureTransport
import Testing

@Suite("Storage's XML is read in one pass")
struct XMLReaderTests {
    static let listing = """
        \u{FEFF}<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://a.blob.core.windows.net/" \
        ContainerName="c"><Prefix>dir1/</Prefix><MaxResults>1</MaxResults><Blobs><BlobPrefix><Name>dir1/</Name></BlobPrefix>
        <Blob><Name Encoded="true">a%EF%BF%BE</Name><Properties><Etag>0x8D</Etag><Content-Encoding /></Properties>\
        <Metadata><k>v &amp; &#x77;&#10;</k></Metadata><OrMetadata /></Blob></Blobs><NextMarker>2!72!MDAw</NextMarker>\
        </EnumerationResults>
        """

    @Test("a listing with a byte order mark is walked over, and what is unknown is passed over")
    func walk() throws {
        var reader = try XMLReader(Array(Self.listing.utf8))
        var found: [String] = []
        #expect(try reader.openRoot() == "EnumerationResults")
        #expect(reader.attributes == ["ServiceEndpoint": "https://a.blob.core.windows.net/", "ContainerName": "c"])
        while let part = try reader.nextChild() {
            switch part {
            case "NextMarker": found.append("marker \(try reader.text())")
            case "Blobs":
                while let entry = try reader.nextChild() {
                    while let field = try reader.nextChild() {
                        switch field {
                        case "Name":
                            let isEncoded = reader.attributes["Encoded"] == "true"
                            found.append("\(entry) \(try reader.text()) \(isEncoded)")
                        case "Metadata":
                            while let key = try reader.nextChild() { found.append("\(key)=\(try reader.text())") }
                        default: try reader.skip()
                        }
                    }
                }
            default: try reader.skip()
            }
        }
        try reader.finish()
        #expect(found == ["BlobPrefix dir1/ false", "Blob a%EF%BF%BE true", "k=v & w\n", "marker 2!72!MDAw"])
    }

    @Test("an empty element has no text and no children")
    func empty() throws {
        var reader = try XMLReader(Array("<a><b/><c></c><d x='1' /></a>".utf8))
        _ = try reader.openRoot()
        #expect(try reader.nextChild() == "b")
        #expect(try reader.text() == "")
        #expect(try reader.nextChild() == "c")
        #expect(try reader.nextChild() == nil)
        #expect(try reader.nextChild() == "d")
        #expect(reader.attributes == ["x": "1"])
        try reader.skip()
        #expect(try reader.nextChild() == nil)
        try reader.finish()
    }

    @Test("comments and CDATA are read as XML says")
    func comments() throws {
        var reader = try XMLReader(
            Array("<?xml version='1.0'?><!-- <x> --><a>1<!-- 2 -->3<![CDATA[<&]]></a> <!-- end -->".utf8)
        )
        _ = try reader.openRoot()
        #expect(try reader.text() == "13<&")
        try reader.finish()
    }

    @Test(
        "what these services do not write is refused with its reason",
        arguments: [
            ("", XMLError.Reason.malformed), ("text", .malformed), ("<a>", .unexpectedEnd), ("<a></b>", .mismatchedTag),
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", .malformed), ("<a>&x;</a>", .unknownEntity),
            ("<a>&amp</a>", .unknownEntity), ("<a>&#0;</a>", .unknownEntity), ("<a>&#xD800;</a>", .unknownEntity),
            ("<a></a><b/>", .trailingBytes), ("<a x='1' x='2'/>", .malformed), ("<a x=1/>", .malformed),
            ("<a>t<b/></a>", .unexpectedElement),
            ("<a", .malformed), ("<a>\u{0}", .unexpectedEnd), ("< a/>", .malformed), ("<a x='", .unexpectedEnd),
        ]
    )
    func refused(text: String, reason: XMLError.Reason) {
        let error = #expect(throws: XMLError.self) {
            var reader = try XMLReader(Array(text.utf8))
            _ = try reader.openRoot()
            _ = try reader.text()
            try reader.finish()
        }
        #expect(error?.reason == reason)
    }

    @Test("bytes that are no UTF-8, too many elements within each other, and too large a page are refused")
    func limits() throws {
        #expect(throws: XMLError(.invalidUTF8, at: 8)) {
            var reader = try XMLReader([UInt8]("<a>".utf8) + [0xFF] + [UInt8]("</a>".utf8))
            _ = try reader.openRoot()
            _ = try reader.text()
        }
        let deep = String(repeating: "<a>", count: XMLReader.maximumDepth + 1)
        let error = #expect(throws: XMLError.self) {
            var reader = try XMLReader(Array(deep.utf8))
            _ = try reader.openRoot()
            try reader.skip()
        }
        #expect(error?.reason == .tooDeep)
        #expect(throws: XMLError(.tooLarge, at: 4)) { try XMLReader(Array("<a/>1".utf8), maximumBytes: 4) }
    }

    @Test("every cut of a listing is an error, and none a crash")
    func cuts() {
        let bytes = Array(Self.listing.utf8)
        for count in 0..<bytes.count {
            #expect(throws: XMLError.self) {
                var reader = try XMLReader(Array(bytes[..<count]))
                _ = try reader.openRoot()
                try reader.skip()
                try reader.finish()
            }
        }
    }

    @Test("escaped text comes back as it was")
    func escaped() throws {
        let text = "a<b>&\"'\r\n\u{1F600} é"
        var reader = try XMLReader(Array("<a x=\"\(XMLText.escaped(text))\">\(XMLText.escaped(text))</a>".utf8))
        _ = try reader.openRoot()
        #expect(reader.attributes["x"] == text)
        #expect(try reader.text() == text)
    }
}
