package import MigrationCore

/// Adds the date and the authorization to one attempt. Each attempt is signed anew, so a signer keeps nothing of the last.
package protocol RequestSigner: Sendable {
    /// Signs a request that is complete but for its date and authorization.
    ///
    /// - Parameters:
    ///   - request: what will be sent, exactly; earlier dates and authorizations in it are replaced.
    ///   - time: the time of this attempt.
    func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError)

    /// Lets go of a credential that the server did not accept; true when the next attempt will use another one.
    ///
    /// - Parameter request: the request that was refused.
    func discardCredential(of request: HTTPRequest) -> Bool
}

extension RequestSigner {
    package func discardCredential(of request: HTTPRequest) -> Bool { false }
}

/// Signs nothing: for identity endpoints, and for accounts that let anybody read.
package struct NoSigner: RequestSigner {
    package init() {}

    package func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {}
}

/// The names of the fields that signers write.
enum SignedField {
    static let authorization = "Authorization"
    static let date = "x-ms-date"
}

extension HTTPRequest {
    /// Sets the date of this attempt, and removes what an earlier attempt left.
    mutating func beginSigning(at time: WallTime) {
        headers.remove("Date")
        headers.remove(SignedField.authorization)
        headers[SignedField.date] = time.httpDate
    }
}
