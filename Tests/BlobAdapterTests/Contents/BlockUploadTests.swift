import Testing

@testable import BlobAdapter

@Suite("The blocks of an upload")
struct BlockUploadTests {
    @Test("hold the content in its order, whatever its chunks are, and when memory of earlier blocks is used again")
    func reuse() throws {
        for chunkSize in [1, 7, 16, 33, 100] {
            let content = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
            var upload = BlockUpload(size: 16, stamp: "stamp")
            var blocks: [BlockUpload.Block] = []
            func add(_ block: BlockUpload.Block) {
                blocks.append(block)
                // The block before is still held here, so what it holds must not change.
                if blocks.count > 1 { upload.reuse(blocks[blocks.count - 2].bytes) }
            }
            for start in stride(from: 0, to: content.count, by: chunkSize) {
                upload.add(Array(content[start..<min(start + chunkSize, content.count)]))
                while let block = try upload.nextBlock() { add(block) }
            }
            while let block = try upload.nextBlock() { add(block) }
            if let block = try upload.lastBlock() { add(block) }
            #expect(blocks.flatMap(\.bytes) == content)
            #expect(blocks.dropLast().allSatisfy { $0.bytes.count == 16 })
            #expect(blocks.map(\.id) == upload.blockIDs)
            #expect(Set(upload.blockIDs).count == blocks.count)
        }
    }

    @Test("that have arrived give their memory to the next ones")
    func memory() throws {
        var upload = BlockUpload(size: 1_000, stamp: "stamp")
        upload.add([UInt8](repeating: 1, count: 3_000))
        var places: Set<UInt> = []
        for _ in 0..<2 {
            let block = try #require(try upload.nextBlock())
            block.bytes.withUnsafeBytes { bytes in _ = places.insert(UInt(bitPattern: bytes.baseAddress)) }
            upload.reuse(block.bytes)
        }
        #expect(places.count == 1)
    }
}
