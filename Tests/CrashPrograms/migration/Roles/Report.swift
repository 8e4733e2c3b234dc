#if canImport(Glibc)
@preconcurrency import Glibc
#else
import Darwin
#endif

/// What a process says to the parent that is never killed: lines on standard output, each in one system call.
///
/// | line | meaning |
/// |---|---|
/// | `T tenant ids` | these events are about to be appended |
/// | `A tenant stream position version ids` | they were acknowledged; position and version are those of the first |
/// | `S tenant stream version` | a writer that starts finds its stream at this version |
/// | `C tenant migration` | a cutover was completed |
/// | `E where code` | a call failed with this code |
/// | `K point`, `H point` | this process kills, halts itself here |
/// | `V text` | something is as it must never be |
enum Report {
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        // A parent that is gone needs no reports.
        guard bytes.withUnsafeBytes({ systemWrite(1, $0.baseAddress, $0.count) }) == bytes.count else { exit(74) }
    }

    static func fail(_ message: String) -> Never {
        let bytes = Array((message + "\n").utf8)
        _ = bytes.withUnsafeBytes { systemWrite(2, $0.baseAddress, $0.count) }
        exit(64)
    }
}

#if canImport(Glibc)
private let systemWrite = Glibc.write
#else
private let systemWrite = Darwin.write
#endif
