import MigrationCore
import Testing

@Suite("A store error")
struct StoreErrorTests {
    @Test("every code has a name of its own, and only transient ones are retried")
    func codes() {
        let codes = StoreError.Code.allCodes
        #expect(Set(codes.map(\.description)).count == codes.count)
        for code in codes { #expect(code.isRetryable == (code.category == .transient)) }
        #expect(!StoreError.Code.outcomeUnknown.isRetryable)
        #expect(!StoreError.Code.cancelled.isRetryable)
    }

    @Test("its description holds safe context only; message and cause are for debugging")
    func descriptions() {
        struct Cause: Error {}
        let error = StoreError(
            .versionConflict,
            "Read again.",
            context: .init(
                store: "main",
                collection: "c",
                tenant: "person@example.org",
                position: 4,
                actualVersion: 2,
                item: 1
            ),
            underlying: Cause()
        )
        #expect(
            error.description
                == "StoreError.versionConflict (store: main, collection: c, position: 4, actual version: 2, item: 1)"
        )
        #expect(!error.debugDescription.contains("person@example.org"))
        #expect(error.debugDescription.contains("Read again."))
        #expect(error.debugDescription.contains("Cause"))
        #expect(StoreError(.closed, "Open it again.").description == "StoreError.closed")
    }

    @Test(
        "names are checked when they come from outside",
        arguments: ["", "a\nb", "a\u{7F}", String(repeating: "é", count: 128)]
    )
    func names(text: String) {
        #expect(throws: StoreError.self) { try StoreID(text) }
        #expect(throws: StoreError.self) { try TenantID(text) }
        #expect(throws: StoreError.self) { try StreamID(text) }
    }

    @Test("names order by their bytes")
    func order() {
        #expect(TenantID("Z") < TenantID("a"))
        #expect(TenantID("z") < TenantID("é"))
    }

    @Test("names that look alike and have other bytes are different names")
    func canonicalEquivalence() {
        let composed: TenantID = "caf\u{E9}"
        let decomposed: TenantID = "cafe\u{301}"
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }
}
