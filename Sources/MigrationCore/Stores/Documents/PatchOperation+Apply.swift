extension [PatchOperation] {
    /// Applies the operations in order to a copy of the document.
    ///
    /// - Throws: `invalidArgument` for an empty list, an increment of what is no integer, an overflow, an append to what is no
    ///   array, a path through what is neither document nor array, or one that touches `_id`.
    package func applied(to document: Document) throws(StoreError) -> Document {
        guard !isEmpty else { throw StoreError(.invalidArgument, "The patch has no operations; leave it out.") }
        var document = document
        for (index, operation) in enumerated() {
            do {
                try operation.apply(to: &document)
            } catch {
                throw StoreError(error.code, error.message, context: .init(item: index))
            }
        }
        return document
    }
}

extension PatchOperation {
    /// The path that the operation changes.
    package var path: FieldPath {
        switch self {
        case .set(let path, _), .remove(let path), .increment(let path, _), .append(let path, _): path
        }
    }

    fileprivate func apply(to document: inout Document) throws(StoreError) {
        guard let first = path.components.first else {
            throw StoreError(.invalidArgument, "The patch has an empty path; name a field.")
        }
        guard first != "_id" else {
            throw StoreError(.invalidArgument, "A patch cannot change `_id`; write a new document under the other key.")
        }
        switch self {
        case .set(let path, let value): try document.set(value, at: path)
        case .remove(let path): document[path: path] = nil
        case .increment(let path, let amount): try document.increment(path, by: amount)
        case .append(let path, let value):
            switch document[path: path] {
            case nil: try document.set(.array([value]), at: path)
            case .array(let elements): try document.set(.array(elements + [value]), at: path)
            case .some: throw StoreError(.invalidArgument, "The patch appends to a field that is no array.")
            }
        }
    }
}

extension Document {
    fileprivate mutating func set(_ value: Value, at path: FieldPath) throws(StoreError) {
        guard canSet(path) else {
            throw StoreError(
                .invalidArgument,
                "The patch's path leads through a value that is no document, or to an array index that is not there."
            )
        }
        self[path: path] = value
    }

    private func canSet(_ path: FieldPath) -> Bool {
        var current: Value = .document(self)
        for component in path.components {
            switch current {
            case .document(let document):
                guard let next = document[component] else { return true }
                current = next
            case .array(let elements):
                guard let index = Int(component), String(index) == component, index >= 0, index <= elements.count else {
                    return false
                }
                guard index < elements.count else { return true }
                current = elements[index]
            default: return false
            }
        }
        return true
    }

    fileprivate mutating func increment(_ path: FieldPath, by amount: Int64) throws(StoreError) {
        let current: Int64
        var isNarrow = false
        switch self[path: path] {
        case nil: current = 0
        case .int32(let number):
            current = Int64(number)
            isNarrow = true
        case .int64(let number): current = number
        case .double(let number):
            try set(.double(number + Double(amount)), at: path)
            return
        case .some: throw StoreError(.invalidArgument, "The patch increments a field that is no integer or double.")
        }
        let (sum, overflows) = current.addingReportingOverflow(amount)
        guard !overflows else {
            throw StoreError(.invalidArgument, "The increment leaves the range of 64-bit integers.")
        }
        if isNarrow, let narrow = Int32(exactly: sum) {
            try set(.int32(narrow), at: path)
        } else {
            try set(.int64(sum), at: path)
        }
    }
}
