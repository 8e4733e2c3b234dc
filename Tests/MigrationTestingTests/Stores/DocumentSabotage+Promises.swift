extension DocumentSabotage {
    /// The behaviours that must fail, and those that may: they depend on the seed, or on how tasks interleave.
    var brokenPromises: BrokenPromises {
        switch self {
        case .none: BrokenPromises(always: [])
        case .tagIsAHashOfTheBody:
            BrokenPromises(
                always: [
                    "a delete that expects a tag is rejected as etagMismatch at another",
                    "a patch that expects a tag is rejected as etagMismatch at another",
                    "a tag never repeats, not for the same bytes and not after a delete",
                    "a transaction applies all its writes and answers with their tags",
                    "a write that expects a tag is applied at that tag, and rejected as etagMismatch at another",
                ],
                sometimes: [
                    "many tasks compare and swap: no update is lost",
                    "generated sequences of calls answer as the model does",
                    "many tasks write keys of their own: none is lost, and no tag is given twice",
                ]
            )
        case .filterIsDropped:
            BrokenPromises(
                always: [
                    "a continuation of another query is invalidContinuation",
                    "a count is the number of documents that a query returns, by partition and filter",
                    "and, or and not combine as logic does, empty lists included",
                    "arrays are values like others: a comparison does not reach into them",
                    "contains matches arrays with an equal element, and no other type",
                    "equal matches equal values of the same kind, in every pair of types",
                    "exists matches every field that is there, null and undefined included",
                    "greater matches greater values of the same kind, in every pair of types",
                    "greaterOrEqual matches values of the same kind, in every pair of types",
                    "hasPrefix matches texts byte by byte, and no other type",
                    "less matches lesser values of the same kind, in every pair of types",
                    "lessOrEqual matches values of the same kind, in every pair of types",
                    "oneOf matches what equals one of its values, and nothing when it is empty",
                    "paths go through documents and array indexes, and names are taken exactly",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .filterTakesNullForMissing:
            BrokenPromises(
                always: [
                    "equal matches equal values of the same kind, in every pair of types"
                ]
            )
        case .countIgnoresFilter:
            BrokenPromises(
                always: [
                    "a count is the number of documents that a query returns, by partition and filter"
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .partitionOfQueryIsIgnored:
            BrokenPromises(
                always: [
                    "a continuation of another query is invalidContinuation",
                    "a count is the number of documents that a query returns, by partition and filter",
                    "a query of one partition returns only its documents, page by page",
                    "absent, null and empty partition keys, and none, are different keys",
                    "partition keys of different lengths and cuts are different keys",
                    "partition keys of different types are different keys",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .limitIsIgnored:
            BrokenPromises(
                always: [
                    "a continuation of another query is invalidContinuation",
                    "a limit counts documents that match, not those that were looked at",
                    "a limit holds for all pages together",
                ]
            )
        case .negativeLimitMeansNone:
            BrokenPromises(
                always: [
                    "a negative limit of a query is invalidArgument"
                ]
            )
        case .sortIsDropped:
            BrokenPromises(
                always: [
                    "a continuation of another query is invalidContinuation",
                    "a descending sort is the reverse order over all types, missing last",
                    "a sort by several fields takes them in turn, each in its direction",
                    "a sorted query that goes on after writes neither repeats nor skips what stayed",
                    "an expired document is invisible to every kind of read",
                    "documents that sort equal follow by partition key and id, in both directions",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .sortDirectionIsIgnored:
            BrokenPromises(
                always: [
                    "a continuation of another query is invalidContinuation",
                    "a descending sort is the reverse order over all types, missing last",
                    "a sort by several fields takes them in turn, each in its direction",
                    "a sorted query that goes on after writes neither repeats nor skips what stayed",
                ]
            )
        case .sortTiesAreReversed:
            BrokenPromises(
                always: [
                    "a sort by several fields takes them in turn, each in its direction",
                    "a sorted query goes on in pages of every size, also among equal values",
                    "an expired document is invisible to every kind of read",
                    "documents that sort equal follow by partition key and id, in both directions",
                ]
            )
        case .expiredIsVisible:
            BrokenPromises(
                always: [
                    "a collection's default lifetime counts from the last write, unless the write says forever",
                    "a document expires at its millisecond, not before",
                    "an expired document does not exist for conditions",
                    "an expired document is invisible to every kind of read",
                    "purging removes expired documents only, at most as many as asked for, and counts them",
                ]
            )
        case .patchRenewsLifetime:
            BrokenPromises(
                always: [
                    "a patch leaves the expiry as it is, unless it says otherwise"
                ]
            )
        case .batchIsReversed:
            BrokenPromises(
                always: [
                    "a batch answers each write in its place",
                    "a change's own continuation goes on right behind it",
                    "an invalid write ends an ordered batch",
                    "an ordered batch ends with the first write that is not applied",
                    "an ordered batch of one kind of write ends with the first that is not applied",
                    "writes of one batch or transaction keep a unique index among themselves",
                    "writes of the same key in a batch are applied in the order of the batch",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .orderedBatchGoesOn:
            BrokenPromises(
                always: [
                    "an invalid write ends an ordered batch",
                    "an ordered batch ends with the first write that is not applied",
                    "an ordered batch of one kind of write ends with the first that is not applied",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .emptyBatchIsAccepted:
            BrokenPromises(
                always: [
                    "an empty batch is emptyBatch, ordered or not"
                ]
            )
        case .transactionIsPartial:
            BrokenPromises(
                always: [
                    "a later write of a transaction sees an earlier one of the same key",
                    "a refused write is no change",
                    "a transaction with a write that cannot be applied changes nothing and names it",
                    "an invalid write of a transaction changes nothing and tells why",
                    "writes of one batch or transaction keep a unique index among themselves",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .transactionSpansPartitions:
            BrokenPromises(
                always: [
                    "a transaction over two partitions or collections is invalidArgument"
                ]
            )
        case .idOfBodyIsUnchecked:
            BrokenPromises(
                always: [
                    "a body whose _id differs from its key is invalidDocument, and nothing is written",
                    "a numeric _id of another type than the key's is invalidDocument",
                    "an invalid write ends an ordered batch",
                    "an invalid write of a batch is rejected as invalid and leaves the others alone",
                    "an invalid write of a transaction changes nothing and tells why",
                    "an ordered batch of one kind of write ends with the first that is not applied",
                ]
            )
        case .longIDIsCut:
            BrokenPromises(
                always: [
                    "an id that is too long is keyTooLong, in reads and in writes",
                    "an invalid write of a batch is rejected as invalid and leaves the others alone",
                ]
            )
        case .typedIDBecomesText:
            BrokenPromises(
                always: [
                    "a numeric _id of another type than the key's is invalidDocument",
                    "an id of another type is another id than the text that looks like it",
                ]
            )
        case .absentPartitionBecomesNull:
            BrokenPromises(
                always: [
                    "absent, null and empty partition keys, and none, are different keys",
                    "partition keys of different lengths and cuts are different keys",
                ]
            )
        case .integersAreNarrowed:
            BrokenPromises(
                always: [
                    "a body comes back byte for byte, with values of every type",
                    "a patch increments numbers, and integers stay integers",
                    "a value of any type alone in a body comes back byte for byte",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .insertOverwrites:
            BrokenPromises(
                always: [
                    "a batch answers each write in its place",
                    "a refused write is no change",
                    "a transaction with a write that cannot be applied changes nothing and names it",
                    "an insert is applied once, and then rejected as exists",
                    "an ordered batch of one kind of write ends with the first that is not applied",
                    "many tasks insert under one key: exactly one wins",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .replaceInserts:
            BrokenPromises(
                always: [
                    "a batch answers each write in its place",
                    "a later write of a transaction sees an earlier one of the same key",
                    "a replace of a missing document is rejected as notFound, and writes nothing",
                    "a transaction with a write that cannot be applied changes nothing and names it",
                    "an expired document does not exist for conditions",
                    "an ordered batch of one kind of write ends with the first that is not applied",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .tagConditionIsIgnored:
            BrokenPromises(
                always: [
                    "a delete that expects a tag is rejected as etagMismatch at another",
                    "a write that expects a tag is applied at that tag, and rejected as etagMismatch at another",
                ],
                sometimes: [
                    "many tasks compare and swap: no update is lost",
                    "generated sequences of calls answer as the model does",
                ]
            )
        case .deleteOfNothingIsApplied:
            BrokenPromises(
                always: [
                    "a batch answers each write in its place",
                    "a delete removes the document, and is rejected as notFound when there is none",
                    "a delete that expects a tag is rejected as etagMismatch at another",
                    "an expired document does not exist for conditions",
                    "an ordered batch ends with the first write that is not applied",
                    "an ordered batch of one kind of write ends with the first that is not applied",
                    "an unordered batch attempts every write",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .patchIsPartial:
            BrokenPromises(
                always: [
                    "a patch that cannot be applied is invalidArgument, and none of its operations is"
                ]
            )
        case .patchIgnoresTag:
            BrokenPromises(
                always: [
                    "a patch that expects a tag is rejected as etagMismatch at another"
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        case .patchReadsThenWrites:
            BrokenPromises(
                always: [
                    "many tasks increment one number: none is lost"
                ]
            )
        case .anyContinuationIsAccepted:
            BrokenPromises(
                always: [
                    "a continuation of another query is invalidContinuation",
                    "a continuation of another range is invalidContinuation",
                    "a damaged continuation of a query or scan is invalidContinuation",
                ]
            )
        case .scanRepeatsADocument:
            BrokenPromises(
                always: [
                    "a scan returns every document once, in pages of every size",
                    "documents that come later fall into one of the ranges too",
                    "ranges cover a collection without overlap, however many are asked for",
                ],
                sometimes: [
                    "a scan returns what stays exactly once, while others write, replace and delete"
                ]
            )
        case .scanSkipsADocument:
            BrokenPromises(
                always: [
                    "a scan returns every document once, in pages of every size",
                    "documents that come later fall into one of the ranges too",
                    "ranges cover a collection without overlap, however many are asked for",
                ],
                sometimes: [
                    "a scan returns what stays exactly once, while others write, replace and delete"
                ]
            )
        case .rangesOverlap:
            BrokenPromises(
                always: [
                    "documents that come later fall into one of the ranges too",
                    "ranges cover a collection without overlap, however many are asked for",
                ]
            )
        case .rangesLeaveAGap:
            BrokenPromises(
                always: [
                    "documents that come later fall into one of the ranges too",
                    "ranges cover a collection without overlap, however many are asked for",
                ]
            )
        case .collectionMismatchIsIgnored:
            BrokenPromises(
                always: [
                    "a collection with another partition path is collectionMismatch, and stays as it is"
                ]
            )
        case .collectionsAreUnordered:
            BrokenPromises(
                always: [
                    "collections are listed by name, with their definitions"
                ]
            )
        case .uniqueIndexIsDropped:
            BrokenPromises(
                always: [
                    "a unique index leaves out documents that lack one of its fields",
                    "a unique index refuses a second document with equal values, by name",
                    "writes of one batch or transaction keep a unique index among themselves",
                ]
            )
        case .deletesAreMissingInFeed:
            BrokenPromises(
                always: [
                    "deletes are shown where the capabilities say so"
                ],
                sometimes: [
                    "a scan and the changes since before it miss nothing that others write meanwhile"
                ]
            )
        case .feedIsReversed:
            BrokenPromises(
                always: [
                    "a change's own continuation goes on right behind it",
                    "a feed after a point shows what was acknowledged since, and nothing else",
                ]
            )
        case .feedRunsAhead:
            BrokenPromises(
                always: [
                    "a feed from the beginning shows every document that exists",
                    "a page of changes holds at most as many as asked for, and its continuation goes on behind it",
                ],
                sometimes: [
                    "a scan and the changes since before it miss nothing that others write meanwhile"
                ]
            )
        case .closeIsIgnored:
            BrokenPromises(
                always: [
                    "after close every call throws closed, and closing again does nothing"
                ]
            )
        case .cancellationIsIgnored:
            BrokenPromises(
                always: [
                    "a cancelled task writes nothing, is told so, and leaves the store usable",
                    "a read by a cancelled task throws cancelled",
                    "a wait for changes ends when its task is cancelled",
                ]
            )
        case .readManyLeavesOutMissing:
            BrokenPromises(
                always: [
                    "a transaction applies all its writes and answers with their tags",
                    "reading many keys answers each in its place, missing and repeated ones too",
                ],
                sometimes: [
                    "generated sequences of calls answer as the model does"
                ]
            )
        }
    }
}
