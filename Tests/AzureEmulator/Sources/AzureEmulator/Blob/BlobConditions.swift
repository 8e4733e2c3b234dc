/// The conditions of a request: entity tags, times, tags.
struct BlobConditions: Sendable {
    let request: Request
    let rules: Rules

    static let notMet = StorageError(
        412,
        "ConditionNotMet",
        "The condition specified using HTTP conditional header(s) is not met."
    )
    private static let notModified = StorageError(304, "ConditionNotMet", "")

    /// Checks them against a blob, or against its absence. A read that finds nothing new is answered with 304.
    func check(_ blob: Blob?, isRead: Bool) throws(StorageError) {
        try check(etag: blob?.etag, lastModified: blob?.lastModified, isRead: isRead)
        if let text = request.header("x-ms-if-tags"), rules.holds("blob.tags-condition") {
            guard let expression = BlobTagExpression(text) else { throw .invalidHeader("x-ms-if-tags") }
            guard let blob, expression.isTrue(of: blob.tags) else { throw Self.notMet }
        }
    }

    func check(etag: String?, lastModified: Moment?, isRead: Bool) throws(StorageError) {
        if let wanted = request.header("If-Match"), rules.holds("blob.if-match") {
            guard let etag, matches(wanted, etag) else { throw Self.notMet }
        }
        if let refused = request.header("If-None-Match"), rules.holds("blob.if-none-match"), let etag {
            if refused == "*", !isRead {
                if rules.holds("blob.create-only") {
                    throw StorageError(409, "BlobAlreadyExists", "The specified blob already exists.")
                }
                throw Self.notMet
            }
            if matches(refused, etag) { throw isRead ? Self.notModified : Self.notMet }
        }
        guard rules.holds("blob.if-modified") else { return }
        if let text = request.header("If-Modified-Since"), let lastModified {
            guard let since = Moment(rfc1123: text) else { throw .invalidHeader("If-Modified-Since") }
            if lastModified.seconds <= since.seconds { throw isRead ? Self.notModified : Self.notMet }
        }
        if let text = request.header("If-Unmodified-Since"), let lastModified {
            guard let since = Moment(rfc1123: text) else { throw .invalidHeader("If-Unmodified-Since") }
            if lastModified.seconds > since.seconds { throw Self.notMet }
        }
    }

    /// A list of entity tags, with quotes or without, or a star.
    private func matches(_ list: String, _ etag: String) -> Bool {
        list.split(separator: ",").contains { element in
            let element = element.trimmed
            return element == "*" || element == etag || "\"\(element)\"" == etag
        }
    }
}
