#if ServiceLifecycle
public import ServiceLifecycle

/// A coordinator, router or interceptor as a service: a graceful shutdown ends it after the batch that is under way.
///
/// What was applied by then is durable and counts; any process goes on from there. Needs the package trait `ServiceLifecycle`.
///
/// ```
/// let group = ServiceGroup(services: [CutoverService(coordinator), CutoverService(router)], logger: logger)
/// try await group.run()
/// ```
public struct CutoverService: Service {
    private let body: @Sendable () async throws -> Void

    /// The background work of a coordinator.
    public init(_ coordinator: MigrationCoordinator) { body = { try await coordinator.run() } }

    /// The background work of a router.
    public init(_ router: TenantRouter) { body = { try await router.run() } }

    /// The background work of an interceptor.
    public init(_ interceptor: DualWriteInterceptor) { body = { try await interceptor.run() } }

    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await body() }
        } catch {
            // Work that never ends by itself was ended by the shutdown; anything else is an error.
            guard Task.isShuttingDownGracefully, error.isCancellation else { throw error }
        }
    }
}

extension Error {
    fileprivate var isCancellation: Bool {
        self is CancellationError || (self as? StoreError)?.code == .cancelled
    }
}
#endif
