/// Days and times of the proleptic Gregorian calendar, in UTC without leap seconds.
extension WallTime: CustomStringConvertible {
    /// The first millisecond of the year 0000 and the last of 9999: what RFC 3339 can write.
    package static let rfc3339Range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// RFC 3339 text in UTC such as `2024-02-29T12:00:00.123Z`, or nil outside the years 0000 to 9999.
    ///
    /// Milliseconds appear when they are not zero.
    public var rfc3339: String? {
        var text: [UInt8] = []
        return appendRFC3339(to: &text) ? String(decoding: text, as: UTF8.self) : nil
    }

    /// RFC 3339 text, or the number of milliseconds with the unit outside the years 0000 to 9999.
    public var description: String {
        rfc3339 ?? "\(millisecondsSinceEpoch) ms since 1970"
    }

    /// Appends RFC 3339 text; returns false and appends nothing outside the years 0000 to 9999.
    package func appendRFC3339(to text: inout [UInt8]) -> Bool {
        guard Self.rfc3339Range.contains(millisecondsSinceEpoch) else { return false }
        let (days, milliseconds) = millisecondsSinceEpoch.flooredDivision(by: 86_400_000)
        let (year, month, day) = civilDate(daysSinceEpoch: Int(days))
        let time = Int(milliseconds)
        text.appendDigits(year, count: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(month, count: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(day, count: 2)
        text.append(UInt8(ascii: "T"))
        text.appendDigits(time / 3_600_000, count: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(time / 60_000 % 60, count: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(time / 1000 % 60, count: 2)
        if time % 1000 != 0 {
            text.append(UInt8(ascii: "."))
            text.appendDigits(time % 1000, count: 3)
        }
        text.append(UInt8(ascii: "Z"))
        return true
    }

    /// Reads RFC 3339 text with any offset; nil for anything else, and for fractions finer than a millisecond.
    public init?(rfc3339 text: String) {
        var text = text
        guard let time = text.withUTF8({ WallTime(rfc3339: $0) }) else { return nil }
        self = time
    }

    /// Reads RFC 3339 text; offsets may also lack their colon (`+0100`) or minutes (`+01`), as older tools write them.
    package init?(rfc3339 text: UnsafeBufferPointer<UInt8>) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2), scanner.skip(":"),
            let second = scanner.number(2), let fraction = scanner.milliseconds(), let offset = scanner.offset(),
            scanner.isAtEnd, (1...12).contains(month), (1...daysIn(month: month, year: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = daysSinceEpoch(year: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(millisecondsSinceEpoch: Int64(seconds) * 1000 + Int64(fraction))
    }
}

/// Reads fixed runs of digits.
private struct DigitScanner {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    var isAtEnd: Bool { position == text.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < text.count, (0x30...0x39).contains(text[position]) else { return nil }
        defer { position += 1 }
        return Int(text[position]) - 0x30
    }

    mutating func number(_ digits: Int) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// The fraction of a second, 0 when there is none. Digits beyond the third must be zeros.
    mutating func milliseconds() -> Int? {
        guard skip(".") else { return 0 }
        var milliseconds = 0
        var scale = 100
        guard let first = digit() else { return nil }
        var next: Int? = first
        while let digit = next {
            if scale == 0, digit != 0 { return nil }
            milliseconds += digit * scale
            scale /= 10
            next = self.digit()
        }
        return milliseconds
    }

    /// The offset from UTC in minutes.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int
        if skip("+") {
            sign = 1
        } else if skip("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(2), hours < 24 else { return nil }
        if isAtEnd { return sign * hours * 60 }
        _ = skip(":")
        guard let minutes = number(2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

/// Days from 1970-01-01 to a date, by counting eras of 400 years that begin on 1 March.
private func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = year.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

/// The inverse of `daysSinceEpoch`.
func civilDate(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
}

private func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

extension FixedWidthInteger {
    /// Quotient rounded down, and a remainder that is never negative, for a positive divisor.
    fileprivate func flooredDivision(by divisor: Self) -> (quotient: Self, remainder: Self) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension [UInt8] {
    fileprivate mutating func appendDigits(_ number: Int, count: Int) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
    }
}
