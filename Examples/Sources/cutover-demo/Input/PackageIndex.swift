internal import MigrationCore

/// The package index of this Debian or Ubuntu machine, as `apt-cache dumpavail` prints it: tens of thousands of packages.
///
/// Read stanza by stanza while the program runs. A document's partition is its architecture and its id the package's name;
/// a further version of the same package has its version behind its name.
struct PackageIndex: DocumentSource {
    let title = "the Debian package index of this machine"

    private let program: Subprocess
    private var buffer: [UInt8] = []
    private var offset = 0
    private var isAtEnd = false
    private var seen: Set<String> = []

    /// Fewer packages than this are only what is installed: the machine has no package lists.
    static let minimumCount = 5_000

    /// Opens the index; `nil` when the machine has none.
    init?() throws {
        guard let count = try Self.count(), count >= Self.minimumCount else { return nil }
        program = try Subprocess(["apt-cache", "dumpavail"])
    }

    mutating func next() throws -> (key: DocumentKey, document: Document)? {
        while let stanza = try nextStanza() {
            guard let name = stanza["Package"], let version = stanza["Version"] else { continue }
            let partition = PartitionKey(stanza["Architecture"].map { .string($0) } ?? .absent)
            var id = name
            if !seen.insert(partition.text + name).inserted {
                id = "\(name)=\(version)"
                // The same stanza twice is the same package.
                guard seen.insert(partition.text + id).inserted else { continue }
            }
            return (
                DocumentKey(collection: packages, partition: partition, id: DocumentID(id)), stanza.document(id: id)
            )
        }
        return nil
    }

    private mutating func nextStanza() throws -> PackageStanza? {
        var stanza = PackageStanza()
        while true {
            var isComplete = false
            buffer.withUnsafeBufferPointer { bytes in
                while !isComplete, let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) {
                    let line = UnsafeBufferPointer(rebasing: bytes[offset..<end])
                    offset = end + 1
                    if !line.isEmpty { stanza.add(line) } else { isComplete = !stanza.isEmpty }
                }
            }
            if isComplete { return stanza }
            guard !isAtEnd else { return stanza.isEmpty ? nil : stanza }
            buffer.removeFirst(offset)
            offset = 0
            if let bytes = try program.read() {
                buffer += bytes
            } else {
                isAtEnd = true
                if !buffer.isEmpty { buffer.append(UInt8(ascii: "\n")) }
                guard program.succeeded() else { throw DemoFailure("apt-cache dumpavail failed while it was read") }
            }
        }
    }

    /// How many packages apt knows; `nil` without apt.
    private static func count() throws -> Int? {
        let program = try Subprocess(["apt-cache", "pkgnames"])
        let names = try program.readToEnd()
        return program.succeeded() ? names.count { $0 == UInt8(ascii: "\n") } : nil
    }
}
