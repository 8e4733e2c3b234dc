/// RFC 3339 text for the times that relaxed Extended JSON writes that way.
enum InstantText {
    /// Appends a time from 1970 to 9999 such as `2012-12-24T12:15:30.501Z`; the fraction is there when it is not
    /// zero. The caller has reserved 24 bytes.
    static func append(millisecondsSinceEpoch time: Int64, to sink: inout ByteSink) {
        let (days, millisecondOfDay) = Int(time).quotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = civilDate(daysSinceEpoch: days)
        appendPair(year / 100, to: &sink)
        appendPair(year % 100, to: &sink)
        sink.append(UInt8(ascii: "-"))
        appendPair(month, to: &sink)
        sink.append(UInt8(ascii: "-"))
        appendPair(day, to: &sink)
        sink.append(UInt8(ascii: "T"))
        let (second, fraction) = millisecondOfDay.quotientAndRemainder(dividingBy: 1000)
        appendPair(second / 3600, to: &sink)
        sink.append(UInt8(ascii: ":"))
        appendPair(second / 60 % 60, to: &sink)
        sink.append(UInt8(ascii: ":"))
        appendPair(second % 60, to: &sink)
        if fraction > 0 {
            sink.append(UInt8(ascii: "."))
            sink.append(UInt8(truncatingIfNeeded: 0x30 + fraction / 100))
            appendPair(fraction % 100, to: &sink)
        }
        sink.append(UInt8(ascii: "Z"))
    }

    @inline(__always)
    private static func appendPair(_ number: Int, to sink: inout ByteSink) {
        sink.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
        sink.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
}
