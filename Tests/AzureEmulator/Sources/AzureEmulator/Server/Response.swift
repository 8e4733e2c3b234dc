/// One HTTP answer, and how it is brought to the client.
package struct Response: Sendable {
    /// How the answer travels; faults choose another one than whole.
    package enum Delivery: Sendable, Equatable {
        case whole
        /// The connection is reset and the client sees nothing.
        case reset
        /// The body comes in pieces with a pause before each.
        case slow(pieceBytes: Int, pauseMilliseconds: Int)
        /// The header promises the whole body, the connection ends after these bytes.
        case truncated(afterBytes: Int)
    }

    package var status: Int
    package var headers: [Field]
    package var body: [UInt8]
    package var delivery: Delivery = .whole

    package init(_ status: Int, headers: [Field] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(_ status: Int, headers: [Field] = [], text: String) {
        self.init(status, headers: headers, body: Array(text.utf8))
    }

    /// An answer in JSON; the content type is set unless the headers have one.
    package init(_ status: Int, headers: [Field] = [], json: JSON) {
        self.init(status, headers: headers, body: json.bytes)
        if header("Content-Type") == nil { set("Content-Type", "application/json") }
    }

    /// The first header of this name, whatever its case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// Sets a header in place of those of the same name.
    package mutating func set(_ name: String, _ value: String?) {
        headers.removeAll { $0.name.equalsIgnoringCase(name) }
        if let value { headers.append(Field(name, value)) }
    }
}
