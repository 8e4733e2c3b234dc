extension Document {
    /// The value of a field at the top level, or nil when the document has no such field.
    ///
    /// Setting a value replaces it in its place, or adds the field last; setting nil removes the field. To store the value
    /// null, assign `.null`. The name is taken whole: a dot in it is part of the name. It must not hold a NUL character.
    public subscript(name: String) -> Value? {
        get {
            withReader { bytes, reader in
                var name = name
                return name.withUTF8 { reader.first(named: $0) }.map { bytes.value(of: $0) }
            }
        }
        set {
            if let newValue {
                setValue(newValue, forKey: name)
            } else {
                removeValue(forKey: name)
            }
        }
    }

    /// Whether the top level has a field of this name.
    public func contains(_ name: String) -> Bool {
        element(named: name) != nil
    }

    /// Adds a field at the end. The name must be new to the document and must not hold a NUL character.
    public mutating func append(_ name: String, _ value: Value) {
        precondition(!contains(name), "The document already has a field of this name.")
        appendUnchecked(name, value)
    }

    /// Removes a field of the top level and returns its value, or nil when there was none.
    @discardableResult
    public mutating func removeValue(forKey name: String) -> Value? {
        guard let element = element(named: name) else { return nil }
        let value = bson.withUnsafeBytes { $0.value(of: element) }
        replaceBytes(element.range, with: [])
        return value
    }

    private mutating func setValue(_ value: Value, forKey name: String) {
        guard let element = element(named: name) else { return appendUnchecked(name, value) }
        var writer = BSONWriter()
        writer.append(name, value)
        replaceBytes(element.range, with: writer.bytes)
    }

    private mutating func appendUnchecked(_ name: String, _ value: Value) {
        var writer = BSONWriter()
        writer.append(name, value)
        let end = byteCount - 1
        replaceBytes(end..<end, with: writer.bytes)
    }

    private func element(named name: String) -> BSONElement? {
        withReader { _, reader in
            var name = name
            return name.withUTF8 { reader.first(named: $0) }
        }
    }
}
