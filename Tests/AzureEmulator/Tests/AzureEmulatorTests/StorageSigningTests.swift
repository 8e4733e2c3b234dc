import AzureEmulator
import Testing

/// The vectors of the storage services, computed with the official clients or published by their vendor. All are dated
/// Fri, 26 Jun 2015 23:39:12 GMT and signed with the published key of the storage emulator.
@Suite("signatures of the storage services")
struct StorageSigningTests {
    private let key = Accounts().storageKey

    private func request(_ method: String, _ target: String, _ headers: [(String, String)]) -> Request {
        Request(
            method: method,
            target: target,
            headers: [Field("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT")] + headers.map { Field($0.0, $0.1) }
        )
    }

    private func blob(
        _ method: String,
        _ target: String,
        account: String = "myaccount",
        _ headers: [(String, String)]
    ) -> String? {
        Signing.sign(SharedKey.blob(request(method, target, headers), account: account), key: key)
    }

    @Test("the published string of a container's metadata is signed as published")
    func publishedString() {
        let request = request(
            "GET",
            "/mycontainer?comp=metadata&restype=container&timeout=20",
            [("x-ms-version", "2015-02-21")]
        )
        let text = SharedKey.blob(request, account: "myaccount")
        #expect(
            text == "GET" + String(repeating: "\n", count: 12)
                + "x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\n"
                + "comp:metadata\nrestype:container\ntimeout:20"
        )
        #expect(Signing.sign(text, key: key) == "1u9lui2jDxj0+fpbHjQ5m5NnastJRSYM+PSmfi8TXx4=")
    }

    @Test("a put with metadata and an encoded path is signed over the path as sent")
    func putBlob() {
        let signature = blob(
            "PUT",
            "/mycontainer/dir/a%20b%2B%C3%A9.txt",
            [
                ("x-ms-blob-type", "BlockBlob"), ("x-ms-meta-m1", "v1"), ("x-ms-meta-m2", "v2"),
                ("x-ms-version", "2021-12-02"), ("If-None-Match", "*"),
                ("Content-Type", "text/plain; charset=UTF-8"), ("Content-Length", "11"),
            ]
        )
        #expect(signature == "5BXb4juXMa8eotbj3NRZRzkWT8UhoMHHQiGjGjH8QpE=")
    }

    @Test("an empty body has an empty slot for its length")
    func emptyBody() {
        let signature = blob(
            "PUT",
            "/c/b?comp=blocklist",
            [("Content-Length", "0"), ("If-Match", "\"0x8D1\""), ("x-ms-version", "2021-12-02")]
        )
        #expect(signature == "JL+bNwdGbdArYbS+zrDuT8yzWVdRVlrkuN9bMFAWnVI=")
    }

    @Test("the account stands twice in the resource when it is a part of the path")
    func pathStyle() {
        let signature = blob(
            "GET",
            "http://127.0.0.1:10000/devstoreaccount1/c?restype=container&comp=list&prefix=a%2Fb",
            account: "devstoreaccount1",
            [("x-ms-version", "2021-12-02")]
        )
        #expect(signature == "IfTmpuFnpH055QPdAQzXf8ZBkFMCvVveQDDhRafmHn8=")
    }

    @Test("names of metadata are sorted as the service sorts them")
    func headerOrder() {
        let names = ["x-ms-meta-a1", "x-ms-meta-a_1", "x-ms-meta-ab1", "x-ms-meta-ab_c"]
        #expect(
            names.sorted(by: SharedKey.precedes)
                == ["x-ms-meta-a_1", "x-ms-meta-a1", "x-ms-meta-ab_c", "x-ms-meta-ab1"]
        )
    }

    @Test("requests to tables are signed in both schemes")
    func tables() {
        let cases: [(Request, String, String?)] = [
            (
                request("POST", "/Tables", [("Content-Type", "application/json;odata=nometadata")]),
                "69JDLzvHMKu2KD8zSsvkyzGmycCkcMjGcMbgsmhU5dk=", "zSiuCS+xn2a5Iq4TGONjzKV9jZ8munqDavm/3mDwLwo="
            ),
            (
                request("GET", "/tbl(PartitionKey='p%27%271',RowKey='r')?timeout=5", []),
                "kvZx7dMV1jwHJUZ2iaFpon1K3A5mcCkOvFPlKZVV9NY=", "7CoAt4AwUZHFFP+iZNw1l2CXGWXRrNbFL93S4lXSzqg="
            ),
            (request("GET", "/tbl?comp=acl", []), "ckToAURi/xUi4Oznzd+rUjC9qswwubaJVk8JvpFW0aA=", nil),
        ]
        for (request, full, lite) in cases {
            #expect(Signing.sign(SharedKey.table(request, account: "myaccount"), key: key) == full)
            if let lite {
                #expect(Signing.sign(SharedKey.tableLite(request, account: "myaccount"), key: key) == lite)
            }
        }
    }

    @Test("shared access signatures of a blob, a container, an account and a table")
    func sharedAccess() throws {
        func signature(_ query: String, _ text: (SharedAccessSignature) -> String) throws -> String? {
            let dates = "&st=2029-01-01T00:00:00Z&se=2030-01-02T03:04:05Z&sig=none"
            return Signing.sign(text(try #require(SharedAccessSignature(Percent.pairs(query + dates)))), key: key)
        }
        #expect(
            try signature("sp=rw&spr=https&sr=b&sv=2026-10-06") {
                $0.blobText(account: "myaccount", container: "c", blob: "dir/b.txt")
            } == "0LEgZozm5rsGc5SzMDdegURDXu4QaXu5Av0UinnBzZo="
        )
        #expect(
            try signature("sp=racwdl&sr=c&sv=2026-10-06") {
                $0.blobText(account: "myaccount", container: "c", blob: nil)
            } == "oAQz/bSSpy9IpQkFBmSHJ/fXmpvJv0klJYXjVn1+/Rw="
        )
        #expect(
            try signature("sp=rl&ss=b&srt=sco&sv=2026-10-06") { $0.accountText(account: "myaccount") }
                == "+1ChjIN2QF9SvShzg+E1uwBXu1Vj7JVA6XUZJ77mh5M="
        )
        #expect(
            try signature("tn=MyTable&sp=raud&sv=2019-02-02") { $0.tableText(account: "myaccount") }
                == "g5HIhtsPi36Qqblc+giPIHouL9dZ0r8Hx64XfGuxx+E="
        )
    }

    @Test(
        "checksums are those that the service gives",
        arguments: [
            ("", "AAAAAAAAAAA=", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("hello", "V0JSBnCFdzM=", "XUFAKrxLKna5cZ2REBfFkg=="),
            ("AAA", "Cc/2Kr4DuKg=", nil), ("BBB", "+3yuPEA7IqE=", nil), ("CCC", "VRJmMeosVKY=", nil),
            ("hello rusty world", "eXe2rRMCB2M=", "159FK4H4VU6PikfLMjmGoA=="),
        ] as [(String, String, String?)]
    )
    func checksums(_ text: String, _ crc: String, _ md5: String?) {
        #expect(CRC64.header(Array(text.utf8)) == crc)
        if let md5 { #expect(Base64.encode(Signing.md5(Array(text.utf8))) == md5) }
    }

    @Test("the checksum of the nine digits is the one in the catalogue")
    func checkValue() {
        #expect(CRC64.checksum(Array("123456789".utf8)) == 0xAE8B_1486_0A79_9888)
    }
}

@Suite("times and texts")
struct SupportTests {
    @Test("dates are written and read in both forms")
    func dates() throws {
        let moment = try #require(Moment(rfc1123: "Thu, 27 Apr 2017 00:51:12 GMT"))
        #expect(moment.iso8601(fractionDigits: 0) == "2017-04-27T00:51:12Z")
        #expect(moment.rfc1123 == "Thu, 27 Apr 2017 00:51:12 GMT")
        let old = try #require(Moment(iso8601: "1601-01-01T00:00:00.0000001Z"))
        #expect(old.iso8601() == "1601-01-01T00:00:00.0000001Z")
        #expect(old.ticks == -116_444_735_999_999_999)
        #expect(Moment(iso8601: "2023-02-29T00:00:00Z") == nil)
        #expect(Moment(iso8601: "2024-02-29T23:59:59.5Z")?.rfc1123 == "Thu, 29 Feb 2024 23:59:59 GMT")
    }

    @Test("JSON keeps the order of members and the text of numbers")
    func json() {
        let text = "{\"b\":1.0,\"a\":[9007199254740993,-0,1e400,null,true],\"t\":\"\\\\ \\\" \\n é\"}"
        #expect(JSON(parsing: text)?.text == text)
        #expect(JSON(parsing: "\"\\ud83d\\ude00\"") == .string("😀"))
        for wrong in ["", "{", "[1,]", "01", "\"\\ud83d\"", "{\"a\" 1}", "nul", "1 2", "\"\u{1}\""] {
            #expect(JSON(parsing: wrong) == nil, "\(wrong)")
        }
    }

    @Test("Base64 is read strictly")
    func base64() {
        for text in ["", "f", "fo", "foo", "foob"] {
            #expect(Base64.decode(Base64.encode(Array(text.utf8))) == Array(text.utf8))
        }
        #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==")
        #expect(Base64.decode("Zm9vYg=") == nil)
        #expect(Base64.decode("Zm9v Yg=") == nil)
    }

    @Test("a star in a pattern stands for any text")
    func patterns() {
        #expect(Faults.matches("*", "anything"))
        #expect(Faults.matches("/dbs/*/docs*", "/dbs/d/colls/c/docs/1"))
        #expect(!Faults.matches("/dbs/*/docs", "/dbs/d/colls/c/docs/1"))
        #expect(!Faults.matches("/a*/a", "/a"))
    }
}
