/// What answers a request: each service has its own table of what a failure means.
package enum AzureService: String, Sendable, Hashable, CaseIterable {
    case cosmos, blob, table
    /// Microsoft Entra ID's token endpoint.
    case entra
    /// A metadata endpoint beside the machine: IMDS, App Service, Container Apps.
    case metadata

    /// The value of `db.system.name` in OpenTelemetry; nil for what is no database.
    var databaseSystem: String? {
        switch self {
        case .cosmos: "azure.cosmosdb"
        case .blob: "azure.blob"
        case .table: "azure.table"
        case .entra, .metadata: nil
        }
    }
}

/// What sending a request a second time does.
package enum RequestEffect: Sendable, Hashable {
    /// It changes nothing.
    case read
    /// It writes, and the caller says that a repetition is harmless or can be recognised: it is conditional, or has one result.
    case repeatableWrite
    /// It writes, and a repetition could write twice. When its outcome is open it ends as unknown, to be resolved by reading.
    case write
}

/// Where a request must go instead, before it can succeed.
package enum AzureRedirect: Sendable, Hashable {
    /// The region takes no writes, or the account is not there: read the account again (403/3, 403/1008).
    case writeRegion
    /// Another region may answer (429/3092).
    case otherRegion
    /// The range was split or merged, or is just being: read the ranges again (410).
    case partitionRanges
    /// The replica lags behind the session: ask the write region (404/1002).
    case sessionRegion
}
