internal import MigrationCore

/// Where a listing goes on: the service's own mark, and which listing it belongs to.
enum ListingPlace {
    /// Makes the continuation of a listing.
    static func continuation(_ marker: String, in listing: String) -> Continuation {
        Continuation(text: (["listing": .string(listing), "marker": .string(marker)] as Document).json(.canonical))
    }

    /// The mark of a continuation; nil for none.
    ///
    /// - Throws: `invalidContinuation` for one that is damaged or of another listing.
    static func marker(of continuation: Continuation?, in listing: String) throws(StoreError) -> String? {
        guard let continuation else { return nil }
        guard let document = try? Document(json: continuation.text), document["listing"] == .string(listing),
            case .string(let marker)? = document["marker"]
        else {
            throw StoreError(
                .invalidContinuation,
                "The continuation is damaged or of another listing; begin again without one."
            )
        }
        return marker
    }
}
