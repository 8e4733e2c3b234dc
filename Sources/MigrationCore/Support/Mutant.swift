#if MUTANTS
@_silgen_name("getenv") private func environmentValue(_ name: UnsafePointer<CChar>) -> UnsafeMutablePointer<CChar>?
#endif

/// Deliberate bugs, one at a time, to see that the tests would notice: `make mutants`.
///
/// A build with `-DMUTANTS` reads the name of the one that is on from the environment variable `CUTOVER_MUTANT`, once. In every
/// other build none is on, and the optimiser removes the question. `Tests/Mutants/mutants.tsv` says which test catches each.
package enum Mutant: String, CaseIterable, Sendable {
    // Fences
    case fenceNotChecked
    case equalEpochRaisesTheFence
    case otherRouteIsAdmitted
    case fenceFalls
    case activeStoreIsRepaired
    case activeStoreIsCopiedInto
    // The log
    case anyOfferFits
    case behindIsApplied
    case offerIsStoredBackwards
    case positionIsSkipped
    case digestOmitsActor
    case duplicateIsAppended
    case conflictIsAccepted
    case repetitionTellsOtherPlace
    case copierTrustsItsMemory
    case checkpointBeforeApply
    // The control plane
    case swapWithoutComparing
    case unknownIsWritten
    case olderRouteReplacesNewer
    case leaseKeepsItsNumber
    case historyIsDropped
    case newTenantIsAlwaysHome
    case unregisteredFallsBack
    // The cutover
    case cutoverWithoutFence
    case drainIsSkipped
    case drainIsNotCompared
    case targetIsNotOpened
    case abandonedByOneEpoch
    case cutoverOfAnyEpoch
    case startFromAnyStore
    case pausedGoesOnMirroring
    case abortLeavesTargetOpen
    case foreignTroubleFails
    case timeoutIsNotWatched
    // Calls and mirrors
    case parkedGoesOnWhereItWas
    case fencedIsTriedAgain
    case routeNeverAges
    case gateIsUnfair
    case mirrorTakesBehindForDone
    case breakerStaysOpen
    case subscriptionSkipsAtTheMove
    // Verification
    case onlyHeadsAreVerified
    case extrasAreIgnored
    // SQLite and MongoDB
    case acknowledgedBeforeCommit
    // SQLite
    case commitWithoutSync

    #if MUTANTS
    private static let chosen: Mutant? = {
        guard let text = unsafe environmentValue("CUTOVER_MUTANT") else { return nil }
        let name = unsafe String(cString: text)
        guard let mutant = Mutant(rawValue: name) else { preconditionFailure("There is no mutant called \(name).") }
        return mutant
    }()

    /// Whether this bug is on.
    package var isOn: Bool { self == Mutant.chosen }
    #else
    /// Never.
    @inlinable package var isOn: Bool { false }
    #endif

    /// Whether a bug is on that does not see what the target lacks.
    static var ignoresWhatIsMissing: Bool { Mutant.drainIsSkipped.isOn || Mutant.drainIsNotCompared.isOn }
}
