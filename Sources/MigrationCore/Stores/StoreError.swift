/// What went wrong in a store, by a code that says what to do about it.
///
/// Every requirement of ``DocumentStore``, ``EventStore`` and their companions throws this type and no other. Switch over
/// ``code``, or read ``Code/isRetryable`` and ``Code/category``: retry policy, log level, metric dimension and span status
/// all follow those two answers.
///
/// ``description`` holds the code and safe context only. Payloads, keys that identify people and secrets stay out of it;
/// ``message`` tells the operator what to do next, and `debugDescription` adds it together with the underlying error.
public struct StoreError: Error, Sendable {
    /// The kind of failure.
    public let code: Code
    /// One full sentence for the operator: what happened and what to do next.
    public let message: String
    /// The error of the layer below, where there was one.
    public let underlying: (any Error)?
    /// Where it happened.
    public let context: Context

    /// Makes an error.
    public init(_ code: Code, _ message: String, context: Context = Context(), underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.context = context
        self.underlying = underlying
    }

    /// The place of a failure, as far as it is known.
    public struct Context: Sendable, Hashable {
        /// The store that answered.
        public var store: StoreID?
        /// The collection that was asked.
        public var collection: CollectionName?
        /// The tenant whose log was asked.
        public var tenant: TenantID?
        /// The position in the tenant log, 1 for its first event.
        public var position: Int64?
        /// The fence that the store holds, with ``Code/fenced`` and ``Code/epochConflict``.
        public var fence: Fence?
        /// The stream's version in the store, with ``Code/versionConflict``; 0 when the stream does not exist.
        public var actualVersion: Int64?
        /// The index of the offending item in a batch or append, from 0.
        public var item: Int?
        /// How long the store asked to wait before the next attempt, with ``Code/throttled``.
        public var retryAfter: Duration?

        /// Makes a context; every part is optional.
        public init(
            store: StoreID? = nil,
            collection: CollectionName? = nil,
            tenant: TenantID? = nil,
            position: Int64? = nil,
            fence: Fence? = nil,
            actualVersion: Int64? = nil,
            item: Int? = nil,
            retryAfter: Duration? = nil
        ) {
            self.store = store
            self.collection = collection
            self.tenant = tenant
            self.position = position
            self.fence = fence
            self.actualVersion = actualVersion
            self.item = item
            self.retryAfter = retryAfter
        }
    }
}

extension StoreError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var parts = ["StoreError.\(code)"]
        if let store = context.store { parts.append("store: \(store)") }
        if let collection = context.collection { parts.append("collection: \(collection)") }
        if let position = context.position { parts.append("position: \(position)") }
        if let version = context.actualVersion { parts.append("actual version: \(version)") }
        if let item = context.item { parts.append("item: \(item)") }
        if let fence = context.fence { parts.append("fence: \(fence.epoch.number) \(fence.role)") }
        if let retryAfter = context.retryAfter { parts.append("retry after: \(retryAfter)") }
        return parts.count == 1 ? parts[0] : "\(parts[0]) (\(parts.dropFirst().joined(separator: ", ")))"
    }

    public var debugDescription: String {
        var text = "\(description): \(message)"
        if let underlying { text += " [underlying: \(String(reflecting: underlying))]" }
        return text
    }
}

extension StoreError {
    /// The same error with the store that it came from, unless it names one already.
    package func from(_ store: StoreID) -> StoreError {
        guard context.store == nil else { return self }
        var context = context
        context.store = store
        return StoreError(code, message, context: context, underlying: underlying)
    }
}
