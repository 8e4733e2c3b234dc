extension Document {
    /// Reads a document from MongoDB Extended JSON v2, canonical or relaxed; plain JSON is read as well.
    ///
    /// Use it for text from people, files and stores that keep JSON. Integers become `int32` or `int64`, whichever is
    /// the smallest that holds them; numbers with a fraction or an exponent, and those beyond 64 bits, become
    /// `double`.
    ///
    /// - Parameters:
    ///   - json: One object, with nothing but white space around it.
    ///   - limits: The greatest size (as BSON, in bytes) and depth to accept.
    /// - Throws: `malformed`, `invalidUTF8`, `invalidValue`, `duplicateName`, `invalidName`, `tooDeep` or `tooLarge`,
    ///   with the offset of the first byte that cannot be accepted.
    public init(json: String, limits: DocumentLimits = .default) throws(DocumentError) {
        var json = json
        let outcome: Result<Document, DocumentError> = json.withUTF8 { bytes in
            do throws(DocumentError) {
                return .success(try ExtendedJSON.parse(bytes, limits: limits))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    /// Reads a document from the UTF-8 bytes of Extended JSON, of an array, a slice or any other collection.
    ///
    /// - Parameters:
    ///   - json: One object, with nothing but white space around it; no byte order mark.
    ///   - limits: The greatest size (as BSON, in bytes) and depth to accept.
    /// - Throws: as the initializer that takes a `String` does.
    public init(json: some Collection<UInt8>, limits: DocumentLimits = .default) throws(DocumentError) {
        let outcome = json.withContiguousStorageIfAvailable { bytes -> Result<Document, DocumentError> in
            do throws(DocumentError) {
                return .success(try ExtendedJSON.parse(bytes, limits: limits))
            } catch {
                return .failure(error)
            }
        }
        if let outcome {
            self = try outcome.get()
        } else {
            self = try ExtendedJSON.parse([UInt8](json), limits: limits)
        }
    }

    /// The document as Extended JSON without white space.
    ///
    /// The default is for people and logs. Text that must come back as the same document is written with
    /// ``JSONMode/canonical``. Extended JSON has no way to write two rare things, which stores that keep JSON refuse
    /// by name: an embedded field named like one of its types, such as `$date`, and a NaN with a payload.
    public func json(_ mode: JSONMode = .relaxed) -> String {
        ExtendedJSON.withText(of: self, mode: mode) { String(decoding: $0, as: UTF8.self) }
    }

    /// The document as the UTF-8 bytes of Extended JSON without white space.
    public func jsonBytes(_ mode: JSONMode = .relaxed) -> [UInt8] {
        ExtendedJSON.withText(of: self, mode: mode) { [UInt8]($0) }
    }
}

extension Document: CustomStringConvertible {
    /// The document as relaxed Extended JSON.
    public var description: String { json(.relaxed) }
}
