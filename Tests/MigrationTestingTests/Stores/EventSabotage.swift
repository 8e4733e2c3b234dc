/// One promise that `SmallEventStore` breaks.
enum EventSabotage: Sendable, Hashable, CaseIterable {
    case none
    case appendIgnoresFence
    case equalEpochOfOtherRouteIsAccepted
    case followerTakesAppends
    case readIgnoresFence
    case raiseLowersFence
    case offerToOpenStoreIsAccepted
    case offerSkipsDigestCheck
    case offerBehindGapIsAccepted
    case positionsHaveGaps
    case versionsAreShared
    case expectedVersionIsIgnored
    case partlyAppliedAppend
    case duplicateIDIsAccepted
    case conflictingContentIsAccepted
    case repeatedAppendIsStoredAgain
    case digestIsNotChained
    case causationIsLost
    case recordedTimeIsOverwritten
    case streamLimitIsIgnored
    case backwardReadsForward
    case checkpointIsTheHead
    case tenantsAreUnordered
    case tenantsShareIDs
    case waitSleepsToTheEnd
    case purgeRemovesHead
    case replaceIgnoresExpectedHead
    case readAfterClose
    case cancelledAppendCommits
    case fenceIsCheckedBeforeTheCommit

    /// Whether a behaviour has to wait for what never comes.
    var hangs: Bool { self == .readIgnoresFence || self == .waitSleepsToTheEnd }
}
