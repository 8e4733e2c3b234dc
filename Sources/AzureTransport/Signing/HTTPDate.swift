package import MigrationCore

/// Dates as HTTP and a SAS write them: whole seconds in UTC.
extension WallTime {
    /// The form of `x-ms-date`, such as `Thu, 27 Apr 2017 00:51:12 GMT`; fractions of a second are cut off.
    ///
    /// Times outside the years 0000 to 9999 are written as the nearest one that can be.
    package var httpDate: String {
        let text = wholeSeconds
        let seconds = Self.seconds(millisecondsSinceEpoch)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let weekday = Self.weekdays[Int((days % 7 + 7 + 4) % 7)]
        let month = Self.months[(Int(text.dropFirst(5).prefix(2)) ?? 1) - 1]
        return
            "\(weekday), \(text.dropFirst(8).prefix(2)) \(month) \(text.prefix(4)) \(text.dropFirst(11).prefix(8)) GMT"
    }

    /// The form of a SAS, such as `2030-01-02T03:04:05Z`.
    package var sasTime: String { wholeSeconds }

    /// Reads the form of ``httpDate``; nil for anything else.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard text.utf8.count == 29, parts.count == 6, parts[5] == "GMT",
            parts[0].last == ",", Self.weekdays.contains(String(parts[0].dropLast())),
            let month = Self.months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// RFC 3339 without a fraction.
    private var wholeSeconds: String {
        let time = WallTime(millisecondsSinceEpoch: Self.seconds(millisecondsSinceEpoch) * 1_000)
        return time.rfc3339 ?? "0000-01-01T00:00:00Z"
    }

    /// Seconds since 1970, rounded down, within the years that can be written.
    private static func seconds(_ milliseconds: Int64) -> Int64 {
        let time = min(max(milliseconds, rfc3339Range.lowerBound), rfc3339Range.upperBound)
        return time >= 0 ? time / 1_000 : (time - 999) / 1_000
    }
}
