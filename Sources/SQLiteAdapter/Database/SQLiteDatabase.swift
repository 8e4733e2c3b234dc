internal import MigrationCore

/// One SQLite file with its connections: what a document store and an event store on that file share.
///
/// Open it once, make the stores from it, and close it when they are no longer used:
///
/// ```swift
/// let database = try await SQLiteDatabase.open(at: "/var/lib/shop/shop.sqlite")
/// let documents = SQLiteDocumentStore("shop-documents", in: database)
/// let events = SQLiteEventStore("shop-events", in: database)
/// ```
///
/// The file is in write-ahead mode: readers see the last commit and never wait for the writer. Several processes may open one
/// file on a local disk; a network file system cannot hold it, since its locks do not. What the tables mean is described in
/// *The SQLite file*.
public final class SQLiteDatabase: Sendable {
    /// Where the file is.
    public let path: String

    /// How the file was opened.
    public let configuration: Configuration

    let writer: Writer
    let readers: ReaderPool
    private let isClosed = Locked(false)

    /// Fires after each commit of this process.
    var committed: ChangeSignal { writer.committed }

    init(path: String, configuration: Configuration, writer: Writer, readers: ReaderPool) {
        self.path = path
        self.configuration = configuration
        self.writer = writer
        self.readers = readers
    }

    func requireOpen() throws(StoreError) {
        if isClosed.withLock({ $0 }) { throw .closedStore }
    }

    /// Finishes what was accepted, then closes the file; later calls fail with `closed`.
    ///
    /// May be called more than once. A database that is let go of without it finishes and closes as well, at some later time.
    public func close() async {
        isClosed.withLock { $0 = true }
        // The connection that writes goes last: it copies the write-ahead log into the file and removes it.
        await readers.stop()
        await writer.stop()
    }
}
