internal import MigrationCore

/// Dates as mail and Debian changelogs write them: `Mon, 02 Jan 2006 15:04:05 -0700` (RFC 5322, section 3.3).
enum MailDate {
    /// Reads a date. Names of the day are not checked, months may be written out, and zones without digits count as UTC.
    static func parse(_ text: some StringProtocol) -> WallTime? {
        var words = text.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" })
        if let first = words.first, Int(first) == nil { words.removeFirst() }
        guard words.count >= 4, let day = Int(words[0]), (1...31).contains(day),
            let month = months.firstIndex(where: { words[1].lowercased().hasPrefix($0) }),
            let year = Int(words[2]), (1970...9999).contains(year)
        else { return nil }
        let clock = words[3].split(separator: ":").map { Int($0) ?? -1 }
        guard (2...3).contains(clock.count), (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock.count == 3 ? clock[2] : 0)
        else { return nil }
        let seconds = clock[0] * 3600 + clock[1] * 60 + (clock.count == 3 ? clock[2] : 0)
        let offset = words.count > 4 ? zoneOffset(words[4]) : 0
        let days = daysSinceEpoch(year: year, month: month + 1, day: day)
        return WallTime(millisecondsSinceEpoch: Int64((days * 86_400 + seconds - offset) * 1000))
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Seconds east of Greenwich.
    private static func zoneOffset(_ zone: some StringProtocol) -> Int {
        guard zone.utf8.count == 5, let sign = zone.first, sign == "+" || sign == "-",
            let digits = Int(zone.dropFirst())
        else { return 0 }
        return (sign == "-" ? -1 : 1) * (digits / 100 * 3600 + digits % 100 * 60)
    }

    /// Days from 1970-01-01 in the Gregorian calendar; years begin in March, so that the leap day is the last of a year.
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
