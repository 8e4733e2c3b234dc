extension UnsafeRawBufferPointer {
    /// Finds the element at a path through documents and arrays without decoding what lies on the way.
    ///
    /// Safety: a valid document must begin at `start`, see `BSONReader`.
    package func element(at path: ArraySlice<String>, inDocumentAt start: Int) -> BSONElement? {
        var start = start
        var inArray = false
        for (position, component) in zip(path.indices, path) {
            if inArray, FieldPath.index(component) == nil { return nil }
            var reader = BSONReader(self, documentAt: start)
            var component = component
            guard let element = component.withUTF8({ reader.first(named: $0) }) else { return nil }
            if position == path.endIndex - 1 { return element }
            switch element.type {
            case .document: inArray = false
            case .array: inArray = true
            default: return nil
            }
            start = element.value.lowerBound
        }
        return nil
    }
}
