internal import MigrationCore

extension StoreError {
    static let closedStore = StoreError(.closed, "The MongoDB store was closed; open it again.")

    static let cancelledCall = StoreError(.cancelled, "The task was cancelled before the call reached MongoDB.")

    /// The failure that a call ended with, where it was MongoDB's.
    var mongoFailure: MongoFailure? { underlying as? MongoFailure }

    /// What a failure means for the caller of a store.
    init(_ failure: MongoFailure) {
        let (code, message) = Self.meaning(of: failure)
        self.init(code, message, underlying: failure)
    }

    /// The same failure of a write: where the server may have got it and nothing came back, its outcome is unknown.
    ///
    /// Errors that the server answers with are about a write that it did not apply, except those of a replica set that could
    /// not say in time whether the write will last.
    func ofWrite() -> StoreError {
        guard let failure = mongoFailure else { return self }
        let isOpen =
            failure.isLostReply || failure.labels.contains("UnknownTransactionCommitResult")
            || failure.code == ServerCode.writeConcernFailed || failure.code == ServerCode.maxTimeExpired
            || failure.origin == .server && ServerCode.stateChangeCodes.contains(failure.code)
        guard isOpen else { return self }
        return StoreError(
            .outcomeUnknown,
            "MongoDB did not say how the write ended; read, or repeat the call, to find out.",
            context: context,
            underlying: failure
        )
    }

    private static func meaning(of failure: MongoFailure) -> (Code, String) {
        switch failure.origin {
        case .connection:
            return failure.isLostReply
                ? (.unavailable, "The connection to MongoDB broke or timed out; try again once the server answers.")
                : (
                    .unavailable,
                    "No primary of the MongoDB replica set can be reached; check the server and try again."
                )
        case .client:
            return failure.code == MongoFailure.authenticationCode
                ? (.unauthenticated, "MongoDB did not accept the credentials; correct them, nothing was tried again.")
                : (.internalInconsistency, "libmongoc refused the call; please report it with its debug description.")
        case .server:
            // The same code as for a right that is missing; only the text tells that nobody has logged in.
            if failure.code == ServerCode.unauthorized, failure.text.contains("requires authentication") {
                return (.unauthenticated, "MongoDB asks for credentials; put them into the connection string.")
            }
            return meaning(ofServerCode: failure.code, labels: failure.labels)
        }
    }

    private static func meaning(ofServerCode code: UInt32, labels: [String]) -> (Code, String) {
        switch code {
        case ServerCode.unauthorized:
            (.notPermitted, "The MongoDB user lacks a right that the call needs; grant it.")
        case _ where ServerCode.unauthenticatedCodes.contains(code):
            (.unauthenticated, "MongoDB did not accept the credentials; correct them, nothing was tried again.")
        case ServerCode.maxTimeExpired: (.timeout, "MongoDB ended the call at its time limit; try again.")
        case ServerCode.databaseDropPending: (.unavailable, "The database is being dropped; try again.")
        case ServerCode.writeConflict: (.busy, "Another writer kept changing the same document; try again.")
        case _ where ServerCode.stateChangeCodes.contains(code):
            (.unavailable, "The replica set is choosing a primary or shutting down; try again.")
        case _ where ServerCode.outOfRoomCodes.contains(code): (.diskFull, "The server's disk is full; make room.")
        case _ where ServerCode.overloadedCodes.contains(code): (.throttled, "MongoDB asks for fewer calls; slow down.")
        case ServerCode.objectTooLarge, 17_419, 17_420:
            (.documentTooLarge, "The document is larger than MongoDB can hold.")
        case ServerCode.changeStreamHistoryLost, ServerCode.changeStreamFatal:
            (.feedHistoryLost, "The oplog no longer holds the changes after the continuation; begin again with a scan.")
        case _ where labels.contains("TransientTransactionError"):
            (.busy, "The transaction was ended by the server; try again.")
        default:
            (.internalInconsistency, "MongoDB refused the call with code \(code); its debug description says why.")
        }
    }
}

extension ServerCode {
    static let writeConcernFailed: UInt32 = 64
}

extension MongoFailure {
    /// libmongoc's code for a failed authentication.
    static let authenticationCode: UInt32 = 11

    /// Whether a request may have reached the server while its reply did not come back.
    var isLostReply: Bool { origin == .connection && code != Self.selectionCode }

    /// Stands for every failure to find a server at all.
    static let selectionCode: UInt32 = 0
}
