/// The bytes of a blob, in the pieces in which they came: a commit of blocks copies none of them.
struct BlobContent: Sendable {
    private(set) var pieces: [[UInt8]] = []
    /// Where each piece ends.
    private var ends: [Int] = []

    init() {}

    init(_ bytes: [UInt8]) { append(bytes) }

    var count: Int { ends.last ?? 0 }

    mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        ends.append(count + bytes.count)
        pieces.append(bytes)
    }

    /// A copy of a range.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        if pieces.count == 1, range == 0..<count { return pieces[0] }
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var low = 0
        var high = ends.count
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let start = low == 0 ? 0 : ends[low - 1]
            let end = min(ends[low], range.upperBound)
            result.append(contentsOf: pieces[low][(position - start)..<(end - start)])
            position = end
            low += 1
        }
        return result
    }
}
