import AzureEmulator
import Testing

/// The published vector and those computed with the official client. All are dated Thu, 27 Apr 2017 00:51:12 GMT.
@Suite("signatures of Cosmos")
struct CosmosSigningTests {
    private func signature(_ method: String, _ target: String, key: String = Accounts().cosmosKey) -> String? {
        let headers = [Field("x-ms-date", "Thu, 27 Apr 2017 00:51:12 GMT")]
        return cosmosSignature(Request(method: method, target: target, headers: headers), key: key)
    }

    @Test("the published request is signed as published")
    func published() {
        let key = "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw=="
        #expect(signature("GET", "/dbs/ToDoList", key: key) == "c09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu+c+c=")
    }

    @Test(
        "requests are signed over the decoded link, with a slash at the end of the path or without one",
        arguments: [
            ("GET", "/", "gFB1bRB/PLJTG3bCgMuoVgNzOyFvZAamzEtLuSITjRc="),
            ("POST", "/dbs/", "CHjhNtQltyEuPdWLf2/f+hSkSlYg+7UuFlwMyv8L7mI="),
            ("POST", "/dbs/MyDb/colls/MyColl/docs/", "s0xP8VO0ZOVHL99FhcwggjhrnponOpQXEk+T5PrPBUg="),
            (
                "GET", "/dbs/MyDb/colls/MyColl/docs/a%20b%2B%25%C3%A9/",
                "tTNTD88V5fvYLgS3WXKvQ119mLW1peup5Dvyz3mxg70="
            ), ("GET", "/dbs/MyDb/colls/MyColl/pkranges", "5srEQMjQi8V1T5dmuS5a/PbgvPk/b3s+0N+G3WWNtug="),
            ("GET", "/offers/RaY7/", "c734SnfDq+t0FPr91fhCbZa5Ca98X3EHXo6tH8FOxq0="),
            ("PATCH", "/dbs/MyDb/colls/MyColl/docs/Id-1", "bvOJU5oOVn3ChWtqVrEJ9h1MpAOKtP/MfWzUDGuisV4="),
        ]
    )
    func vectors(_ method: String, _ target: String, _ expected: String) {
        #expect(signature(method, target) == expected)
    }
}

@Suite("places of partition keys")
struct PartitionHashTests {
    @Test(
        "the second version of the hash places keys as the official client does",
        arguments: [
            ("\"\"", "32E9366E637A71B4E710384B2F4970A0"), ("\"a\"", "3A5381E1114EB8D3FCC90795045B49B7"),
            ("\"partitionKey\"", "013AEFCF77FA271571CF665A58C933F1"), ("\"p1\"", "062B23DEC15212F01B9A85F4E93A940C"),
            ("\"é\"", "007199F104E04116EE25AF912CA4889B"), ("true", "0E711127C5B5A8E4726AC6DD306A3E59"),
            ("false", "2FE1BE91E90A3439635E0E9E37361EF2"), ("null", "378867E4430E67857ACE5C908374FE16"),
            ("{}", "11622DAA78F835834610ABE56EFF5CB5"), ("0", "155B95BEDAC4B1E9EC1CDC9BB0DDDE58"),
            ("1", "20CD98B339BA78A5D0CF6953B87070B0"), ("-1", "19938E7A936C1C5B9E3AE842BBC16839"),
            ("5", "19C08621B135968252FB34B4CF66F811"), ("1.5", "35C5DDEB6C795D16A9963C73C54E97BC"),
            ("9007199254740991", "12C221C7032CED1F9E6693CE1428E6CF"),
        ]
    )
    func places(_ json: String, _ expected: String) throws {
        let value: JSON = try #require(JSON(parsing: json))
        #expect(PartitionHash.effectiveKey([KeyComponent(value)]) == expected)
    }

    @Test("a long text and the levels of a hierarchical key have their places, too")
    func longAndHierarchical() {
        let long = KeyComponent(.string(String(repeating: "x", count: 120)))
        #expect(PartitionHash.effectiveKey([long]) == "0F00B5EB061FA944A362B8945ACB258D")
        #expect(
            PartitionHash.effectiveHierarchicalKey([KeyComponent("T"), KeyComponent(5)])
                == "017A5127EDEAEAFD8E3C9E8C0081CB3419C08621B135968252FB34B4CF66F811"
        )
    }

    @Test("numbers are kept as doubles")
    func doubles() throws {
        let json = try #require(JSON(parsing: "{\"a\":[9007199254740993,1.0,-0.5,1e300,12]}"))
        #expect(CosmosNumber.stored(json).text == "{\"a\":[9007199254740992,1,-0.5,1e+300,12]}")
    }
}
