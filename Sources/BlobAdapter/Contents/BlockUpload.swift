internal import CutoverAzureTransport
internal import MigrationCore

/// The blocks of one upload: cut from chunks of any size, each with an id that no other upload has.
struct BlockUpload: Sendable {
    struct Block: Sendable {
        var id: String
        var bytes: [UInt8]
    }

    /// The service's limit.
    static let maximumBlocks = 50_000

    private let size: Int
    private let stamp: String
    private var pending: [ArraySlice<UInt8>] = []
    private var pendingCount = 0
    /// Memory of blocks that have arrived: a new block takes it over, so that no more of it is ever held than blocks are under way.
    private var spare: [[UInt8]] = []
    /// The checksum of all bytes.
    private(set) var md5 = ContentMD5()
    /// The ids of all blocks in their order.
    private(set) var blockIDs: [String] = []

    /// - Parameter stamp: tells this upload from every other: the service keeps the blocks of all writers of a name together.
    init(size: Int, stamp: String) {
        self.size = size
        self.stamp = stamp
    }

    mutating func add(_ chunk: [UInt8]) {
        md5.update(chunk)
        guard !chunk.isEmpty else { return }
        pending.append(chunk[...])
        pendingCount += chunk.count
    }

    /// The next whole block; nil while there is no more than one, because a single one is written without a list.
    mutating func nextBlock() throws(StoreError) -> Block? {
        pendingCount > size ? try block(size) : nil
    }

    /// What is left as a block; nil when nothing is.
    mutating func lastBlock() throws(StoreError) -> Block? {
        pendingCount > 0 ? try block(pendingCount) : nil
    }

    /// Takes back the memory of a block that has arrived.
    mutating func reuse(_ bytes: [UInt8]) {
        spare.append(bytes)
    }

    /// All that is left.
    mutating func takeRest() -> [UInt8] { take(pendingCount) }

    private mutating func block(_ count: Int) throws(StoreError) -> Block {
        guard blockIDs.count < Self.maximumBlocks else {
            throw StoreError(
                .documentTooLarge,
                "The content has more than 50,000 blocks, which is all that the service takes; configure larger blocks."
            )
        }
        // All ids of a blob have the same length.
        let number = String(blockIDs.count)
        let id = Base64.text(Array((stamp + String(repeating: "0", count: 7 - number.utf8.count) + number).utf8))
        blockIDs.append(id)
        return Block(id: id, bytes: take(count))
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        var bytes = spare.popLast() ?? []
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(count)
        var used = 0
        while bytes.count < count {
            let piece = pending[used].prefix(count - bytes.count)
            bytes += piece
            if piece.count == pending[used].count { used += 1 } else { pending[used].removeFirst(piece.count) }
        }
        pending.removeFirst(used)
        pendingCount -= count
        return bytes
    }
}
