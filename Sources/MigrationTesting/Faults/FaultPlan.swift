public import MigrationCore

/// Which calls of a store go wrong, and how: a value, decided before the first call.
///
/// Calls are counted from 1 in the order in which they arrive, each rule counting the calls of its own scope:
///
/// ```swift
/// let plan = FaultPlan.afterApply(call: 3)                        // the third write loses its reply
/// let rough = FaultPlan.random(seed: 7, percent: 10)              // one call in ten, the same ones every time
/// let both = plan + .throttled(every: 5)
/// ```
public struct FaultPlan: Sendable {
    private struct Rule: Sendable {
        let scope: FaultScope
        let fault: @Sendable (_ call: Int) -> Fault?
    }

    private let rules: [Rule]

    /// No faults.
    public static let none = FaultPlan(rules: [])

    private init(rules: [Rule]) { self.rules = rules }

    /// A plan by a function from the number of the call to its fault.
    public init(_ scope: FaultScope = .writes, _ fault: @escaping @Sendable (_ call: Int) -> Fault?) {
        rules = [Rule(scope: scope, fault: fault)]
    }

    /// These faults, by the number of the call.
    public static func script(_ faults: [Int: Fault], _ scope: FaultScope = .writes) -> FaultPlan {
        FaultPlan(scope) { faults[$0] }
    }

    /// The request of one call is lost.
    public static func beforeApply(
        call: Int,
        _ code: StoreError.Code = .unavailable,
        _ scope: FaultScope = .writes
    ) -> FaultPlan {
        FaultPlan(scope) { $0 == call ? .beforeApply(code) : nil }
    }

    /// The reply of one call is lost.
    public static func afterApply(call: Int, _ scope: FaultScope = .writes) -> FaultPlan {
        FaultPlan(scope) { $0 == call ? .afterApply : nil }
    }

    /// Every `count`-th call is throttled.
    public static func throttled(
        every count: Int,
        retryAfter: Duration = .milliseconds(10),
        _ scope: FaultScope = .all
    ) -> FaultPlan {
        precondition(count >= 1, "A plan throttles every first call or later ones.")
        return FaultPlan(scope) { $0 % count == 0 ? .throttle(retryAfter: retryAfter) : nil }
    }

    /// Every call is late by this much.
    public static func delayed(by duration: Duration, _ scope: FaultScope = .all) -> FaultPlan {
        FaultPlan(scope) { _ in .delay(duration) }
    }

    /// The faults that ``random(seed:percent:of:_:)`` draws from by default.
    public static let everyFault: [Fault] = [
        .beforeApply(.unavailable), .afterApply, .delay(.milliseconds(1)), .throttle(retryAfter: .milliseconds(1)),
        .duplicate,
        .partialBatch(1),
    ]

    /// In `percent` of 100 calls one of `faults`, drawn from the seed and the number of the call.
    public static func random(
        seed: UInt64,
        percent: Int,
        of faults: [Fault] = everyFault,
        _ scope: FaultScope = .all
    ) -> FaultPlan {
        precondition(!faults.isEmpty, "A random plan needs faults to draw from.")
        return FaultPlan(scope) { call in
            var random = SeededRandom(seed: seed &+ UInt64(call) &* 0x9E37_79B9_7F4A_7C15)
            return random.chance(percent) ? random.pick(faults) : nil
        }
    }

    /// Both plans; where both have a fault for a call, the one on the left.
    public static func + (a: FaultPlan, b: FaultPlan) -> FaultPlan { FaultPlan(rules: a.rules + b.rules) }

    /// The fault for a call that is the `all`-th of the store and the `own`-th of its scope.
    func fault(_ scope: FaultScope, all: Int, own: Int) -> Fault? {
        for rule in rules where rule.scope.covers(scope) {
            if let fault = rule.fault(rule.scope == .all ? all : own) { return fault }
        }
        return nil
    }
}
