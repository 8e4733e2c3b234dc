internal import MigrationCore

extension MongoClient {
    /// Places that cut a collection into parts of about the same size, in order; each begins the next part.
    ///
    /// - Parameter exactCount: a collection of so many documents is cut along the index of its ids, which takes about a second for each
    ///   million of them. A larger one is cut by a sample. The random places of MongoDB's storage miss much of what was written a
    ///   moment ago, several megabytes of it, which matters the less the larger a collection is.
    func bounds(
        of collection: String,
        in database: String,
        parts: Int,
        exactCount: Int64 = 1_000_000
    ) throws(StoreError) -> [DocumentPlace] {
        let reply = try command(["count": .string(collection)], on: database, .read)
        var count: Int64 = 0
        switch reply["n"] {
        case .int32(let number)?: count = Int64(number)
        case .int64(let number)?: count = number
        default: break
        }
        let parts = Int64(clamping: parts)
        return count <= exactCount
            ? try exactBounds(of: collection, in: database, parts: min(parts, count), count: count)
            : try sampledBounds(of: collection, in: database, parts: parts, count: count)
    }

    /// Walks along the index once, from bound to bound, and is given nothing but these.
    private func exactBounds(
        of collection: String,
        in database: String,
        parts: Int64,
        count: Int64
    ) throws(StoreError) -> [DocumentPlace] {
        var bounds: [DocumentPlace] = []
        var position: Int64 = 0
        for part in 1..<max(parts, 1) {
            // What is left over goes to the last parts, and no product overflows.
            let next = count / parts * part + max(0, part - (parts - count % parts))
            var options: Document = [
                "sort": ["_id": 1], "hint": ["_id": 1], "projection": ["_id": 1], "limit": 1,
                "skip": .int64(next - position),
            ]
            if let last = bounds.last { options.append("min", ["_id": last.value]) }
            var place: DocumentPlace?
            unsafe try find(Document(), in: collection, of: database, options: options) { (bytes) throws(StoreError) in
                place = try unsafe Document(storedBSON: bytes)["_id"].map(DocumentPlace.init)
                return false
            }
            // Documents were removed meanwhile, or only the greatest key is left, which an index scan with a lower bound does not reach.
            guard let place else { break }
            bounds.append(place)
            position = next
        }
        return bounds
    }

    /// So many sampled documents for each part let its size vary by about a tenth.
    private static let sampledPerPart: Int64 = 100
    /// The server picks a sample of less than a twentieth at random places; for a larger one it reads and sorts the whole collection.
    private static let leastPerSampled: Int64 = 25

    private func sampledBounds(
        of collection: String,
        in database: String,
        parts: Int64,
        count: Int64
    ) throws(StoreError) -> [DocumentPlace] {
        let most = count / Self.leastPerSampled
        let size = parts > most / Self.sampledPerPart ? most : parts * Self.sampledPerPart
        let pipeline: [Document] = [
            ["$sample": ["size": .int64(size)]], ["$project": ["_id": 1]], ["$sort": ["_id": 1]],
        ]
        var places: [DocumentPlace] = []
        unsafe try aggregate(pipeline, in: collection, of: database) { (bytes) throws(StoreError) in
            if let id = try unsafe Document(storedBSON: bytes)["_id"] { places.append(DocumentPlace(id)) }
            return true
        }
        let parts = min(Int(parts), places.count)
        guard parts > 1 else { return [] }
        var bounds: [DocumentPlace] = []
        for part in 1..<parts {
            let place = places[places.count * part / parts]
            // A sample may hold one document twice.
            if place != bounds.last { bounds.append(place) }
        }
        return bounds
    }
}
