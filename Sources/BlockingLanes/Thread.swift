#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Which thread it is, for comparing with another thread that is still alive.
struct ThreadID: Equatable, Sendable {
    private let value: UInt

    /// The calling thread.
    static var current: ThreadID {
        #if canImport(Darwin)
        unsafe ThreadID(value: UInt(bitPattern: pthread_self()))
        #else
        ThreadID(value: UInt(pthread_self()))
        #endif
    }
}

#if !canImport(Darwin)
/// In the C library of every Linux, and hidden from Swift behind a feature macro.
@_silgen_name("pthread_setname_np")
private func setThreadName(_ thread: pthread_t, _ name: UnsafePointer<CChar>) -> Int32
#endif

enum Thread {
    /// Bytes of stack; address space only, memory is taken as it is used.
    private static let stackBytes = 4 << 20

    /// Starts a thread that runs `body` and then ends by itself.
    ///
    /// Stops the program if the system has no thread left to give, as Swift's own pool does.
    static func startDetached(name: String, _ body: @escaping @Sendable () -> Void) {
        let context = unsafe Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackBytes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
        var thread: pthread_t?
        let error = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                unsafe Start.run(argument)
                return nil
            },
            context
        )
        #else
        var thread = pthread_t()
        let error = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                if let argument = unsafe argument { unsafe Start.run(argument) }
                return nil
            },
            context
        )
        #endif
        unsafe pthread_attr_destroy(&attributes)
        precondition(error == 0, "The system refused to start the thread '\(name)': error \(error).")
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        /// Safety: `context` is the one retained reference that `startDetached` made; it is consumed here, once.
        static func run(_ context: UnsafeMutableRawPointer) {
            let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
            #if canImport(Darwin)
            _ = unsafe pthread_setname_np(start.name)
            #else
            // Linux refuses names above 15 bytes.
            _ = unsafe setThreadName(pthread_self(), String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
            #endif
            start.body()
        }
    }
}
