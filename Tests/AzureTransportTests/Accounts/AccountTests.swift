import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("Connection strings and accounts")
struct AccountTests {
    static let cosmosKey = CosmosAccount.emulatorKey
    static let storageKey = StorageAccount.developmentKey

    @Test("a part is split at its first equal sign, in any order and case, with white space around it")
    func parts() throws {
        let string = try ConnectionString(" AccountKey=a==; accountendpoint = https://x/ ;;Empty=;")
        #expect(string["ACCOUNTKEY"] == "a==")
        #expect(string["AccountEndpoint"] == "https://x/")
        #expect(string["Empty"] == nil)
        #expect(string.names == ["AccountKey", "accountendpoint", "Empty"])
    }

    @Test(
        "what is no connection string is refused without its text",
        arguments: ["", ";", "topsecret", "A=topsecret;a=topsecret"]
    )
    func noString(text: String) {
        let error = #expect(throws: StoreError.self) { try ConnectionString(text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { String(reflecting: $0).contains("topsecret") } == false)
    }

    @Test("a Cosmos account is read from its connection string")
    func cosmos() throws {
        let account = try CosmosAccount(
            connectionString: "AccountEndpoint=https://acct.documents.azure.com:443/;AccountKey=\(Self.cosmosKey);"
        )
        #expect(account.endpoint.absoluteText == "https://acct.documents.azure.com/")
        #expect(account.scope == "https://acct.documents.azure.com/.default")
        #expect(account.description == "https://acct.documents.azure.com/ by account key")
        let emulator = try CosmosAccount(
            connectionString: "AccountKey=\(Self.cosmosKey);AccountEndpoint=https://localhost:8081/"
        )
        #expect(emulator.endpoint.authority == "localhost:8081")
    }

    @Test(
        "a wrong Cosmos connection string is refused by what is wrong, without the key",
        arguments: [
            ("AccountKey=c2VjcmV0", "AccountEndpoint"), ("AccountEndpoint=https://h/", "AccountKey"),
            ("AccountEndpoint=https://h/;AccountKey=sec*ret", "Base64"),
            ("AccountEndpoint=h;AccountKey=c2VjcmV0", "URL"),
            ("AccountEndpoint=https://h/path;AccountKey=c2VjcmV0", "path"),
            ("AccountEndpoint=https://h/?q=1;AccountKey=c2VjcmV0", "query"),
        ]
    )
    func wrongCosmos(text: String, hint: String) {
        let error = #expect(throws: StoreError.self) { try CosmosAccount(connectionString: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(hint) == true)
        #expect(error.map { String(reflecting: $0).contains("c2VjcmV0") } == false)
    }

    @Test(
        "a storage account is read from every form of connection string",
        arguments: [
            (
                "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=KEY;EndpointSuffix=core.windows.net", "a",
                "https://a.blob.core.windows.net/", "https://a.table.core.windows.net/"
            ),
            (
                "AccountName=a;AccountKey=KEY", "a", "https://a.blob.core.windows.net/",
                "https://a.table.core.windows.net/"
            ),
            (
                "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=KEY;EndpointSuffix=core.chinacloudapi.cn", "a",
                "http://a.blob.core.chinacloudapi.cn/", "http://a.table.core.chinacloudapi.cn/"
            ),
            (
                "UseDevelopmentStorage=true", "devstoreaccount1", "http://127.0.0.1:10000/devstoreaccount1",
                "http://127.0.0.1:10002/devstoreaccount1"
            ),
            (
                "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite", "devstoreaccount1",
                "http://azurite:10000/devstoreaccount1", "http://azurite:10002/devstoreaccount1"
            ),
            (
                "BlobEndpoint=http://127.0.0.1:9/x/;TableEndpoint=http://127.0.0.1:8/x;AccountName=x;AccountKey=KEY",
                "x",
                "http://127.0.0.1:9/x", "http://127.0.0.1:8/x"
            ),
            (
                "BlobEndpoint=https://b.blob.core.windows.net;TableEndpoint=https://b.table.core.windows.net/;"
                    + "SharedAccessSignature=sv=2021-12-02&ss=bt&sig=c2VjcmV0%3D", "b",
                "https://b.blob.core.windows.net/",
                "https://b.table.core.windows.net/"
            ),
        ]
    )
    func storage(text: String, name: String, blob: String, table: String) throws {
        let text = text.replacing("KEY", with: Self.storageKey)
        let account = try StorageAccount(connectionString: text)
        #expect(account.name == name)
        #expect(try account.endpoint(of: .blob).primary.absoluteText == blob)
        #expect(try account.endpoint(of: .table).primary.absoluteText == table)
        #expect(!String(reflecting: account).contains(Self.storageKey))
        #expect(!String(reflecting: account).contains("c2VjcmV0"))
    }

    @Test("the secondary is the account's own, or the one that is given")
    func secondary() throws {
        let derived = try StorageAccount(connectionString: "AccountName=a;AccountKey=\(Self.storageKey)")
        #expect(try derived.endpoint(of: .blob).secondary?.host == "a-secondary.blob.core.windows.net")
        let given = try StorageAccount(
            connectionString:
                "BlobEndpoint=https://a.b.c.d/;BlobSecondaryEndpoint=https://e.b.c.d/;AccountKey=\(Self.storageKey)"
        )
        #expect(try given.endpoint(of: .blob).secondary?.host == "e.b.c.d")
        #expect(given.name == "a")
        #expect(throws: StoreError.self) { try given.endpoint(of: .table) }
    }

    @Test(
        "a wrong storage connection string is refused without its secrets",
        arguments: [
            "AccountKey=c2VjcmV0", "AccountName=a;AccountKey=c2VjcmV0*", "SharedAccessSignature=sv=1&sig=c2VjcmV0",
            "AccountName=a;AccountKey=c2VjcmV0;SharedAccessSignature=sv=1&sig=c2VjcmV0", "BlobEndpoint=c2VjcmV0",
            "AccountName=a;SharedAccessSignature=sig=c2VjcmV0", "AccountName=a b;AccountKey=c2VjcmV0",
        ]
    )
    func wrongStorage(text: String) {
        let error = #expect(throws: StoreError.self) { try StorageAccount(connectionString: text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { String(reflecting: $0).contains("c2VjcmV0") } == false)
    }

    @Test("an account by URL knows its name from a host or a path, or asks for it")
    func byURL() throws {
        func name(_ text: String) throws -> String {
            try StorageAccount(.blob, endpoint: text, authorization: .anonymous).name
        }
        #expect(try name("https://acct.blob.core.windows.net/") == "acct")
        #expect(try name("http://127.0.0.1:10000/devstoreaccount1") == "devstoreaccount1")
        #expect(throws: StoreError.self) { try name("http://127.0.0.1:10000") }
        #expect(throws: StoreError.self) { try name("http://[::1]:10000/") }
        #expect(throws: StoreError.self) { try name("http://storage/") }
    }

    @Test("paths are appended to the account's own")
    func appending() throws {
        let account = try StorageAccount(connectionString: "UseDevelopmentStorage=true")
        let url = try account.endpoint(of: .blob).primary.appending(
            percentEncodedPath: "c/b%20b",
            query: [HTTPURL.QueryItem(name: "comp", value: "list")]
        )
        #expect(url.absoluteText == "http://127.0.0.1:10000/devstoreaccount1/c/b%20b?comp=list")
        let root = try #require(HTTPURL("https://h/"))
        #expect(root.appending(percentEncodedPath: "/dbs").absoluteText == "https://h/dbs")
    }
}
