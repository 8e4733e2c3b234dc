#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension WallTime {
    /// The time of the system's clock, cut to milliseconds.
    ///
    /// Code of this library takes the time as a parameter instead, so that tests and the simulation own it; an application
    /// passes `WallTime.now`.
    public static func now() -> WallTime {
        WallTime(millisecondsSinceEpoch: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
