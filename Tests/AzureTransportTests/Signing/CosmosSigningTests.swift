import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("Requests to Cosmos DB are signed")
struct CosmosSigningTests {
    /// The date of every vector.
    static let date = "Thu, 27 Apr 2017 00:51:12 GMT"
    /// The key of Microsoft's published example.
    static let publishedKey = "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw=="

    struct Vector: Sendable, CustomTestStringConvertible {
        let verb: String
        let path: String
        let type: String
        let link: String
        let signature: String

        var testDescription: String { "\(verb) \(path)" }
    }

    static let vectors = [
        Vector(verb: "GET", path: "/", type: "", link: "", signature: "gFB1bRB/PLJTG3bCgMuoVgNzOyFvZAamzEtLuSITjRc="),
        Vector(
            verb: "POST",
            path: "/dbs",
            type: "dbs",
            link: "",
            signature: "CHjhNtQltyEuPdWLf2/f+hSkSlYg+7UuFlwMyv8L7mI="
        ),
        Vector(
            verb: "POST",
            path: "/dbs/MyDb/colls/MyColl/docs",
            type: "docs",
            link: "dbs/MyDb/colls/MyColl",
            signature: "s0xP8VO0ZOVHL99FhcwggjhrnponOpQXEk+T5PrPBUg="
        ),
        Vector(
            verb: "GET",
            path: "/dbs/MyDb/colls/MyColl/docs/a%20b%2B%25%C3%A9",
            type: "docs",
            link: "dbs/MyDb/colls/MyColl/docs/a b+%é",
            signature: "tTNTD88V5fvYLgS3WXKvQ119mLW1peup5Dvyz3mxg70="
        ),
        Vector(
            verb: "GET",
            path: "/dbs/MyDb/colls/MyColl/pkranges/",
            type: "pkranges",
            link: "dbs/MyDb/colls/MyColl",
            signature: "5srEQMjQi8V1T5dmuS5a/PbgvPk/b3s+0N+G3WWNtug="
        ),
        Vector(
            verb: "GET",
            path: "/offers/RaY7",
            type: "offers",
            link: "ray7",
            signature: "c734SnfDq+t0FPr91fhCbZa5Ca98X3EHXo6tH8FOxq0="
        ),
        Vector(
            verb: "PATCH",
            path: "/dbs/MyDb/colls/MyColl/docs/Id-1",
            type: "docs",
            link: "dbs/MyDb/colls/MyColl/docs/Id-1",
            signature: "bvOJU5oOVn3ChWtqVrEJ9h1MpAOKtP/MfWzUDGuisV4="
        ),
    ]

    @Test("the published example has its published header")
    func publishedExample() throws {
        let signer = CosmosMasterKeySigner(key: try AccountKey(base64: Self.publishedKey))
        let target = CosmosSigningTarget(type: "dbs", link: "dbs/ToDoList")
        #expect(
            signer.signature(verb: "GET", target: target, date: Self.date)
                == "c09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu+c+c="
        )
        #expect(
            signer.authorization(verb: "GET", target: target, date: Self.date)
                == "type%3Dmaster%26ver%3D1.0%26sig%3Dc09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu%2Bc%2Bc%3D"
        )
    }

    @Test("a request is signed by its decoded path, as the official client signs it", arguments: vectors)
    func vector(_ vector: Vector) async throws {
        #expect(
            CosmosSigningTarget(percentEncodedPath: vector.path)
                == CosmosSigningTarget(type: vector.type, link: vector.link)
        )
        let signer = CosmosMasterKeySigner(key: try AccountKey(base64: CosmosAccount.emulatorKey))
        var request = HTTPRequest(
            method: HTTPMethod(vector.verb),
            url: HTTPURL(scheme: .https, host: "localhost", port: 8081, percentEncodedPath: vector.path)
        )
        try await signer.sign(&request, at: try #require(WallTime(httpDate: Self.date)))
        let encoded = HTTPURL.percentEncoded(vector.signature)
        #expect(request.headers["x-ms-date"] == Self.date)
        #expect(request.headers["Authorization"] == "type%3Dmaster%26ver%3D1.0%26sig%3D\(encoded)")
    }

    @Test(
        "the type and the link follow from the path",
        arguments: [
            ("/dbs/D", "dbs", "dbs/D"), ("/dbs/D/colls", "colls", "dbs/D"),
            ("/dbs/D/colls/C", "colls", "dbs/D/colls/C"),
            ("/offers", "offers", ""), ("/dbs/D/colls/C/operations/partitionkeydelete", "colls", "dbs/D/colls/C"),
            ("/dbs/Caf%C3%A9", "dbs", "dbs/Café"),
        ]
    )
    func target(path: String, type: String, link: String) {
        #expect(CosmosSigningTarget(percentEncodedPath: path) == CosmosSigningTarget(type: type, link: link))
    }

    @Test("each attempt is signed anew with its own date")
    func anew() async throws {
        let signer = CosmosMasterKeySigner(key: try AccountKey(base64: CosmosAccount.emulatorKey))
        let start = try #require(WallTime(httpDate: Self.date))
        var request = HTTPRequest(method: .get, url: try #require(HTTPURL("https://localhost:8081/dbs/D")))
        try await signer.sign(&request, at: start)
        let first = request
        try await signer.sign(&request, at: start.advanced(by: .seconds(1)))
        #expect(request.headers["x-ms-date"] == "Thu, 27 Apr 2017 00:51:13 GMT")
        #expect(request.headers["Authorization"] != first.headers["Authorization"])
        #expect(request.headers.values(of: "Authorization").count == 1)
    }
}
