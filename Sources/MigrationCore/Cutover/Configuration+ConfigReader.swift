#if Configuration
public import Configuration

extension MigrationCoordinator.Configuration {
    /// Reads a coordinator's configuration; what is not there keeps its default. Needs the package trait `Configuration`.
    ///
    /// | key | type | default |
    /// |---|---|---|
    /// | `copier.*` | see ``EventCopier/Configuration/init(configReader:)`` | |
    /// | `rateLimit.itemsPerSecond` | double | none |
    /// | `rateLimit.bytesPerSecond` | double | none |
    /// | `cutoverTimeoutSeconds` | double | 5 |
    /// | `lagThreshold` | int | 0 |
    /// | `maximumDrainEvents` | int | 2000 |
    /// | `keepsSourceWarm` | bool | true |
    /// | `purgesOnAbort` | bool | false |
    /// | `verifiesBeforeCutover` | bool | true |
    /// | `maximumParallelMigrations` | int | 16 |
    /// | `leaseSeconds` | double | 10 |
    /// | `stuckAfterSeconds` | double | 30 |
    /// | `actor` | string | coordinator |
    ///
    /// None of them is secret.
    public init(configReader: ConfigReader) {
        self.init()
        copier = EventCopier.Configuration(configReader: configReader.scoped(to: "copier"))
        rateLimit = RateLimit(
            maximumItemsPerSecond: configReader.double(forKey: "rateLimit.itemsPerSecond"),
            maximumBytesPerSecond: configReader.double(forKey: "rateLimit.bytesPerSecond")
        )
        cutoverTimeout = configReader.seconds("cutoverTimeoutSeconds", default: cutoverTimeout)
        lagThreshold = Int64(configReader.int(forKey: "lagThreshold", default: Int(lagThreshold)))
        maximumDrainEvents = Int64(configReader.int(forKey: "maximumDrainEvents", default: Int(maximumDrainEvents)))
        keepsSourceWarm = configReader.bool(forKey: "keepsSourceWarm", default: keepsSourceWarm)
        purgesOnAbort = configReader.bool(forKey: "purgesOnAbort", default: purgesOnAbort)
        verifiesBeforeCutover = configReader.bool(forKey: "verifiesBeforeCutover", default: verifiesBeforeCutover)
        maximumParallelMigrations = configReader.int(
            forKey: "maximumParallelMigrations",
            default: maximumParallelMigrations
        )
        leaseDuration = configReader.seconds("leaseSeconds", default: leaseDuration)
        stuckAfter = configReader.seconds("stuckAfterSeconds", default: stuckAfter)
        actor = configReader.string(forKey: "actor", default: actor)
    }
}

extension EventCopier.Configuration {
    /// Reads a copier's configuration; what is not there keeps its default. Needs the package trait `Configuration`.
    ///
    /// | key | type | default |
    /// |---|---|---|
    /// | `maximumPageEvents` | int | 1000 |
    /// | `maximumBatchBytes` | int | 4194304 |
    /// | `maximumBatchEvents` | int | 1000 |
    /// | `maximumParallelTenants` | int | 4 |
    ///
    /// None of them is secret.
    public init(configReader: ConfigReader) {
        self.init()
        maximumPageEvents = configReader.int(forKey: "maximumPageEvents", default: maximumPageEvents)
        maximumBatchBytes = configReader.int(forKey: "maximumBatchBytes", default: maximumBatchBytes)
        maximumBatchEvents = configReader.int(forKey: "maximumBatchEvents", default: maximumBatchEvents)
        maximumParallelTenants = configReader.int(forKey: "maximumParallelTenants", default: maximumParallelTenants)
    }
}

extension ConfigReader {
    fileprivate func seconds(_ key: ConfigKey, default duration: Duration) -> Duration {
        double(forKey: key).map { .seconds($0) } ?? duration
    }
}
#endif
