/// What became of the documents that a copy read: every one of them is written, skipped or failed.
public struct CopyCounts: Sendable, Hashable {
    /// What the source gave, readable or not.
    public var read: Int64 = 0
    /// What the target took.
    public var written: Int64 = 0
    /// What the target had already, or what expired before it could be written.
    public var skipped: Int64 = 0
    /// What could not be copied; each is a ``CopyFailure``.
    public var failed: Int64 = 0

    /// Makes counts of nothing.
    public init() {}

    /// Whether the counters agree: `read = written + skipped + failed`.
    public var isBalanced: Bool { read == written + skipped + failed }

    /// Adds counts.
    public static func += (a: inout CopyCounts, b: CopyCounts) {
        a.read += b.read
        a.written += b.written
        a.skipped += b.skipped
        a.failed += b.failed
    }

    /// Throws `internalInconsistency` unless the counters agree; checked after every page, also in release builds.
    func checkBalance() throws(StoreError) {
        guard isBalanced else {
            throw StoreError(
                .internalInconsistency,
                "The copy read \(read) documents, but wrote \(written), skipped \(skipped) and failed \(failed); please report it."
            )
        }
    }
}

extension CopyCounts {
    var fields: Document {
        [
            "read": .int64(read), "written": .int64(written), "skipped": .int64(skipped), "failed": .int64(failed),
        ]
    }

    init?(fields: Document) {
        guard case .int64(let read) = fields["read"], case .int64(let written) = fields["written"],
            case .int64(let skipped) = fields["skipped"], case .int64(let failed) = fields["failed"]
        else { return nil }
        self.read = read
        self.written = written
        self.skipped = skipped
        self.failed = failed
        guard isBalanced, min(written, skipped, failed) >= 0 else { return nil }
    }
}

/// A document that could not be copied.
public struct CopyFailure: Sendable {
    /// Its key; `nil` when the source could not read even that.
    public let key: DocumentKey?
    /// Why.
    public let error: StoreError
    /// The bytes in the source: BSON of a readable document, what is stored of an unreadable one. `nil` in a report whose
    /// room for bytes is used up; the closure that is told about failures always gets them.
    public let bytes: [UInt8]?
}
