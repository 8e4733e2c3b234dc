/// One promise that `SabotagedDocumentStore` breaks.
enum DocumentSabotage: Sendable, Hashable, CaseIterable {
    case none
    case tagIsAHashOfTheBody
    case filterIsDropped
    case filterTakesNullForMissing
    case countIgnoresFilter
    case partitionOfQueryIsIgnored
    case limitIsIgnored
    case negativeLimitMeansNone
    case sortIsDropped
    case sortDirectionIsIgnored
    case sortTiesAreReversed
    case expiredIsVisible
    case patchRenewsLifetime
    case batchIsReversed
    case orderedBatchGoesOn
    case emptyBatchIsAccepted
    case transactionIsPartial
    case transactionSpansPartitions
    case idOfBodyIsUnchecked
    case longIDIsCut
    case typedIDBecomesText
    case absentPartitionBecomesNull
    case integersAreNarrowed
    case insertOverwrites
    case replaceInserts
    case tagConditionIsIgnored
    case deleteOfNothingIsApplied
    case patchIsPartial
    case patchIgnoresTag
    case patchReadsThenWrites
    case anyContinuationIsAccepted
    case scanRepeatsADocument
    case scanSkipsADocument
    case rangesOverlap
    case rangesLeaveAGap
    case collectionMismatchIsIgnored
    case collectionsAreUnordered
    case uniqueIndexIsDropped
    case deletesAreMissingInFeed
    case feedIsReversed
    case feedRunsAhead
    case closeIsIgnored
    case cancellationIsIgnored
    case readManyLeavesOutMissing

    /// Whether a behaviour has to wait for what never comes.
    var hangs: Bool { self == .cancellationIsIgnored }
}
