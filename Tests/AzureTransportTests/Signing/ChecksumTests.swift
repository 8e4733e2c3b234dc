import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("Checksums and dates of the protocol")
struct ChecksumTests {
    @Test(
        "CRC-64 is the real service's",
        arguments: [
            ("", "AAAAAAAAAAA="), ("hello", "V0JSBnCFdzM="), ("AAA", "Cc/2Kr4DuKg="), ("BBB", "+3yuPEA7IqE="),
            ("CCC", "VRJmMeosVKY="), ("hello rusty world", "eXe2rRMCB2M="),
        ]
    )
    func crc(text: String, header: String) {
        #expect(CRC64.headerValue(of: Array(text.utf8)) == header)
    }

    @Test("CRC-64 of the check string is that of its definition")
    func check() {
        var crc = CRC64()
        crc.update(Array("123456789".utf8))
        #expect(crc.value == 0xAE8B_1486_0A79_9888)
    }

    @Test("however bytes are divided, both checksums are the same", arguments: [0, 1, 7, 8, 9, 15, 16, 17, 64, 1_000])
    func divided(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 3) }
        for split in stride(from: 0, through: count, by: 3) {
            var crc = CRC64()
            var md5 = ContentMD5()
            for part in [Array(bytes[..<split]), Array(bytes[split...])] {
                crc.update(part)
                md5.update(part)
            }
            #expect(crc.headerValue == CRC64.headerValue(of: bytes))
            #expect(md5.headerValue == ContentMD5.headerValue(of: bytes))
        }
    }

    @Test(
        "MD5 is the official client's",
        arguments: [
            ("", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("hello", "XUFAKrxLKna5cZ2REBfFkg=="),
            ("hello rusty world", "159FK4H4VU6PikfLMjmGoA=="),
        ]
    )
    func md5(text: String, header: String) {
        #expect(ContentMD5.headerValue(of: Array(text.utf8)) == header)
    }

    @Test(
        "dates are written and read in the form of HTTP",
        arguments: [
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            ("2017-04-27T00:51:12Z", "Thu, 27 Apr 2017 00:51:12 GMT"),
            ("2024-02-29T12:00:00Z", "Thu, 29 Feb 2024 12:00:00 GMT"),
            ("2015-06-26T23:39:12Z", "Fri, 26 Jun 2015 23:39:12 GMT"),
            ("2026-11-29T09:08:07Z", "Sun, 29 Nov 2026 09:08:07 GMT"),
            ("9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
            ("0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT"),
        ]
    )
    func dates(rfc3339: String, http: String) throws {
        let time = try #require(WallTime(rfc3339: rfc3339))
        #expect(time.httpDate == http)
        #expect(time.sasTime == rfc3339)
        #expect(WallTime(httpDate: http) == time)
        #expect(time.advanced(by: .milliseconds(999)).httpDate == http)
    }

    @Test(
        "what is no date is not read",
        arguments: [
            "", "Thu, 27 Apr 2017 00:51:12 UTC", "Thu, 31 Apr 2017 00:51:12 GMT", "Foo, 27 Apr 2017 00:51:12 GMT",
            "2017-04-27T00:51:12Z", "Thu, 27 apr 2017 00:51:12 GMT", "Thu  27 Apr 2017 00:51:12 GMT",
        ]
    )
    func noDates(text: String) {
        #expect(WallTime(httpDate: text) == nil)
    }

    @Test("Base64 goes both ways and refuses what is malformed")
    func base64() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8($0 * 13 & 0xFF) }
            #expect(Base64.bytes(Base64.text(bytes)) == bytes)
        }
        for text in ["A", "AA", "AA=", "A===", "AA==AA==", "A*A=", "AB=="] { #expect(Base64.bytes(text) == nil) }
    }
}
