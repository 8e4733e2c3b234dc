/// Reads the XML of Storage's answers in one pass: listings, block lists, tags, errors.
///
/// It pulls: a caller opens the root, walks over the children of an element, and takes texts, so a listing of 5,000 entries never
/// becomes a tree. It reads what these services write and refuses the rest: a document type, a processing instruction inside, an
/// entity other than the five of XML and characters by number. Depth, size and the length of names are limited.
///
/// Why it is not a library: XMLCoder decodes through Foundation's `XMLParser`, which brings all of Foundation and libxml2 into every
/// program that links an adapter, expands entities, and holds the whole page as boxed values before the first one is decoded.
package struct XMLReader: Sendable {
    /// The most nested elements.
    package static let maximumDepth = 64

    let bytes: [UInt8]
    var position = 0
    /// The names of the open elements.
    var open: [String] = []
    /// Whether the innermost element was written as `<name/>` and has nothing in it.
    var isEmptyElement = false
    /// The attributes of the element that was opened last.
    package internal(set) var attributes: [String: String] = [:]

    /// Takes a whole answer; a byte order mark in front is passed over.
    ///
    /// - Throws: `tooLarge` past the limit.
    package init(_ bytes: [UInt8], maximumBytes: Int = 64 << 20) throws(XMLError) {
        guard bytes.count <= maximumBytes else { throw XMLError(.tooLarge, at: maximumBytes) }
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Opens the outermost element and returns its name.
    package mutating func openRoot() throws(XMLError) -> String {
        precondition(open.isEmpty, "The root of a document is opened once.")
        skipSpace()
        if skip("<?xml") { try skipPast("?>") }
        try skipMiscellany()
        guard byte(at: position) == UInt8(ascii: "<") else { throw fault(.malformed) }
        return try openTag()
    }

    /// Opens the next child of the innermost element and returns its name; at the end closes the element and returns nil.
    ///
    /// Text between children is passed over when it is white space.
    package mutating func nextChild() throws(XMLError) -> String? {
        if isEmptyElement {
            close()
            return nil
        }
        try skipMiscellany()
        if at("</") {
            try closeTag()
            return nil
        }
        guard byte(at: position) == UInt8(ascii: "<") else { throw fault(.unexpectedText) }
        return try openTag()
    }

    /// Takes the text of the innermost element, which has no children, and closes it.
    package mutating func text() throws(XMLError) -> String {
        if isEmptyElement {
            close()
            return ""
        }
        var text: [UInt8] = []
        while true {
            guard let next = byte(at: position) else { throw fault(.unexpectedEnd) }
            switch next {
            case UInt8(ascii: "<"):
                if skip("<![CDATA[") {
                    let start = position
                    try skipPast("]]>")
                    text += bytes[start..<(position - 3)]
                } else if skip("<!--") {
                    try skipPast("-->")
                } else if at("</") {
                    try closeTag()
                    return try string(text)
                } else {
                    throw fault(.unexpectedElement)
                }
            case UInt8(ascii: "&"): try appendReference(to: &text)
            default:
                text.append(next)
                position += 1
            }
        }
    }

    /// Passes over the rest of the innermost element, whatever is in it, and closes it.
    package mutating func skip() throws(XMLError) {
        let depth = open.count
        while open.count >= depth {
            if isEmptyElement {
                close()
            } else if at("</") {
                try closeTag()
            } else if skip("<![CDATA[") {
                try skipPast("]]>")
            } else if skip("<!--") {
                try skipPast("-->")
            } else if byte(at: position) == UInt8(ascii: "<") {
                _ = try openTag()
            } else if position < bytes.count {
                position += 1
            } else {
                throw fault(.unexpectedEnd)
            }
        }
    }

    /// Checks that nothing follows the root.
    package mutating func finish() throws(XMLError) {
        guard open.isEmpty else { throw fault(.unexpectedEnd) }
        try skipMiscellany()
        guard position == bytes.count else { throw fault(.trailingBytes) }
    }

    mutating func close() {
        open.removeLast()
        isEmptyElement = false
    }
}
