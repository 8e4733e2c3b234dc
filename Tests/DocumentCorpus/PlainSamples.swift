extension DocumentCorpus {
    /// JSON without any name that begins with `$`.
    package static let plainSamples: [ValidSample] = [
        ValidSample("an empty document", "{}"),
        ValidSample(
            "white space everywhere",
            " \t\r\n{ \"a\" : [ true , null ] , \"b\" : { } } \n",
            canonical: #"{"a":[true,null],"b":{}}"#
        ),
        ValidSample("an empty name and an empty string", #"{"":""}"#),
        ValidSample("names with dots and dollars", #"{"a.b":"x",".":"y","..":"z","a$":"w"}"#),
        ValidSample("nested empty containers", #"{"a":[[],{},[[]],[{}]]}"#),
        ValidSample("words", #"{"t":true,"f":false,"n":null}"#),
        ValidSample("the same name on different levels", #"{"a":{"a":{"a":[{"a":"a"}]}}}"#),
        ValidSample(
            "names that differ behind eight bytes",
            #"{"abcdefgh":"","abcdefghi":"","abcdefghj":"","abcdefg":""}"#
        ),
        ValidSample(
            "integers take the smallest type",
            #"""
            {"a":[0,-1,2147483647,-2147483648,2147483648,-2147483649,9007199254740993,9223372036854775807,\#
            -9223372036854775808]}
            """#,
            canonical:
                #"""
                {"a":[{"$numberInt":"0"},{"$numberInt":"-1"},{"$numberInt":"2147483647"},\#
                {"$numberInt":"-2147483648"},
                """#
                    + #"{"$numberLong":"2147483648"},{"$numberLong":"-2147483649"},{"$numberLong":"9007199254740993"},"#
                    + #"{"$numberLong":"9223372036854775807"},{"$numberLong":"-9223372036854775808"}]}"#,
            relaxed:
                #"""
                {"a":[0,-1,2147483647,-2147483648,2147483648,-2147483649,9007199254740993,9223372036854775807,\#
                -9223372036854775808]}
                """#
        ),
        ValidSample(
            "integers beyond 64 bits are doubles",
            #"{"a":[9223372036854775808,-9223372036854775809,18446744073709551616,100000000000000000000000]}"#,
            canonical:
                #"{"a":[{"$numberDouble":"9.223372036854776E+18"},{"$numberDouble":"-9.223372036854776E+18"},"#
                + #"{"$numberDouble":"1.8446744073709552E+19"},{"$numberDouble":"1E+23"}]}"#,
            relaxed: #"{"a":[9.223372036854776E+18,-9.223372036854776E+18,1.8446744073709552E+19,1E+23]}"#
        ),
        ValidSample(
            "minus zero without a fraction is an integer",
            #"{"a":-0}"#,
            canonical: #"{"a":{"$numberInt":"0"}}"#,
            relaxed: #"{"a":0}"#
        ),
        ValidSample(
            "a fraction or an exponent makes a double",
            #"{"a":[1.0,-0.0,0.5,1e3,1E+3,100e-2,1.5e-7,0.1,5e-324,1.7976931348623157e308,0e99999,0.0e-99999]}"#,
            canonical:
                #"""
                {"a":[{"$numberDouble":"1.0"},{"$numberDouble":"-0.0"},{"$numberDouble":"0.5"},\#
                {"$numberDouble":"1000.0"},
                """#
                    + #"{"$numberDouble":"1000.0"},{"$numberDouble":"1.0"},{"$numberDouble":"1.5E-7"},{"$numberDouble":"0.1"},"#
                    + #"{"$numberDouble":"5E-324"},{"$numberDouble":"1.7976931348623157E+308"},{"$numberDouble":"0.0"},"#
                    + #"{"$numberDouble":"0.0"}]}"#,
            relaxed: #"{"a":[1.0,-0.0,0.5,1000.0,1000.0,1.0,1.5E-7,0.1,5E-324,1.7976931348623157E+308,0.0,0.0]}"#
        ),
        ValidSample(
            "doubles around 2^53",
            #"{"a":[9007199254740991.0,9007199254740992.0,9007199254740993.0]}"#,
            canonical:
                #"{"a":[{"$numberDouble":"9007199254740991.0"},{"$numberDouble":"9007199254740992.0"},"#
                + #"{"$numberDouble":"9007199254740992.0"}]}"#,
            relaxed: #"{"a":[9007199254740991.0,9007199254740992.0,9007199254740992.0]}"#
        ),
        ValidSample(
            "every short escape",
            #"{"a":"\"\\\/\b\f\n\r\t"}"#,
            canonical: #"{"a":"\"\\/\b\f\n\r\t"}"#
        ),
        ValidSample(
            "escapes by number",
            #"{"a":"\u0041\u00e9\u2606\uD83D\uDE80\u0000\u001f\u007f\uffff"}"#,
            canonical: "{\"a\":\"A\u{e9}\u{2606}\u{1F680}\\u0000\\u001f\u{7f}\u{ffff}\"}"
        ),
        ValidSample(
            "characters of two, three and four bytes",
            "{\"\u{e9}\u{4e2d}\u{1F680}\":\"\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}\"}"
        ),
        ValidSample("an escaped name", #"{"\u0061\n":"x"}"#, canonical: #"{"a\n":"x"}"#),
        ValidSample(
            "a message",
            mail(subject: "Re: on the engine", body: "It weaves algebraic patterns.", size: 20481)
        ),
        ValidSample(
            "a message with escapes",
            mail(subject: #"\"engine\""#, body: #"He said:\n\t\"look\" at C:\\path\\file\r\n"#, size: 182_034)
        ),
        ValidSample("a message beyond ASCII", mail(subject: "Größe und Maß", body: "分析エンジンは代数模様を織る 🚀 Привет", size: 7)),
    ].map(relaxedNumbers)

    /// A document shaped like a mail message; its numbers are strings or 32-bit integers.
    private static func mail(subject: String, body: String, size: Int) -> String {
        #"{"_id":"msg-000017","mailbox":"inbox","subject":""# + subject
            + #"","from":{"name":"Ada Lovelace","address":"ada@example.org"},"to":[{"name":"Charles Babbage","#
            + #""address":"charles@example.org"}],"cc":[],"size":"# + String(size)
            + #","flags":{"seen":true,"answered":false},"labels":["work","urgent"],"spam":null,"body":""# + body
            + #""}"#
    }

    /// Gives a sample whose only number is `size` its canonical form.
    private static func relaxedNumbers(_ sample: ValidSample) -> ValidSample {
        guard sample.name.hasPrefix("a message"), let range = sample.json.range(ofSize: #""size":"#) else {
            return sample
        }
        var canonical = sample.json
        let number = canonical[range]
        canonical.replaceSubrange(range, with: "{\"$numberInt\":\"\(number)\"}")
        return ValidSample(sample.name, sample.json, canonical: canonical, relaxed: sample.json)
    }
}

extension String {
    /// The digits behind a text.
    fileprivate func range(ofSize label: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex, !self[start...].hasPrefix(label) { start = index(after: start) }
        guard start < endIndex else { return nil }
        let first = index(start, offsetBy: label.count)
        return first..<(self[first...].firstIndex { !$0.isNumber } ?? endIndex)
    }
}
