/// A point in time, in ticks of 100 nanoseconds since 1970: the resolution of the Table service.
package struct Moment: Sendable, Comparable, Hashable {
    package var ticks: Int64

    package init(ticks: Int64) { self.ticks = ticks }

    package init(seconds: Int64) { ticks = seconds * 10_000_000 }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { (ticks - (ticks % 10_000_000 + 10_000_000) % 10_000_000) / 10_000_000 }

    package static func < (left: Moment, right: Moment) -> Bool { left.ticks < right.ticks }

    package func adding(seconds: Double) -> Moment { Moment(ticks: ticks + Int64(seconds * 10_000_000)) }

    /// The seconds from another moment to this one.
    package func seconds(since other: Moment) -> Double { Double(ticks - other.ticks) / 10_000_000 }

    /// `Thu, 27 Apr 2017 00:51:12 GMT`
    package var rfc1123: String {
        let (year, month, day, hour, minute, second, weekday) = fields
        return "\(Self.weekdays[weekday]), \(Self.two(day)) \(Self.months[month - 1]) \(year) "
            + "\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second)) GMT"
    }

    /// `2017-04-27T00:51:12.1234567Z` with so many digits of the fraction.
    package func iso8601(fractionDigits: Int = 7) -> String {
        let (year, month, day, hour, minute, second, _) = fields
        var text = String(year)
        while text.count < 4 { text = "0" + text }
        text += "-\(Self.two(month))-\(Self.two(day))T\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))"
        if fractionDigits > 0 {
            var fraction = String(ticks - seconds * 10_000_000)
            while fraction.count < 7 { fraction = "0" + fraction }
            text += "." + fraction.prefix(fractionDigits)
        }
        return text + "Z"
    }

    /// Reads an RFC 1123 date.
    package init?(rfc1123 text: some StringProtocol) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
            let month = Self.months.firstIndex(of: String(parts[2]))
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3, (1...31).contains(day), (0..<24).contains(time[0]), (0..<60).contains(time[1]),
            (0...60).contains(time[2])
        else { return nil }
        let days = Self.days(year, Int64(month + 1), day)
        self.init(seconds: days * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2])
    }

    /// Reads `YYYY-MM-DD`, with or without `THH:MM`, seconds, a fraction of up to seven digits, and `Z`.
    package init?(iso8601 text: some StringProtocol) {
        var rest = Substring(text)
        func number(_ digits: Int) -> Int64? {
            let piece = rest.prefix(digits)
            guard piece.utf8.count == digits, piece.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(digits)
            return Int64(piece)
        }
        func skip(_ letter: Character) -> Bool {
            guard rest.first == letter else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            (1...12).contains(month), day >= 1, day <= Self.length(year, month)
        else { return nil }
        var ticks = Self.days(year, month, day) * 864_000_000_000
        if skip("T") {
            guard let hour = number(2), skip(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
            ticks += hour * 36_000_000_000 + minute * 600_000_000
            if skip(":") {
                guard let second = number(2), second < 60 else { return nil }
                ticks += second * 10_000_000
                if skip(".") {
                    let digits = rest.prefix { $0.isASCII && $0.isNumber }
                    guard (1...7).contains(digits.count), var fraction = Int64(digits) else { return nil }
                    for _ in digits.count..<7 { fraction *= 10 }
                    ticks += fraction
                    rest = rest.dropFirst(digits.count)
                }
            }
        }
        _ = skip("Z")
        guard rest.isEmpty else { return nil }
        self.init(ticks: ticks)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func length(_ year: Int64, _ month: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return switch month {
        case 2: isLeap ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The days from 1970 to a date of the Gregorian calendar (Hinnant's algorithm).
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let ofEra = year - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private var fields: (Int, Int, Int, Int, Int, Int, Int) {
        let seconds = seconds
        let ofDay = ((seconds % 86_400) + 86_400) % 86_400
        let days = (seconds - ofDay) / 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = ((days % 7) + 11) % 7
        return (
            Int(year), Int(month), Int(day), Int(ofDay / 3_600), Int(ofDay % 3_600 / 60), Int(ofDay % 60), Int(weekday)
        )
    }
}
