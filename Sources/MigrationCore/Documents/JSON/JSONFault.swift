/// Why the JSON parser stopped, and where.
///
/// Inside the parser an error is two words without allocation; ``ExtendedJSON`` turns it into a ``DocumentError``
/// with a sentence.
struct JSONFault: Error {
    let reason: Reason
    /// Index of the first byte that cannot be accepted.
    let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    enum Reason: UInt8, CaseIterable {
        case emptyInput
        case expectedDocument
        case expectedValue
        case expectedName
        case expectedColon
        case expectedCommaOrEnd
        case unexpectedEnd
        case trailingBytes
        case unknownLiteral
        case malformedNumber
        case numberOutOfRange
        case controlCharacter
        case unknownEscape
        case malformedHexEscape
        case loneSurrogate
        case malformedUTF8
        case nulInName
        case duplicateName
        case tooDeep
        case tooLarge
        case wrapperKeyMisplaced
        case wrapperExtraKey
        case wrapperMissingKey
        case wrapperNeedsString
        case wrapperNeedsObject
        case malformedObjectID
        case malformedInteger
        case malformedDouble
        case malformedDecimal
        case malformedBase64
        case malformedSubtype
        case malformedUUID
        case malformedDate
        case malformedTimestamp
        case malformedKeyMarker
        case malformedUndefined
        case nulInRegularExpression
        case scopeNotDocument
    }
}

extension JSONFault.Reason {
    /// What is wrong and what is expected instead, as a sentence for an operator.
    var message: String {
        switch self {
        case .emptyInput: "The input is empty; a JSON value is expected."
        case .expectedDocument: "A document must begin with '{'."
        case .expectedValue: "A JSON value is expected here."
        case .expectedName: "A name in double quotes is expected here."
        case .expectedColon: "A ':' is expected after the name."
        case .expectedCommaOrEnd: "A ',' or the end of the object or array is expected here."
        case .unexpectedEnd: "The input ends in the middle of a value."
        case .trailingBytes: "There is more input after the end of the value."
        case .unknownLiteral: "Only true, false and null are words in JSON."
        case .malformedNumber: "This is not a number by the grammar of RFC 8259."
        case .numberOutOfRange: "The number is beyond the range of a double; write it as $numberDecimal."
        case .controlCharacter: "A control character in a string must be written as an escape."
        case .unknownEscape: "The escape is none of those that RFC 8259 allows."
        case .malformedHexEscape: "An escape \\u needs four hexadecimal digits."
        case .loneSurrogate: "A surrogate without its other half is no Unicode character."
        case .malformedUTF8: "The bytes of the string are not valid UTF-8."
        case .nulInName: "A field name cannot contain NUL."
        case .duplicateName: "The object has a field of this name already."
        case .tooDeep: "Objects and arrays are nested deeper than the limit."
        case .tooLarge: "The document is larger than the limit."
        case .wrapperKeyMisplaced: "This name belongs to an Extended JSON type and cannot stand beside other fields."
        case .wrapperExtraKey: "The Extended JSON type has no further field."
        case .wrapperMissingKey: "The Extended JSON type lacks a field."
        case .wrapperNeedsString: "The Extended JSON type needs a string here."
        case .wrapperNeedsObject: "The Extended JSON type needs an object here."
        case .malformedObjectID: "$oid needs 24 hexadecimal digits."
        case .malformedInteger: "$numberInt and $numberLong need a decimal integer within 32 and 64 bits."
        case .malformedDouble: "$numberDouble needs a decimal number, NaN, Infinity or -Infinity."
        case .malformedDecimal: "$numberDecimal needs a number that 34 digits hold exactly, NaN or Infinity."
        case .malformedBase64: "$binary needs Base64 with padding."
        case .malformedSubtype: "$binary needs a subtype of one or two hexadecimal digits."
        case .malformedUUID: "$uuid needs 32 hexadecimal digits in groups of 8-4-4-4-12."
        case .malformedDate: "$date needs an RFC 3339 time of whole milliseconds or {\"$numberLong\": milliseconds}."
        case .malformedTimestamp: "$timestamp needs {\"t\": n, \"i\": n} with integers from 0 to 4294967295."
        case .malformedKeyMarker: "$minKey and $maxKey need the number 1."
        case .malformedUndefined: "$undefined needs true."
        case .nulInRegularExpression: "A regular expression cannot contain NUL."
        case .scopeNotDocument: "$scope needs a document."
        }
    }
}
