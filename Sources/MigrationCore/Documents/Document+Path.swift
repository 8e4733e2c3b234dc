extension Document {
    /// The value at a path through documents and arrays, or nil when nothing is there.
    ///
    /// Setting a value creates the documents on the way that are missing; setting nil removes the field, or the array's
    /// element. A path that meets a value which cannot hold the next step (a string, an array without that index) is a
    /// programming error here: for paths that come from data use ``setValue(_:at:)``, which throws.
    public subscript(path path: FieldPath) -> Value? {
        get { value(at: path.components[...]) }
        set {
            guard let newValue else {
                removeValue(at: path)
                return
            }
            do {
                try setValue(newValue, at: path)
            } catch {
                preconditionFailure("The path leads through a value that cannot hold the next step.")
            }
        }
    }

    /// The value at a path through documents and arrays; see ``subscript(path:)``.
    public subscript(path: FieldPath) -> Value? {
        get { self[path: path] }
        set { self[path: path] = newValue }
    }

    /// Sets the value at a path, creating documents on the way that are missing.
    ///
    /// In an array the index of an element replaces it, and the index one after the last appends.
    ///
    /// - Throws: `pathConflict` when the path meets a value that cannot hold the next step; the document is unchanged.
    public mutating func setValue(_ value: Value, at path: FieldPath) throws(DocumentError) {
        try setValue(value, at: path.components[...])
    }

    /// Removes the value at a path and returns it, or nil when nothing was there. Elements after a removed one move up.
    @discardableResult
    public mutating func removeValue(at path: FieldPath) -> Value? {
        removeValue(at: path.components[...])
    }

    private func value(at path: ArraySlice<String>) -> Value? {
        bson.withUnsafeBytes { bytes in
            bytes.element(at: path, inDocumentAt: 0).map { bytes.value(of: $0) }
        }
    }

    fileprivate mutating func setValue(_ value: Value, at path: ArraySlice<String>) throws(DocumentError) {
        guard let name = path.first else { return }
        let rest = path.dropFirst()
        if rest.isEmpty {
            self[name] = value
            return
        }
        var child = self[name] ?? .document(Document())
        try child.setValue(value, at: rest)
        self[name] = child
    }

    fileprivate mutating func removeValue(at path: ArraySlice<String>) -> Value? {
        guard let name = path.first else { return nil }
        let rest = path.dropFirst()
        if rest.isEmpty { return removeValue(forKey: name) }
        guard var child = self[name], let removed = child.removeValue(at: rest) else { return nil }
        self[name] = child
        return removed
    }
}

extension Value {
    fileprivate mutating func setValue(_ value: Value, at path: ArraySlice<String>) throws(DocumentError) {
        guard let step = path.first else {
            self = value
            return
        }
        switch self {
        case .document(var document):
            try document.setValue(value, at: path)
            self = .document(document)
        case .array(var elements):
            guard let index = FieldPath.index(step), index <= elements.count else {
                throw DocumentError(.pathConflict, "The path leads into an array at an index that it does not have.")
            }
            let rest = path.dropFirst()
            if index == elements.count { elements.append(rest.isEmpty ? .null : .document(Document())) }
            try elements[index].setValue(value, at: rest)
            self = .array(elements)
        default:
            throw DocumentError(.pathConflict, "The path leads through a value that is no document and no array.")
        }
    }

    fileprivate mutating func removeValue(at path: ArraySlice<String>) -> Value? {
        guard let step = path.first else { return nil }
        switch self {
        case .document(var document):
            guard let removed = document.removeValue(at: path) else { return nil }
            self = .document(document)
            return removed
        case .array(var elements):
            guard let index = FieldPath.index(step), index < elements.count else { return nil }
            let rest = path.dropFirst()
            if rest.isEmpty {
                let removed = elements.remove(at: index)
                self = .array(elements)
                return removed
            }
            guard let removed = elements[index].removeValue(at: rest) else { return nil }
            self = .array(elements)
            return removed
        default:
            return nil
        }
    }
}
