extension StoreError {
    /// The kind of a ``StoreError``. New kinds may come with a minor release.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, CaseIterable {
            case busy, cancelled, closed, collectionMismatch, collectionNotFound, conflictingEvent, controlStoreBehind
            case corrupt, diskFull
            case documentTooLarge, duplicateEvent, emptyBatch, epochConflict, eventTooLarge, feedHistoryLost, fenced
            case foreignFile, internalInconsistency, invalidArgument, invalidConfiguration, invalidContinuation
            case invalidDocument, invalidKey, keyTooLong, logDiverged, newerSchema, notPermitted, outcomeUnknown
            case readOnly, storeIsActive, tenantNotPrepared, throttled, timeout, unauthenticated, unavailable
            case unregisteredStore, unsupported, versionConflict
        }

        private let kind: Kind

        /// What a caller does about an error of this kind.
        public enum Category: String, Sendable, Hashable, CaseIterable {
            /// The call itself is wrong; the same call will fail again.
            case caller
            /// Another writer was first, or the log moved on: read again, decide again.
            case conflict
            /// The route has moved; re-read it and use the store that it names.
            case routing
            /// The store cannot answer now; a later attempt may succeed.
            case transient
            /// Credentials or rights are wrong; stop and tell the operator.
            case authorization
            /// The store's data or file is not what it must be; stop and tell the operator.
            case data
            /// Neither success nor failure: the caller went away, or the outcome is open.
            case indeterminate
        }

        /// What a caller does about it.
        public var category: Category {
            switch kind {
            case .closed, .collectionMismatch, .collectionNotFound, .documentTooLarge, .emptyBatch, .eventTooLarge,
                .invalidArgument, .invalidConfiguration, .invalidContinuation, .invalidDocument, .invalidKey,
                .keyTooLong,
                .storeIsActive, .tenantNotPrepared, .unregisteredStore, .unsupported:
                .caller
            case .conflictingEvent, .duplicateEvent, .versionConflict: .conflict
            case .epochConflict, .fenced: .routing
            case .busy, .throttled, .timeout, .unavailable: .transient
            case .notPermitted, .unauthenticated: .authorization
            case .controlStoreBehind, .corrupt, .diskFull, .feedHistoryLost, .foreignFile, .internalInconsistency,
                .logDiverged,
                .newerSchema,
                .readOnly:
                .data
            case .cancelled, .outcomeUnknown: .indeterminate
            }
        }

        /// Whether the same call may succeed later without anybody changing anything. Nothing was applied.
        public var isRetryable: Bool {
            switch category {
            case .transient: true
            case .caller, .conflict, .routing, .authorization, .data, .indeterminate: false
            }
        }

        public var description: String { kind.rawValue }

        /// Another process holds the store's lock beyond the deadline of the call.
        public static let busy = Code(kind: .busy)
        /// The calling task was cancelled before the store began to apply the call.
        public static let cancelled = Code(kind: .cancelled)
        /// The store was closed; open it again.
        public static let closed = Code(kind: .closed)
        /// The collection exists with another partition path; nothing was changed.
        public static let collectionMismatch = Code(kind: .collectionMismatch)
        /// The collection does not exist and this store does not create collections on write.
        public static let collectionNotFound = Code(kind: .collectionNotFound)
        /// An event with this id is in the tenant's log with other content.
        public static let conflictingEvent = Code(kind: .conflictingEvent)
        /// A store's fence is ahead of the route: the control store was restored from the past. Writes stop until it is repaired.
        public static let controlStoreBehind = Code(kind: .controlStoreBehind)
        /// Stored bytes are damaged, or are not what their format says.
        public static let corrupt = Code(kind: .corrupt)
        /// The medium has no room; nothing of this call was applied.
        public static let diskFull = Code(kind: .diskFull)
        /// The document is larger than the store can hold.
        public static let documentTooLarge = Code(kind: .documentTooLarge)
        /// An event with this id is in the tenant's log at another place, or twice in the call.
        public static let duplicateEvent = Code(kind: .duplicateEvent)
        /// A batch, append or transaction without a single item.
        public static let emptyBatch = Code(kind: .emptyBatch)
        /// The store's fence has the same epoch under another route: the control store was restored from the past.
        public static let epochConflict = Code(kind: .epochConflict)
        /// The event, or the whole append, is larger than the store can hold in one atomic step.
        public static let eventTooLarge = Code(kind: .eventTooLarge)
        /// The change feed no longer holds the changes after this continuation; start again from a scan.
        public static let feedHistoryLost = Code(kind: .feedHistoryLost)
        /// The store's fence has passed the caller's epoch; read the route again.
        public static let fenced = Code(kind: .fenced)
        /// The file belongs to another program.
        public static let foreignFile = Code(kind: .foreignFile)
        /// A promise of the library did not hold; please report it.
        public static let internalInconsistency = Code(kind: .internalInconsistency)
        /// An argument is outside its domain, such as a negative limit.
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// Two settings contradict each other, or one cannot be honoured here.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// The continuation is damaged, or belongs to another query, range or feed.
        public static let invalidContinuation = Code(kind: .invalidContinuation)
        /// The document breaks a rule of the store, such as an `_id` that differs from its key.
        public static let invalidDocument = Code(kind: .invalidDocument)
        /// A name, id or partition key that no store, or not this one, can hold.
        public static let invalidKey = Code(kind: .invalidKey)
        /// A name, id or partition key that is longer than the store can hold.
        public static let keyTooLong = Code(kind: .keyTooLong)
        /// The two logs differ at the position in the context; it never resumes by itself.
        public static let logDiverged = Code(kind: .logDiverged)
        /// The store was written by a newer version of this library; update before you open it.
        public static let newerSchema = Code(kind: .newerSchema)
        /// The credentials are known and lack the right.
        public static let notPermitted = Code(kind: .notPermitted)
        /// The call may or may not have been applied; resolve it by appending or reading again.
        public static let outcomeUnknown = Code(kind: .outcomeUnknown)
        /// The medium or file cannot be written.
        public static let readOnly = Code(kind: .readOnly)
        /// The operation is refused on the store that is active for the tenant.
        public static let storeIsActive = Code(kind: .storeIsActive)
        /// The tenant has no head in this store; call `prepare` first.
        public static let tenantNotPrepared = Code(kind: .tenantNotPrepared)
        /// The store asks for fewer requests; the context says when to try again.
        public static let throttled = Code(kind: .throttled)
        /// The deadline of the call passed before the store began to apply it.
        public static let timeout = Code(kind: .timeout)
        /// The credentials were not accepted.
        public static let unauthenticated = Code(kind: .unauthenticated)
        /// The store cannot be reached.
        public static let unavailable = Code(kind: .unavailable)
        /// No store is registered under this id; it never falls back to another.
        public static let unregisteredStore = Code(kind: .unregisteredStore)
        /// The store cannot do this, as its capabilities say; the message names the feature.
        public static let unsupported = Code(kind: .unsupported)
        /// The stream is not at the expected version; the context holds the actual one.
        public static let versionConflict = Code(kind: .versionConflict)

        /// Every code there is, in alphabetical order.
        public static var allCodes: [Code] { Kind.allCases.map(Code.init(kind:)) }
    }
}
