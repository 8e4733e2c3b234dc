import MigrationCore

extension DocumentCorpus {
    /// Texts that break the grammar of JSON.
    package static let syntaxErrors: [InvalidSample] = [
        InvalidSample("nothing", "", at: 0),
        InvalidSample("white space alone", " \n\t ", at: 4),
        InvalidSample("a byte order mark", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], at: 0),
        InvalidSample("an array on the outside", "[]", at: 0),
        InvalidSample("a string on the outside", "\"a\"", at: 0),
        InvalidSample("a number on the outside", "1", at: 0),
        InvalidSample("an open object", "{", at: 1),
        InvalidSample("a name without value", #"{"a""#, at: 4),
        InvalidSample("a colon without value", #"{"a":"#, at: 5),
        InvalidSample("a value without end", #"{"a":1"#, at: 6),
        InvalidSample("an open array", #"{"a":["#, at: 6),
        InvalidSample("an array after an element", #"{"a":[1"#, at: 7),
        InvalidSample("a comma at the end of an object", #"{"a":1,}"#, at: 7),
        InvalidSample("a comma at the end of an array", #"{"a":[1,]}"#, at: 8),
        InvalidSample("a comma at the start of an array", #"{"a":[,1]}"#, at: 6),
        InvalidSample("a comma at the start of an object", #"{,"a":1}"#, at: 1),
        InvalidSample("two commas", #"{"a":[1,,2]}"#, at: 8),
        InvalidSample("two colons", #"{"a"::1}"#, at: 5),
        InvalidSample("a missing colon", #"{"a" 1}"#, at: 5),
        InvalidSample("a missing comma in an object", #"{"a":1 "b":2}"#, at: 7),
        InvalidSample("a missing comma in an array", #"{"a":[1 2]}"#, at: 8),
        InvalidSample("a comma for a colon", #"{"a",1}"#, at: 4),
        InvalidSample("a colon in an array", #"{"a":[1:2]}"#, at: 7),
        InvalidSample("a bracket for a brace", #"{"a":1]"#, at: 6),
        InvalidSample("a brace for a bracket", #"{"a":[1}"#, at: 7),
        InvalidSample("a name without quotes", #"{a:1}"#, at: 1),
        InvalidSample("a name in single quotes", #"{'a':1}"#, at: 1),
        InvalidSample("a number for a name", #"{1:1}"#, at: 1),
        InvalidSample("a second document", "{}{}", at: 2),
        InvalidSample("a brace too many", "{}}", at: 2),
        InvalidSample("a NUL behind the end", "{}\u{0}", at: 2),
        InvalidSample("a comment", "{}// x", at: 2),
        InvalidSample("a comment inside", #"{"a":/**/1}"#, at: 5),
        InvalidSample("a word in capitals", #"{"a":True}"#, at: 5),
        InvalidSample("half a word", #"{"a":nul}"#, at: 5),
        InvalidSample("a word cut off by the end", #"{"a":tru"#, at: 5),
        InvalidSample("a word that goes on", #"{"a":trueish}"#, at: 9),
        InvalidSample("NaN without a type", #"{"a":NaN}"#, at: 5),
        InvalidSample("infinity without a type", #"{"a":[-Infinity]}"#, at: 6),
        InvalidSample("a form feed between values", "{\u{c}}", at: 1),
        InvalidSample("a no-break space between values", "{\u{a0}}", at: 1),
        InvalidSample("a lone byte beyond ASCII", [0x7B, 0xE9, 0x7D], at: 1),
        InvalidSample(
            "an array that never closes",
            #"{"a":"# + String(repeating: "[", count: 100_000),
            .tooDeep,
            at: 204
        ),
        InvalidSample("an object that never closes", String(repeating: #"{"a":"#, count: 100_000), .tooDeep, at: 1000),
        InvalidSample(
            "wrappers that never close",
            #"{"a":"# + String(repeating: #"{"$code":"","$scope":{"x":"#, count: 100_000),
            .tooDeep,
            at: 5200
        ),
        InvalidSample("a duplicate", #"{"a":1,"b":2,"a":3}"#, .duplicateName, at: 13),
        InvalidSample("a duplicate of equal value", #"{"a":1,"a":1}"#, .duplicateName, at: 7),
        InvalidSample("a duplicate written with an escape", #"{"a":1,"\u0061":1}"#, .duplicateName, at: 7),
        InvalidSample("an empty duplicate", #"{"":1,"":1}"#, .duplicateName, at: 6),
        InvalidSample("a duplicate of eight bytes", #"{"abcdefgh":1,"abcdefgh":1}"#, .duplicateName, at: 14),
        InvalidSample("a long duplicate", #"{"abcdefghi":1,"abcdefghi":1}"#, .duplicateName, at: 15),
        InvalidSample("a duplicate inside", #"{"a":[{"b":{},"b":{}}]}"#, .duplicateName, at: 14),
        InvalidSample("a NUL in a name", #"{"a\u0000":1}"#, .invalidName, at: 3),
        InvalidSample("a NUL in a name inside", #"{"a":{"xy\u0000z":1}}"#, .invalidName, at: 9),
    ]

    /// Strings that are none.
    package static let stringErrors: [InvalidSample] = [
        InvalidSample("a string without end", #"{"a":"abc"#, at: 9),
        InvalidSample("a string cut off at a backslash", #"{"a":"abc\"#, at: 10),
        InvalidSample("a string cut off in an escape", #"{"a":"\u12"#, at: 6),
        InvalidSample("an unknown escape", #"{"a":"ab\x41"}"#, at: 8),
        InvalidSample("an escape in capitals", #"{"a":"\N"}"#, at: 6),
        InvalidSample("an escape with a sign", #"{"a":"\u+041"}"#, at: 6),
        InvalidSample("an escape with three digits", #"{"a":"\u041"}"#, at: 6),
        InvalidSample("a line break in a string", "{\"a\":\"x\ny\"}", at: 7),
        InvalidSample("a tab in a string", "{\"a\":\"0123456789\t\"}", at: 16),
        InvalidSample("a NUL in a string", "{\"a\":\"\u{0}\"}", at: 6),
        InvalidSample("a tab in a name", "{\"a\t\":1}", at: 3),
        InvalidSample("a high surrogate alone", #"{"a":"x\ud800"}"#, .invalidUTF8, at: 7),
        InvalidSample("a low surrogate alone", #"{"a":"x\udc00y"}"#, .invalidUTF8, at: 7),
        InvalidSample("two high surrogates", #"{"a":"\ud800\ud800"}"#, .invalidUTF8, at: 6),
        InvalidSample("surrogates in the wrong order", #"{"a":"\udc00\ud800"}"#, .invalidUTF8, at: 6),
        InvalidSample("a high surrogate before a character", #"{"a":"\ud83d\u0041"}"#, .invalidUTF8, at: 6),
        InvalidSample("a high surrogate before an escape", #"{"a":"\ud83d\n"}"#, .invalidUTF8, at: 6),
        InvalidSample("a lone surrogate in a name", #"{"\ud800":1}"#, .invalidUTF8, at: 2),
        InvalidSample("a continuation byte alone", string([0x80]), .invalidUTF8, at: 6),
        InvalidSample("a lead byte alone", string([0xC3]), .invalidUTF8, at: 6),
        InvalidSample("a byte that UTF-8 never has", string([0x61, 0xFF]), .invalidUTF8, at: 7),
        InvalidSample("an overlong slash of two bytes", string([0xC0, 0xAF]), .invalidUTF8, at: 6),
        InvalidSample("an overlong slash of three bytes", string([0xE0, 0x80, 0xAF]), .invalidUTF8, at: 6),
        InvalidSample("an overlong slash of four bytes", string([0xF0, 0x80, 0x80, 0xAF]), .invalidUTF8, at: 6),
        InvalidSample("a surrogate as bytes", string([0xED, 0xA0, 0x80]), .invalidUTF8, at: 6),
        InvalidSample("beyond the last character", string([0xF4, 0x90, 0x80, 0x80]), .invalidUTF8, at: 6),
        InvalidSample("a lead byte of five", string([0xF8, 0x88, 0x80, 0x80, 0x80]), .invalidUTF8, at: 6),
        InvalidSample("two of three bytes", string([0xE2, 0x98]), .invalidUTF8, at: 6),
        InvalidSample("three of four bytes", string([0xF0, 0x9F, 0x9A]), .invalidUTF8, at: 6),
        InvalidSample(
            "a good character before a bad one",
            string([0xC3, 0xA9, 0xE2, 0x28, 0xA1]),
            .invalidUTF8,
            at: 8
        ),
        InvalidSample("the input ends in a character", Array(#"{"a":""#.utf8) + [0xE2, 0x98], .invalidUTF8, at: 6),
    ]

    /// Numbers that are none.
    package static let numberErrors: [InvalidSample] = [
        InvalidSample("a plus sign", #"{"a":+1}"#, at: 5),
        InvalidSample("a minus sign alone", #"{"a":-}"#, at: 5),
        InvalidSample("a leading zero", #"{"a":01}"#, at: 5),
        InvalidSample("a leading zero behind a sign", #"{"a":-01}"#, at: 5),
        InvalidSample("a leading zero in a double", #"{"a":00.5}"#, at: 5),
        InvalidSample("no digit before the point", #"{"a":.5}"#, at: 5),
        InvalidSample("no digit behind the point", #"{"a":1.}"#, at: 5),
        InvalidSample("no digit between point and exponent", #"{"a":1.e5}"#, at: 5),
        InvalidSample("no digit in the exponent", #"{"a":1e}"#, at: 5),
        InvalidSample("a sign alone in the exponent", #"{"a":1e+}"#, at: 5),
        InvalidSample("two points", #"{"a":1.2.3}"#, at: 8),
        InvalidSample("two exponents", #"{"a":1e2e3}"#, at: 8),
        InvalidSample("a hexadecimal number", #"{"a":0x1F}"#, at: 6),
        InvalidSample("a number with separators", #"{"a":1_000}"#, at: 6),
        InvalidSample("a number cut off", #"{"a":1."#, at: 5),
        InvalidSample("beyond the range of doubles", #"{"a":1e309}"#, .invalidValue, at: 5),
        InvalidSample("beyond the range of doubles, rounded", #"{"a":-1.7976931348623159e308}"#, .invalidValue, at: 5),
        InvalidSample("a huge exponent", #"{"a":1e99999999999999999999999999}"#, .invalidValue, at: 5),
        InvalidSample(
            "an integer beyond the range of doubles",
            "{\"a\":1" + String(repeating: "0", count: 400) + "}",
            .invalidValue,
            at: 5
        ),
    ]

    /// A document whose field `a` is a string of raw bytes, which begin at offset 6.
    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
    }
}
