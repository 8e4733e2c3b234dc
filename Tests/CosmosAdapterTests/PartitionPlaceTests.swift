import MigrationCore
import Testing

@testable import CosmosAdapter

/// Vectors of the official Python client for version 2 of the hash.
@Suite("Places of partition keys")
struct PartitionPlaceTests {
    @Test(
        "a key has the place that the official client computes",
        arguments: [
            (PartitionKey.Component.string(""), "32E9366E637A71B4E710384B2F4970A0"),
            (.string("a"), "3A5381E1114EB8D3FCC90795045B49B7"),
            (.string("partitionKey"), "013AEFCF77FA271571CF665A58C933F1"),
            (.string("p1"), "062B23DEC15212F01B9A85F4E93A940C"),
            (.string("\u{E9}"), "007199F104E04116EE25AF912CA4889B"),
            (.string(String(repeating: "x", count: 120)), "0F00B5EB061FA944A362B8945ACB258D"),
            (.bool(true), "0E711127C5B5A8E4726AC6DD306A3E59"), (.bool(false), "2FE1BE91E90A3439635E0E9E37361EF2"),
            (.null, "378867E4430E67857ACE5C908374FE16"), (.absent, "11622DAA78F835834610ABE56EFF5CB5"),
            (.number(0), "155B95BEDAC4B1E9EC1CDC9BB0DDDE58"), (.number(-0.0), "155B95BEDAC4B1E9EC1CDC9BB0DDDE58"),
            (.number(1), "20CD98B339BA78A5D0CF6953B87070B0"), (.number(-1), "19938E7A936C1C5B9E3AE842BBC16839"),
            (.number(5), "19C08621B135968252FB34B4CF66F811"), (.number(1.5), "35C5DDEB6C795D16A9963C73C54E97BC"),
            (.number(9_007_199_254_740_991), "12C221C7032CED1F9E6693CE1428E6CF"),
        ]
    )
    func place(_ component: PartitionKey.Component, _ expected: String) {
        #expect(PartitionPlace.effectiveKey([component], isHierarchical: false) == expected)
    }

    @Test("the levels of a hierarchical key are hashed one after the other")
    func hierarchy() {
        let place = PartitionPlace.effectiveKey([.string("T"), .number(5)], isHierarchical: true)
        #expect(place == "017A5127EDEAEAFD8E3C9E8C0081CB3419C08621B135968252FB34B4CF66F811")
    }

    @Test("a header is ASCII and tells absent, null and empty apart")
    func header() {
        #expect(PartitionPlace.header([.absent]) == "[{}]")
        #expect(PartitionPlace.header([.null]) == "[null]")
        #expect(PartitionPlace.header([.string("")]) == "[\"\"]")
        #expect(
            PartitionPlace.header([.string("\u{E9}\u{1F680}\""), .number(5), .bool(true)])
                == "[\"\\u00e9\\ud83d\\ude80\\\"\",5,true]"
        )
    }
}
