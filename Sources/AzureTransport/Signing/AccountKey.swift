internal import Crypto
package import MigrationCore

/// The shared key of an account: it makes signatures, and never shows itself.
package struct AccountKey: Sendable {
    private let key: SymmetricKey

    /// Takes the key as the portal shows it.
    ///
    /// - Throws: `invalidConfiguration` when the text is no Base64, without repeating it.
    package init(base64 text: String) throws(StoreError) {
        guard let bytes = Base64.bytes(text), !bytes.isEmpty else {
            throw StoreError(
                .invalidConfiguration,
                "The account key is not valid Base64; copy it again, with the equal signs at its end."
            )
        }
        key = SymmetricKey(data: bytes)
    }

    /// The signature of a string to sign: HMAC-SHA256 in Base64.
    package func signature(of text: String) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array(text.utf8))
        return Base64.text(Array(code.finalize()))
    }
}

extension AccountKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<account key>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}
