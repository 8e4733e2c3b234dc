extension MongoConnection {
    /// How a connection behaves where its URI says nothing.
    public struct Configuration: Sendable, Hashable {
        /// How many calls run at the same time: each has a client and a thread of its own. At least 1.
        public var laneCount = 4
        /// How many change streams are waited for at the same time, each on a thread of its own. At least 1.
        public var feedLaneCount = 2
        /// How long a call waits for a primary; the URI's `serverSelectionTimeoutMS` goes before it.
        public var serverSelectionTimeout = Duration.seconds(10)
        /// How long a connection may take to be made; the URI's `connectTimeoutMS` goes before it.
        public var connectTimeout = Duration.seconds(10)
        /// How long a reply may take; the URI's `socketTimeoutMS` goes before it.
        public var socketTimeout = Duration.seconds(30)
        /// How long a transaction that the server ends is begun anew.
        public var transactionBudget = Duration.seconds(30)
        /// What the server's log calls the connection; the URI's `appName` goes before it.
        public var applicationName = "cutover"

        /// Makes a configuration with the defaults above.
        public init() {}
    }
}
