import MigrationCore
import MigrationTesting
import Testing

@testable import CutoverAzureTransport

@Suite("A token is cached, asked for once, and replaced in time")
struct TokenCacheTests {
    let clock = LeapingClock()

    private func cache(_ credential: FakeCredential) -> TokenCache {
        TokenCache(credential: credential, scope: "https://storage.azure.com/.default", context: .test(clock))
    }

    @Test("a token is replaced 300 seconds before it expires, and not earlier")
    func refresh() async throws {
        let credential = FakeCredential(lifetime: .seconds(3_600))
        let cache = cache(credential)
        #expect(try await cache.token().text == "token-1")
        clock.advance(by: .seconds(3_299))
        #expect(try await cache.token().text == "token-1")
        clock.advance(by: .seconds(1))
        #expect(try await cache.token().text == "token-2")
        #expect(credential.requests == 2)
    }

    @Test("a long-lived token is replaced half-way, a short-lived one too, and one with a word of its issuer by that")
    func otherRefreshes() async throws {
        for (lifetime, half) in [(Duration.seconds(86_400), Duration.seconds(43_200)), (.seconds(400), .seconds(200))] {
            let cache = cache(FakeCredential(lifetime: lifetime))
            _ = try await cache.token()
            clock.advance(by: half - .seconds(1))
            #expect(try await cache.token().text == "token-1")
            clock.advance(by: .seconds(1))
            #expect(try await cache.token().text == "token-2")
        }
        let told = cache(
            FakeCredential { number, _, context throws(CredentialError) in
                let now = context.wallClock()
                let refresh = now.advanced(by: .seconds(60))
                return AccessToken(text: "token-\(number)", expiry: now.advanced(by: .seconds(3_600)), refresh: refresh)
            }
        )
        _ = try await told.token()
        clock.advance(by: .seconds(60))
        #expect(try await told.token().text == "token-2")
    }

    @Test("the old token serves while it is valid and its replacement fails; then the failure is told")
    func failingRefresh() async throws {
        let credential = FakeCredential { number, _, context throws(CredentialError) in
            guard number == 1 else { throw CredentialError(.unreachable, "Nobody answers.") }
            return AccessToken(text: "old", expiry: context.wallClock().advanced(by: .seconds(3_600)))
        }
        let cache = cache(credential)
        _ = try await cache.token()
        clock.advance(by: .seconds(3_400))
        #expect(try await cache.token().text == "old")
        #expect(try await cache.token().text == "old")
        #expect(credential.requests == 2)
        clock.advance(by: .seconds(30))
        #expect(try await cache.token().text == "old")
        #expect(credential.requests == 3)
        clock.advance(by: .seconds(170))
        let error = await #expect(throws: CredentialError.self) { try await cache.token() }
        #expect(error?.code == .unreachable)
    }

