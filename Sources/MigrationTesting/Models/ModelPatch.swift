internal import MigrationCore

/// Patches, as a walk over a tree of values: the definition that stores are compared with.
enum ModelPatch {
    /// The changed document; `nil` when one of the operations cannot be applied.
    static func apply(_ operations: [PatchOperation], to document: Document) -> Document? {
        var value = Value.document(document)
        for operation in operations {
            let path: FieldPath
            switch operation {
            case .set(let target, _), .remove(let target), .increment(let target, _), .append(let target, _):
                path = target
            }
            guard path.components.first != "_id",
                let changed = change(value, path.components[...], operation)
            else { return nil }
            value = changed
        }
        guard case .document(let result) = value else { return nil }
        return result
    }

    private static func change(_ value: Value, _ path: ArraySlice<String>, _ operation: PatchOperation) -> Value? {
        guard let step = path.first else { return value }
        let rest = path.dropFirst()
        switch value {
        case .document(var document):
            if rest.isEmpty {
                switch result(of: operation, on: document[step]) {
                case .keep: break
                case .put(let value): document[step] = value
                case .take: document.removeValue(forKey: step)
                case .fail: return nil
                }
                return .document(document)
            }
            if document[step] == nil, isRemoval(operation) { return value }
            guard let changed = change(document[step] ?? .document([:]), rest, operation) else { return nil }
            document[step] = changed
            return .document(document)
        case .array(var elements):
            let index = Int(step).flatMap { String($0) == step && $0 >= 0 ? $0 : nil }
            guard let index, index <= elements.count else { return isRemoval(operation) ? value : nil }
            let isNew = index == elements.count
            if isNew, isRemoval(operation) { return value }
            if rest.isEmpty {
                switch result(of: operation, on: isNew ? nil : elements[index]) {
                case .keep: break
                case .put(let value): if isNew { elements.append(value) } else { elements[index] = value }
                case .take: elements.remove(at: index)
                case .fail: return nil
                }
                return .array(elements)
            }
            guard let changed = change(isNew ? .document([:]) : elements[index], rest, operation) else { return nil }
            if isNew { elements.append(changed) } else { elements[index] = changed }
            return .array(elements)
        default:
            return isRemoval(operation) ? value : nil
        }
    }

    private enum Effect {
        case keep, take, fail
        case put(Value)
    }

    private static func isRemoval(_ operation: PatchOperation) -> Bool {
        if case .remove = operation { true } else { false }
    }

    private static func result(of operation: PatchOperation, on value: Value?) -> Effect {
        switch (operation, value) {
        case (.set(_, let new), _): return .put(new)
        case (.remove, nil): return .keep
        case (.remove, _): return .take
        case (.append(_, let new), nil): return .put(.array([new]))
        case (.append(_, let new), .array(let elements)?): return .put(.array(elements + [new]))
        case (.append, _): return .fail
        case (.increment(_, let amount), nil): return .put(.int64(amount))
        case (.increment(_, let amount), .double(let number)?): return .put(.double(number + Double(amount)))
        case (.increment(_, let amount), .int64(let number)?):
            let (sum, overflows) = number.addingReportingOverflow(amount)
            return overflows ? .fail : .put(.int64(sum))
        case (.increment(_, let amount), .int32(let number)?):
            let (sum, overflows) = Int64(number).addingReportingOverflow(amount)
            if overflows { return .fail }
            return .put(Int32(exactly: sum).map { .int32($0) } ?? .int64(sum))
        case (.increment, _): return .fail
        }
    }
}
