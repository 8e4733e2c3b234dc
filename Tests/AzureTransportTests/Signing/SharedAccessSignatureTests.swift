import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("Shared access signatures are made and used")
struct SharedAccessSignatureTests {
    let key: AccountKey
    var terms: SharedAccessTerms

    init() throws {
        key = try AccountKey(base64: StorageAccount.developmentKey)
        terms = SharedAccessTerms(
            permissions: "rw",
            start: WallTime(rfc3339: "2029-01-01T00:00:00Z"),
            expiry: WallTime(rfc3339: "2030-01-02T03:04:05Z"),
            requiresHTTPS: false,
            version: "2026-10-06"
        )
    }

    @Test("one for a blob is the official client's")
    func blob() {
        var terms = terms
        terms.requiresHTTPS = true
        let made = SharedAccessSignature.blob(
            account: "myaccount",
            key: key,
            container: "c",
            blob: "dir/b.txt",
            terms: terms
        )
        #expect(made.value(of: "sig") == "0LEgZozm5rsGc5SzMDdegURDXu4QaXu5Av0UinnBzZo=")
        #expect(
            made.revealed
                == "sv=2026-10-06&sr=b&sp=rw&st=2029-01-01T00%3A00%3A00Z&se=2030-01-02T03%3A04%3A05Z&spr=https"
                + "&sig=0LEgZozm5rsGc5SzMDdegURDXu4QaXu5Av0UinnBzZo%3D"
        )
    }

    @Test("one for a container, an account and a table is the official client's")
    func others() {
        var terms = terms
        terms.permissions = "racwdl"
        let container = SharedAccessSignature.blob(account: "myaccount", key: key, container: "c", terms: terms)
        #expect(container.value(of: "sig") == "oAQz/bSSpy9IpQkFBmSHJ/fXmpvJv0klJYXjVn1+/Rw=")
        terms.permissions = "rl"
        let account = SharedAccessSignature.account(
            "myaccount",
            key: key,
            services: "b",
            resourceTypes: "sco",
            terms: terms
        )
        #expect(account.value(of: "sig") == "+1ChjIN2QF9SvShzg+E1uwBXu1Vj7JVA6XUZJ77mh5M=")
        terms.permissions = "raud"
        terms.version = "2019-02-02"
        let table = SharedAccessSignature.table(account: "myaccount", key: key, table: "MyTable", terms: terms)
        #expect(table.value(of: "sig") == "g5HIhtsPi36Qqblc+giPIHouL9dZ0r8Hx64XfGuxx+E=")
        #expect(table.value(of: "tn") == "MyTable")
    }

    @Test("a token goes into the query of each request once, as it came, and no authorization beside it")
    func consumed() async throws {
        let text = "?sv=2021-12-02&ss=b&srt=sco&sp=rl&se=2030-01-01T00:00:00Z&sig=a%2Fb%2Bc%3D"
        let token = try SharedAccessSignature(token: text)
        let signer = SharedAccessSigner(token)
        var request = HTTPRequest(
            method: .get,
            url: try #require(HTTPURL("https://a.blob.core.windows.net/c?comp=list")),
            headers: ["Authorization": "left over"]
        )
        for _ in 0..<2 { try await signer.sign(&request, at: WallTime(millisecondsSinceEpoch: 0)) }
        #expect(request.url.percentEncodedQuery == "comp=list&\(text.dropFirst())")
        #expect(request.headers["Authorization"] == nil)
        #expect(token.expiry == WallTime(rfc3339: "2030-01-01T00:00:00Z"))
        #expect(token.revealed == String(text.dropFirst()))
    }

    @Test(
        "what is no token is refused without its text",
        arguments: [
            "", "?", "sv=2021-12-02", "sig=topsecret", "sv=1&sig=topsecret&sv=2", "sv=1&sig=top secret", "sv=1&sig=",
        ]
    )
    func refused(text: String) {
        let error = #expect(throws: StoreError.self) { try SharedAccessSignature(token: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { String(reflecting: $0).contains("secret") } == false)
    }
}
