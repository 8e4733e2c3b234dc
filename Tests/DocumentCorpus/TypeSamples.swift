extension DocumentCorpus {
    /// Every type of Extended JSON, in canonical and other accepted forms.
    package static let typeSamples: [ValidSample] = [
        ValidSample("ObjectID", #"{"a":{"$oid":"57e193d7a9cc81b4027498b5"}}"#),
        ValidSample(
            "ObjectID in capitals",
            #"{"a":{"$oid":"57E193D7A9CC81B4027498B5"}}"#,
            canonical: #"{"a":{"$oid":"57e193d7a9cc81b4027498b5"}}"#
        ),
        ValidSample("symbol", #"{"a":{"$symbol":"\"x\""},"b":{"$symbol":""}}"#),
        ValidSample(
            "int32",
            #"{"a":{"$numberInt":"-2147483648"},"b":{"$numberInt":"007"}}"#,
            canonical: #"{"a":{"$numberInt":"-2147483648"},"b":{"$numberInt":"7"}}"#,
            relaxed: #"{"a":-2147483648,"b":7}"#
        ),
        ValidSample(
            "int64",
            #"{"a":{"$numberLong":"9223372036854775807"},"b":{"$numberLong":"-5"}}"#,
            relaxed: #"{"a":9223372036854775807,"b":-5}"#
        ),
        ValidSample(
            "double",
            #"""
            {"a":[{"$numberDouble":"1"},{"$numberDouble":"-0"},{"$numberDouble":".5"},{"$numberDouble":"1e400000"},\#
            {"$numberDouble":"1E-400"}]}
            """#
            .replacing("1e400000", with: "1e40"),
            canonical:
                #"""
                {"a":[{"$numberDouble":"1.0"},{"$numberDouble":"-0.0"},{"$numberDouble":"0.5"},\#
                {"$numberDouble":"1E+40"},{"$numberDouble":"0.0"}]}
                """#,
            relaxed: #"{"a":[1.0,-0.0,0.5,1E+40,0.0]}"#
        ),
        ValidSample(
            "doubles that are no numbers",
            #"{"a":[{"$numberDouble":"NaN"},{"$numberDouble":"Infinity"},{"$numberDouble":"-Infinity"}]}"#
        ),
        ValidSample(
            "decimal",
            #"""
            {"a":[{"$numberDecimal":"1.50"},{"$numberDecimal":"1E+3"},{"$numberDecimal":"-0.0"},\#
            {"$numberDecimal":"0E-6176"},{"$numberDecimal":"9.999999999999999999999999999999999E+6144"}]}
            """#
        ),
        ValidSample(
            "decimal in other words",
            #"""
            {"a":[{"$numberDecimal":"+017."},{"$numberDecimal":".5"},{"$numberDecimal":"inf"},\#
            {"$numberDecimal":"-INFINITY"},{"$numberDecimal":"-nan"},{"$numberDecimal":"1e6144"}]}
            """#,
            canonical:
                #"""
                {"a":[{"$numberDecimal":"17"},{"$numberDecimal":"0.5"},{"$numberDecimal":"Infinity"},\#
                {"$numberDecimal":"-Infinity"},{"$numberDecimal":"NaN"},\#
                {"$numberDecimal":"1.000000000000000000000000000000000E+6144"}]}
                """#
        ),
        ValidSample(
            "binary",
            #"""
            {"a":{"$binary":{"base64":"o0w498Or7cijeBSpkquNtg==","subType":"03"}},"b":{"$binary":{"base64":"",\#
            "subType":"00"}}}
            """#
        ),
        ValidSample(
            "binary of one to four bytes",
            #"""
            {"a":[{"$binary":{"base64":"AQ==","subType":"80"}},{"$binary":{"base64":"AQI=","subType":"80"}},\#
            {"$binary":{"base64":"AQID","subType":"80"}},{"$binary":{"base64":"+/8=","subType":"ff"}}]}
            """#
        ),
        ValidSample(
            "binary with its keys reversed and a short subtype",
            #"{"a":{"$binary":{"subType":"5","base64":"AQID"}}}"#,
            canonical: #"{"a":{"$binary":{"base64":"AQID","subType":"05"}}}"#
        ),
        ValidSample("binary of the old subtype", #"{"a":{"$binary":{"base64":"AQID","subType":"02"}}}"#),
        ValidSample(
            "binary in the older form",
            #"{"a":{"$binary":"AQID","$type":"80"},"b":{"$type":"80","$binary":"AQID"}}"#,
            canonical:
                #"{"a":{"$binary":{"base64":"AQID","subType":"80"}},"b":{"$binary":{"base64":"AQID","subType":"80"}}}"#
        ),
        ValidSample(
            "UUID",
            #"{"a":{"$uuid":"73ffd264-44b3-4C69-90e8-e7d1dfc035d4"}}"#,
            canonical: #"{"a":{"$binary":{"base64":"c//SZESzTGmQ6OfR38A11A==","subType":"04"}}}"#
        ),
        ValidSample("code", #"{"a":{"$code":"f(\"\\u00e9\")"},"b":{"$code":""}}"#),
        ValidSample(
            "code with scope",
            #"{"a":{"$code":"f()","$scope":{"x":{"$oid":"57e193d7a9cc81b4027498b5"},"y":[{}]}},"b":"after"}"#
        ),
        ValidSample("code with an empty scope", #"{"a":[{"$code":"","$scope":{}},"after"]}"#),
        ValidSample(
            "scope before code",
            #"{"a":{"$scope":{"x":["1"]},"$code":"f()"},"b":"after"}"#,
            canonical: #"{"a":{"$code":"f()","$scope":{"x":["1"]}},"b":"after"}"#
        ),
        ValidSample(
            "scope in a scope",
            #"{"a":{"$scope":{"x":{"$scope":{},"$code":"inner"}},"$code":"outer"}}"#,
            canonical: #"{"a":{"$code":"outer","$scope":{"x":{"$code":"inner","$scope":{}}}}}"#
        ),
        ValidSample(
            "timestamp",
            #"{"a":{"$timestamp":{"t":4294967295,"i":0}},"b":{"$timestamp":{"t":42,"i":4294967295}}}"#
        ),
        ValidSample(
            "timestamp with its keys reversed",
            #"{"a":{"$timestamp":{"i": 1 , "t": 2 }}}"#,
            canonical: #"{"a":{"$timestamp":{"t":2,"i":1}}}"#
        ),
        ValidSample(
            "regular expression",
            #"""
            {"a":{"$regularExpression":{"pattern":"^a/\"b\\d$","options":"im"}},\#
            "b":{"$regularExpression":{"pattern":"","options":""}}}
            """#
        ),
        ValidSample(
            "regular expression with keys and options out of order",
            #"{"a":{"$regularExpression":{"options":"xmi","pattern":"abc"}}}"#,
            canonical: #"{"a":{"$regularExpression":{"pattern":"abc","options":"imx"}}}"#
        ),
        ValidSample(
            "options beyond ASCII",
            #"{"a":{"$regularExpression":{"pattern":"é","options":"éàz"}}}"#,
            canonical: #"{"a":{"$regularExpression":{"pattern":"é","options":"zàé"}}}"#
        ),
        ValidSample("DBPointer", #"{"a":{"$dbPointer":{"$ref":"b","$id":{"$oid":"56e1fc72e0c917e9c4714161"}}}}"#),
        ValidSample(
            "DBPointer with its keys reversed",
            #"{"a":{"$dbPointer":{"$id":{"$oid":"56e1fc72e0c917e9c4714161"},"$ref":"é"}}}"#,
            canonical: #"{"a":{"$dbPointer":{"$ref":"é","$id":{"$oid":"56e1fc72e0c917e9c4714161"}}}}"#
        ),
        ValidSample(
            "dates from 1970 to 9999",
            #"""
            {"a":[{"$date":{"$numberLong":"0"}},{"$date":{"$numberLong":"1356351330501"}},\#
            {"$date":{"$numberLong":"253402300799999"}}]}
            """#,
            relaxed:
                #"""
                {"a":[{"$date":"1970-01-01T00:00:00Z"},{"$date":"2012-12-24T12:15:30.501Z"},\#
                {"$date":"9999-12-31T23:59:59.999Z"}]}
                """#
        ),
        ValidSample(
            "dates before 1970 and after 9999",
            #"""
            {"a":[{"$date":{"$numberLong":"-1"}},{"$date":{"$numberLong":"253402300800000"}},\#
            {"$date":{"$numberLong":"-9223372036854775808"}},{"$date":{"$numberLong":"9223372036854775807"}}]}
            """#
        ),
        ValidSample(
            "dates as text",
            #"""
            {"a":[{"$date":"1969-12-31T23:59:59.999Z"},{"$date":"2024-02-29T01:00:00.5+01:00"},\#
            {"$date":"2000-01-01T00:00:00.120000Z"}]}
            """#,
            canonical:
                #"""
                {"a":[{"$date":{"$numberLong":"-1"}},{"$date":{"$numberLong":"1709164800500"}},\#
                {"$date":{"$numberLong":"946684800120"}}]}
                """#,
            relaxed:
                #"""
                {"a":[{"$date":{"$numberLong":"-1"}},{"$date":"2024-02-29T00:00:00.500Z"},\#
                {"$date":"2000-01-01T00:00:00.120Z"}]}
                """#
        ),
        ValidSample("keys that mark the ends", #"{"a":{"$minKey":1},"b":{"$maxKey":1}}"#),
        ValidSample("undefined", #"{"a":{"$undefined":true}}"#),
        ValidSample(
            "types with white space and escaped names",
            #"{"a": { "\u0024oid" : "57e193d7a9cc81b4027498b5" } , "b":{ "$\u0064ate" : { "$numberLong" : "1" } } }"#,
            canonical: #"{"a":{"$oid":"57e193d7a9cc81b4027498b5"},"b":{"$date":{"$numberLong":"1"}}}"#,
            relaxed: #"{"a":{"$oid":"57e193d7a9cc81b4027498b5"},"b":{"$date":"1970-01-01T00:00:00.001Z"}}"#
        ),
    ]

    /// Objects that look like types and are documents, and documents at the limits.
    package static let oddSamples: [ValidSample] = [
        ValidSample(
            "a DBRef is a document",
            #"{"a":{"$ref":"c","$id":{"$oid":"58921b3e6e32ab156a22b59e"},"$db":"d","x":"y"}}"#
        ),
        ValidSample(
            "what resembles a DBRef is a document",
            #"{"a":{"$ref":true},"b":{"$id":"x"},"c":{"$db":"x","$ref":{"$minKey":1}}}"#
        ),
        ValidSample("unknown names with a dollar", #"{"a":{"$":"x","$foo":"y","$oi":"z","$oidx":"w","$$oid":"v"}}"#),
        ValidSample(
            "query operators",
            #"""
            {"a":{"$type":"string"},"b":{"$regex":"x","$options":"i"},\#
            "c":{"$regex":{"$regularExpression":{"pattern":"p","options":""}},"$options":"ix"}}
            """#
        ),
        ValidSample(
            "names of types on the outside are ordinary",
            #"{"$oid":"x","$date":"y","$numberInt":["z"],"$scope":{},"$binary":null}"#
        ),
        ValidSample("names of types in other cases", #"{"a":{"$OID":"x","$numberint":"1","$Date":"y"}}"#),
        ValidSample(
            "as deep as the limit allows",
            "{\"a\":" + String(repeating: "[", count: 199) + String(repeating: "]", count: 199) + "}"
        ),
        ValidSample(
            "types as deep as the limit allows",
            String(repeating: "{\"a\":", count: 199) + #"{"b":{"$minKey":1},"c":{"$code":"f"}}"#
                + String(repeating: "}", count: 199)
        ),
        ValidSample(
            "ten and a hundred elements",
            "{\"a\":[" + repeatElement("\"x\"", count: 101).joined(separator: ",") + "]}"
        ),
        ValidSample(
            "more names than are compared one by one",
            "{" + (0..<60).map { "\"n\($0)\":\"\"" }.joined(separator: ",") + "}"
        ),
    ]
}
