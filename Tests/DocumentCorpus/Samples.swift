package import MigrationCore

/// An Extended JSON text that is accepted, and what is written for it.
package struct ValidSample: Sendable, CustomStringConvertible {
    /// What the sample shows.
    package let name: String
    /// The text that is read.
    package let json: String
    /// What is written in canonical mode.
    package let canonical: String
    /// What is written in relaxed mode.
    package let relaxed: String

    package init(_ name: String, _ json: String, canonical: String? = nil, relaxed: String? = nil) {
        self.name = name
        self.json = json
        self.canonical = canonical ?? json
        self.relaxed = relaxed ?? canonical ?? json
    }

    package var description: String { name }
}

/// A text that is refused, with the kind of error and the offset of the first byte that cannot be accepted.
package struct InvalidSample: Sendable, CustomStringConvertible {
    /// What the sample shows.
    package let name: String
    /// The bytes that are read.
    package let bytes: [UInt8]
    /// The kind of error.
    package let code: DocumentError.Code
    /// The offset that the error names.
    package let offset: Int

    package init(_ name: String, _ json: String, _ code: DocumentError.Code = .malformed, at offset: Int) {
        self.init(name, Array(json.utf8), code, at: offset)
    }

    package init(_ name: String, _ bytes: [UInt8], _ code: DocumentError.Code = .malformed, at offset: Int) {
        self.name = name
        self.bytes = bytes
        self.code = code
        self.offset = offset
    }

    package var description: String { name }
}

/// Texts and documents that the tests check one by one and that the fuzz program starts from.
package enum DocumentCorpus {
    /// Everything that is accepted.
    package static let valid = plainSamples + typeSamples + oddSamples

    /// Everything that is refused.
    package static let invalid = syntaxErrors + stringErrors + numberErrors + wrapperErrors
}
