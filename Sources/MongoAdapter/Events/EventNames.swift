/// The names of collections and fields of the event store in the database.
enum EventNames {
    static let heads = "cutover.heads"
    static let events = "cutover.events"

    /// One event for each tenant, stream and version.
    static let versionIndex = "byVersion"
    /// One event for each tenant and event id.
    static let idIndex = "byID"
}
