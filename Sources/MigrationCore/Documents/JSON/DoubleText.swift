/// The shortest decimal text that reads back as the same double, in the form that the corpus of Extended JSON has:
/// `1.0`, `-0.0`, `1.5E-7`, `1.2345678921232E+18`.
enum DoubleText {
    /// Appends a finite number; at most 26 bytes, which the caller has reserved.
    @inline(__always)
    static func append(_ number: Double, to sink: inout ByteSink) {
        // Whole numbers of up to fifteen digits are their own shortest text.
        if number.magnitude < 1e15, number == number.rounded(.towardZero) {
            if number.sign == .minus { sink.append(UInt8(ascii: "-")) }
            sink.append(decimal: UInt64(number.magnitude))
            sink.append(".0")
        } else {
            appendShortest(number, to: &sink)
        }
    }

    /// Takes the standard library's shortest text, with a capital E and an exponent without leading zeros.
    @inline(never)
    private static func appendShortest(_ number: Double, to sink: inout ByteSink) {
        var text = number.description
        text.withUTF8 { text in
            var index = 0
            while index < text.count, text[index] != UInt8(ascii: "e") {
                sink.append(text[index])
                index += 1
            }
            guard index < text.count else { return }
            sink.append(UInt8(ascii: "E"))
            sink.append(text[index + 1])
            index += 2
            while index + 1 < text.count, text[index] == UInt8(ascii: "0") { index += 1 }
            while index < text.count {
                sink.append(text[index])
                index += 1
            }
        }
    }
}