    @Test("a hundred callers who find no token ask once")
    func singleFlight() async throws {
        let manual = ManualClock()
        let credential = FakeCredential { number, _, context throws(CredentialError) in
            try? await context.timeline.sleep(for: .seconds(1))
            return AccessToken(text: "token-\(number)", expiry: context.wallClock().advanced(by: .seconds(3_600)))
        }
        let cache = TokenCache(credential: credential, scope: "s", context: .test(manual))
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<100 { group.addTask { try await cache.token().text } }
            try await manual.waitForSleepers(1)
            for _ in 0..<100 { await Task.yield() }
            manual.advance(by: .seconds(1))
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts == ["token-1"])
        #expect(credential.requests == 1)
    }

    @Test("when nobody can get a token, all who wait are told so by one request")
    func sharedFailure() async throws {
        let manual = ManualClock()
        let credential = FakeCredential { _, _, context throws(CredentialError) in
            try? await context.timeline.sleep(for: .seconds(1))
            throw CredentialError(.rejected, "The secret has expired.")
        }
        let cache = TokenCache(credential: credential, scope: "s", context: .test(manual))
        let codes = Locked<[CredentialError.Code]>([])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(CredentialError) {
                        _ = try await cache.token()
                    } catch {
                        codes.withLock { $0.append(error.code) }
                    }
                }
            }
            group.addTask {
                while codes.withLock({ $0.count }) < 20 {
                    manual.advance(by: .seconds(1))
                    await Task.yield()
                }
            }
        }
        #expect(codes.withLock { $0 } == Array(repeating: .rejected, count: 20))
    }

    @Test("a caller that waits gets the failure of the one that asked, and the next one asks anew")
    func flights() {
        var ledger = TokenLedger()
        let failure = CredentialError(.unreachable, "Nobody answers.")
        #expect(ledger.decide(at: .zero) == .ask(flight: 1))
        #expect(ledger.decide(at: .zero) == .wait(flight: 1))
        ledger.failed(failure, at: .zero)
        #expect(ledger.failure(of: 1)?.code == .unreachable)
        #expect(ledger.decide(at: .zero) == .ask(flight: 2))
        #expect(ledger.failure(of: 2) == nil)
        ledger.abandoned()
        #expect(ledger.failure(of: 2) == nil)
        #expect(ledger.decide(at: .zero) == .ask(flight: 3))
    }

    @Test("when the caller that asks is cancelled, another one asks")
    func cancelledLeader() async throws {
        let manual = ManualClock()
        let credential = FakeCredential { number, _, context throws(CredentialError) in
            do {
                try await context.timeline.sleep(for: .seconds(1))
            } catch {
                throw CredentialError(.cancelled, "Cancelled.")
            }
            return AccessToken(text: "token-\(number)", expiry: context.wallClock().advanced(by: .seconds(3_600)))
        }
        let cache = TokenCache(credential: credential, scope: "s", context: .test(manual))
        let leader = Task { try await cache.token() }
        try await manual.waitForSleepers(1)
        let follower = Task { try await cache.token() }
        for _ in 0..<100 { await Task.yield() }
        leader.cancel()
        let error = await #expect(throws: CredentialError.self) { try await leader.value }
        #expect(error?.code == .cancelled)
        while credential.requests < 2 { await Task.yield() }
        try await manual.waitForSleepers(1)
        manual.advance(by: .seconds(1))
        #expect(try await follower.value.text == "token-2")
    }

    @Test("a token that was refused is let go of, and another one is asked for")
    func discarded() async throws {
        let credential = FakeCredential(lifetime: .seconds(3_600))
        let signer = BearerSigner(cache: cache(credential), form: .bearer)
        var request = HTTPRequest(method: .get, url: HTTPURL(scheme: .https, host: "a.blob.core.windows.net"))
        try await signer.sign(&request, at: WallTime(millisecondsSinceEpoch: 0))
        #expect(request.headers["Authorization"] == "Bearer token-1")
        #expect(signer.discardCredential(of: request))
        var next = request
        try await signer.sign(&next, at: WallTime(millisecondsSinceEpoch: 0))
        #expect(next.headers["Authorization"] == "Bearer token-2")
        // The first request comes late to tell of its refusal: the newer token stays.
        #expect(signer.discardCredential(of: request))
        try await signer.sign(&next, at: WallTime(millisecondsSinceEpoch: 0))
        #expect(next.headers["Authorization"] == "Bearer token-2")
    }

    @Test("Cosmos DB takes the token percent-encoded, and no token goes over plain HTTP but to this machine")
    func forms() async throws {
        let signer = BearerSigner(cache: cache(FakeCredential(lifetime: .seconds(3_600))), form: .cosmos)
        var request = HTTPRequest(method: .get, url: HTTPURL(scheme: .http, host: "127.0.0.1"))
        try await signer.sign(&request, at: WallTime(millisecondsSinceEpoch: 0))
        #expect(request.headers["Authorization"] == "type%3Daad%26ver%3D1.0%26sig%3Dtoken-1")
        #expect(request.headers["x-ms-date"] == "Thu, 01 Jan 1970 00:00:00 GMT")
        for host in ["a.documents.azure.com", "127.evil.example", "localhost.example"] {
            var plain = HTTPRequest(method: .get, url: HTTPURL(scheme: .http, host: host))
            let error = await #expect(throws: CredentialError.self) {
                try await signer.sign(&plain, at: WallTime(millisecondsSinceEpoch: 0))
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(plain.headers["Authorization"] == nil)
        }
    }
}
