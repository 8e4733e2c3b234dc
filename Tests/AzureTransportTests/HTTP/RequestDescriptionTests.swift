internal import CutoverAzureTransport
internal import Testing

@Suite("Descriptions of requests")
struct RequestDescriptionTests {
    @Test("a URL names its query and hides the values, a signature among them")
    func urlHidesValues() throws {
        let url = try #require(HTTPURL("https://account.blob.core.windows.net/c/b?sv=2021-12-02&sig=c2VjcmV0"))
        #expect("\(url)" == "https://account.blob.core.windows.net/c/b?sv&sig")
        #expect(url.pathAndQuery == "/c/b?sv=2021-12-02&sig=c2VjcmV0")
    }

    @Test("a URL with user information is refused")
    func userInformation() {
        #expect(HTTPURL("https://name:secret@host/") == nil)
    }
}
