package import CutoverAzureTransport
public import MigrationCore

/// An event store in a container of Azure Blob Storage: each tenant's log is a row of append blobs.
///
/// Every append is one block under the condition of the blob's length, so events, head and fence change together or not at
/// all, and any number of processes may append. Appends of one tenant that come while another is under way go together in one block. A fence is a record of the log itself. It suits logs that are archived, or written by
/// few and read in order: the store keeps an index of each log that it uses in memory, about 100 bytes for each event, and reads the
/// log once to make it.
public final class BlobEventStore: RepairableEventStore {
    public let id: StoreID
    public let capabilities = EventStoreCapabilities(
        maximumEventBytes: 3 << 20,
        maximumAppendEvents: 4_000,
        maximumAppendBytes: 3 << 20,
        durability: .replicated
    )

    let gateway: BlobGateway
    let names: LogNames
    let environment: AzureEnvironment
    let options: BlobLogOptions
    let changes = WaitList<TenantID>()
    let door: StoreDoor
    private let configuration: BlobConfiguration
    private let logs = Locked(LogShelf())

    private init(
        id: StoreID,
        _ configuration: BlobConfiguration,
        _ options: BlobLogOptions,
        gateway: BlobGateway,
        _ environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        self.configuration = configuration
        self.options = options
        self.gateway = gateway
        self.environment = environment
        door = StoreDoor(id, end: end)
        names = LogNames(prefix: configuration.prefix)
    }

    /// Opens the store over a given transport, and makes sure that its container is there.
    ///
    /// - Parameter end: called once when the store was closed, such as to stop the transport.
    package static func connect(
        id: StoreID,
        _ configuration: BlobConfiguration,
        options: BlobLogOptions = BlobLogOptions(),
        in environment: AzureEnvironment,
        end: @escaping @Sendable () async -> Void = {}
    ) async throws(StoreError) -> BlobEventStore {
        do throws(StoreError) {
            try options.check()
            let gateway = try await BlobGateway.open(configuration, in: environment)
            return BlobEventStore(id: id, configuration, options, gateway: gateway, environment, end: end)
        } catch {
            throw error.from(id)
        }
    }

    public func close() async { await door.close() }

    /// The log of a tenant, with what is known about it.
    func log(of tenant: TenantID) -> TenantLog {
        logs.withLock { shelf in
            if let log = shelf.take(tenant) { return log }
            let log = TenantLog(
                tenant,
                store: id,
                gateway: gateway,
                names: names,
                configuration,
                environment,
                limits: TenantLog.Limits(
                    blocks: options.maximumSegmentRecords,
                    bytes: Int64(options.maximumSegmentBytes)
                ),
                committed: { [changes] in changes.signal(tenant) }
            )
            shelf.put(log, maximum: options.maximumTenantsInMemory)
            return log
        }
    }
}

/// How a ``BlobEventStore`` keeps its logs.
public struct BlobLogOptions: Sendable {
    /// When a log goes on in another blob: 1 MiB to 100 GiB. Default 1 GiB.
    public var maximumSegmentBytes = 1 << 30
    /// Of how many tenants the index is kept in memory; at least 1. Default 1,000. The one that was not used for longest goes.
    public var maximumTenantsInMemory = 1_000
    /// How often a waiting subscriber asks for what other processes have appended. Default 500 milliseconds.
    public var pollingInterval = Duration.milliseconds(500)
    /// The same limit in records: a blob has up to 50,000 blocks, of which some are left for fences and the seal.
    package var maximumSegmentRecords = 49_000

    /// Makes options with the defaults.
    public init() {}

    func check() throws(StoreError) {
        guard (1 << 20...100 << 30).contains(maximumSegmentBytes) else {
            throw StoreError(.invalidConfiguration, "maximumSegmentBytes is 1 MiB to 100 GiB.")
        }
        guard maximumTenantsInMemory >= 1 else {
            throw StoreError(.invalidConfiguration, "maximumTenantsInMemory is at least 1.")
        }
        guard pollingInterval > .zero else {
            throw StoreError(.invalidConfiguration, "pollingInterval is positive.")
        }
    }
}

/// The logs in memory, the least recently used of which goes first.
private struct LogShelf: Sendable {
    private var logs: [TenantID: (log: TenantLog, used: UInt64)] = [:]
    private var uses: UInt64 = 0

    mutating func take(_ tenant: TenantID) -> TenantLog? {
        guard let log = logs[tenant]?.log else { return nil }
        uses += 1
        logs[tenant]?.used = uses
        return log
    }

    mutating func put(_ log: TenantLog, maximum: Int) {
        if logs.count >= maximum, let oldest = logs.min(by: { $0.value.used < $1.value.used })?.key {
            logs[oldest] = nil
        }
        uses += 1
        logs[log.tenant] = (log, uses)
    }
}
