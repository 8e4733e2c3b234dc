internal import Foundation
internal import MigrationCore

/// The Debian changelogs of the packages that are installed on this machine: each entry an event of its package's stream.
///
/// A tenant is a section of Debian's pool: the packages whose name begins with one letter, or with `lib` and one letter.
enum Changelogs {
    /// Fewer entries than this are no history to show: container images leave their changelogs out.
    static let minimumCount = 1_000

    /// Reads the changelogs below a folder; `nil` when the machine has none or too few.
    ///
    /// - Parameters:
    ///   - folder: where packages have their documentation.
    ///   - ids: what the ids of the events are drawn from.
    /// - Returns: the events, and what there is to say about them.
    static func read(below folder: String = "/usr/share/doc", ids: inout SeededRandom) throws -> EventHistory? {
        var events: [TenantEvent] = []
        var undated = 0
        var unreadable = 0
        for batch in files(below: folder).batches(of: 100) {
            let contents = try unpack(batch.map(\.path))
            for (file, bytes) in zip(batch, contents) {
                guard let bytes else {
                    unreadable += 1
                    continue
                }
                let (entries, missing) = ChangelogEntry.parse(bytes)
                undated += missing
                // Files have the newest entry first.
                for entry in entries.reversed() {
                    events.append(try file.event(entry, id: EventID(high: ids.next(), low: ids.next())))
                }
            }
        }
        guard events.count >= minimumCount else { return nil }
        var title = "the Debian changelogs of this machine"
        if undated > 0 { title += ", without \(undated) entries that have no readable date" }
        if unreadable > 0 { title += ", without \(unreadable) files that cannot be read" }
        return EventHistory(title: title, events)
    }

    private struct File {
        let package: String
        let path: String

        func event(_ entry: ChangelogEntry, id: EventID) throws -> TenantEvent {
            let section = package.prefix(package.hasPrefix("lib") ? 4 : 1)
            return TenantEvent(
                tenant: try TenantID("packages-\(section)"),
                stream: try StreamID(package),
                event: entry.event(id: id, file: path)
            )
        }
    }

    /// The changelogs in the order of their packages. A folder that is a link shares those of another package.
    private static func files(below folder: String) -> [File] {
        let files = FileManager.default
        let packages = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        return packages.sorted().flatMap { package -> [File] in
            let path = "\(folder)/\(package)"
            guard (try? files.destinationOfSymbolicLink(atPath: path)) == nil else { return [] }
            return ((try? files.contentsOfDirectory(atPath: path)) ?? []).sorted()
                .filter { $0.hasPrefix("changelog.Debian") }
                .map { File(package: package, path: "\(path)/\($0)") }
        }
    }

    /// The contents of files that `gzip` may have packed; `nil` for one that cannot be read.
    private static func unpack(_ paths: [String]) throws -> [ArraySlice<UInt8>?] {
        // The shell prints a mark behind each file that no changelog contains, with gzip's verdict.
        let mark = "\u{0}cutover-\(UInt64.random(in: .min ... .max))-"
        let script = """
            mark=$1; shift
            for file do gzip -dcfq -- "$file"; printf '\\000%s%s\\000' "$mark" "$?"; done
            """
        let program = try Subprocess(["sh", "-c", script, "sh", String(mark.dropFirst())] + paths)
        let output = try program.readToEnd()
        guard program.succeeded() else { throw DemoFailure("sh and gzip could not read the changelogs") }
        var contents: [ArraySlice<UInt8>?] = []
        var rest = output[...]
        while contents.count < paths.count {
            guard let found = rest.firstRange(of: Array(mark.utf8)),
                let end = rest[found.upperBound...].firstIndex(of: 0)
            else { throw DemoFailure("sh printed \(contents.count) of \(paths.count) changelogs") }
            let isWhole = rest[found.upperBound..<end].elementsEqual("0".utf8)
            contents.append(isWhole ? rest[..<found.lowerBound] : nil)
            rest = rest[(end + 1)...]
        }
        return contents
    }
}

extension Array {
    /// The elements in runs of at most `size`.
    func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
