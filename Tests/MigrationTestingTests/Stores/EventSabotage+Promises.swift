extension EventSabotage {
    /// The behaviours that must fail, and those that may: they depend on the seed, or on how tasks interleave.
    var brokenPromises: BrokenPromises {
        switch self {
        case .none: BrokenPromises(always: [])
        case .appendIgnoresFence:
            BrokenPromises(
                always: [
                    "an append under a higher epoch raises the fence and opens the store",
                    "an append under a smaller epoch is fenced",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .equalEpochOfOtherRouteIsAccepted:
            BrokenPromises(
                always: [
                    "an append under the same epoch of another route is epochConflict"
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .followerTakesAppends:
            BrokenPromises(
                always: [
                    "an append to a follower under its epoch is fenced"
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .readIgnoresFence:
            BrokenPromises(
                always: [
                    "a read of a closed store under its epoch is fenced, whatever it reads",
                    "a read of a follower under its epoch is fenced, whatever it reads",
                    "a read under a smaller epoch is fenced, whatever it reads",
                    "a read under the same epoch of another route is epochConflict, whatever it reads",
                    "a subscription ends with fenced when the fence is raised",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .raiseLowersFence:
            BrokenPromises(
                always: [
                    "preparing with a smaller epoch is fenced",
                    "raising the fence to a smaller epoch is fenced",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .offerToOpenStoreIsAccepted:
            BrokenPromises(
                always: [
                    "an offer to an open store is storeIsActive, under any admitted epoch"
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .offerSkipsDigestCheck:
            BrokenPromises(
                always: [
                    "an offer that differs from the log is logDiverged, and nothing is done",
                    "an offer whose checkpoint has another digest is logDiverged, and nothing is done",
                    "offered events whose digests are not what the chain gives are logDiverged, and none goes in",
                ]
            )
        case .offerBehindGapIsAccepted:
            BrokenPromises(
                always: [
                    "an offer behind a gap is told that the log is behind, and nothing is done"
                ]
            )
        case .positionsHaveGaps:
            BrokenPromises(
                always: [
                    "a follower that is opened goes on where the offers ended",
                    "an append answers with its positions, the version of each part's stream, and the digest",
                    "checkpoint(at:) is the place at every position, and nil behind the end",
                    "positions count up from 1 without gaps, across streams and refused appends",
                ],
                sometimes: [
                    "a subscription catches up and then goes on live, each event once and in order",
                    "generated sequences of calls answer as the model does",
                    "many tasks on one tenant: contiguous positions, no lost append",
                ]
            )
        case .versionsAreShared:
            BrokenPromises(
                always: [
                    "a version conflict tells the actual version",
                    "an append answers with its positions, the version of each part's stream, and the digest",
                    "appending the same events again returns the original result and changes nothing",
                    "expecting a stream holds only after the first event",
                    "expecting an exact version holds only at that version",
                    "expecting no stream holds only before the first event",
                    "expecting version 0 holds only before the first event",
                    "streams whose names differ in a byte are different streams",
                    "versions count up from 1 in each stream",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .expectedVersionIsIgnored:
            BrokenPromises(
                always: [
                    "a version conflict tells the actual version",
                    "an append to several streams is applied whole or not at all",
                    "expecting a later version does not hold",
                    "expecting a stream holds only after the first event",
                    "expecting an exact version holds only at that version",
                    "expecting no stream holds only before the first event",
                    "expecting version 0 holds only before the first event",
                    "many tasks expect the same version: exactly one wins",
                    "positions count up from 1 without gaps, across streams and refused appends",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .partlyAppliedAppend:
            BrokenPromises(
                always: [
                    "an append answers with its positions, the version of each part's stream, and the digest",
                    "an append to several streams is applied whole or not at all",
                    "later parts of an append see the versions that earlier parts make",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .duplicateIDIsAccepted:
            BrokenPromises(
                always: [
                    "an event id of another stream is duplicateEvent"
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .conflictingContentIsAccepted:
            BrokenPromises(
                always: [
                    "an event id with other content is conflictingEvent"
                ]
            )
        case .repeatedAppendIsStoredAgain:
            BrokenPromises(
                always: [
                    "a repeated append under a higher epoch raises the fence too",
                    "an append of which only a part is there is duplicateEvent, and nothing is appended",
                    "an event that was offered is known to appends",
                    "appending the same events again returns the original result and changes nothing",
                    "events that are there in another order are duplicateEvent",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does",
                    "the same append from many tasks is stored once, and all get the same answer",
                ]
            )
        case .digestIsNotChained:
            BrokenPromises(
                always: [
                    "a follower that is opened goes on where the offers ended",
                    "an append answers with its positions, the version of each part's stream, and the digest",
                    "appending the same events again returns the original result and changes nothing",
                    "checkpoint(at:) is the place at every position, and nil behind the end",
                    "raising the fence keeps the log and holds epoch, route, role and successor",
                    "the chain recomputed from what is read equals the digest of each event, and the head's",
                ],
                sometimes: [
                    "a reader that has seen a position has seen every event up to it",
                    "generated sequences of calls answer as the model does",
                    "many tasks on one tenant: contiguous positions, no lost append",
                ]
            )
        case .causationIsLost:
            BrokenPromises(
                always: [
                    "an event id with other content is conflictingEvent",
                    "every field of an event comes back as it was given",
                ]
            )
        case .recordedTimeIsOverwritten:
            BrokenPromises(
                always: [
                    "a recorded time that is given is kept, and one that is not is set once",
                    "every field of an event comes back as it was given",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .streamLimitIsIgnored:
            BrokenPromises(
                always: [
                    "a read of a stream begins at the version it names",
                    "a stream reads backward in pages of every size",
                    "a stream reads forward in pages of every size",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .backwardReadsForward:
            BrokenPromises(
                always: [
                    "a read of a stream begins at the version it names",
                    "a stream reads backward in pages of every size",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .checkpointIsTheHead:
            BrokenPromises(
                always: [
                    "a subscription after a place that the log does not have is logDiverged",
                    "checkpoint(at:) is the place at every position, and nil behind the end",
                ],
                sometimes: [
                    "a subscription begins right behind its checkpoint",
                    "generated sequences of calls answer as the model does",
                ]
            )
        case .tenantsAreUnordered:
            BrokenPromises(
                always: [
                    "tenants are listed by their UTF-8 bytes, in pages of every size"
                ]
            )
        case .tenantsShareIDs:
            BrokenPromises(
                always: [
                    "an event id is the tenant's own: another tenant may use it"
                ]
            )
        case .waitSleepsToTheEnd:
            BrokenPromises(
                always: [
                    "a wait for events that are there returns at once",
                    "a wait for events wakes up when one is appended",
                    "a wait for events wakes up when the fence is raised",
                ],
                sometimes: [
                    "a subscription catches up and then goes on live, each event once and in order",
                    "a subscription ends with fenced when the fence is raised",
                ]
            )
        case .purgeRemovesHead:
            BrokenPromises(
                always: [
                    "a purged tenant takes its log again",
                    "purge removes the events and keeps the head under the new fence",
                    "purging again with the same fence is harmless",
                ]
            )
        case .replaceIgnoresExpectedHead:
            BrokenPromises(
                always: [
                    "replaceLog of a log that does not end as expected is logDiverged"
                ]
            )
        case .readAfterClose:
            BrokenPromises(
                always: [
                    "after close every call throws closed, and closing again does nothing"
                ]
            )
        case .cancelledAppendCommits:
            BrokenPromises(
                always: [
                    "a cancelled task appends nothing, is told so, and leaves the store usable",
                    "a read by a cancelled task throws cancelled",
                ]
            )
        case .fenceIsCheckedBeforeTheCommit:
            BrokenPromises(
                always: [
                    "a repeated append under a higher epoch raises the fence too",
                    "a writer that started before the fence and finishes after it is rejected",
                    "an append under a higher epoch raises the fence and opens the store",
                ],
                sometimes: [
                    "many writers race a fence: nothing commits after raiseFence has returned",
                    "generated sequences of calls answer as the model does",
                ]
            )
        }
    }
}
