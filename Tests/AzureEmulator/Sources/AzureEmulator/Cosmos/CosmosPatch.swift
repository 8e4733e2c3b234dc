/// The operations of a patch, and the condition under which they are carried out.
struct CosmosPatch: Sendable {
    fileprivate struct Step: Sendable {
        var name: String
        var path: [String]
        var from: [String]
        var value: JSON?
    }

    private var steps: [Step] = []
    private var condition: String?

    /// Reads a patch. `paths` are those of the container's key, which no patch may change.
    init(_ body: JSON, _ paths: [[String]], _ rules: Rules) throws(CosmosError) {
        // Some clients send the list of operations alone.
        guard let operations = body["operations"]?.array ?? body.array else {
            throw .badRequest("The patch has no operations.")
        }
        if rules.holds("cosmos.patch-limit") {
            guard (1...10).contains(operations.count) else {
                throw .badRequest("A patch has one to ten operations, this one has \(operations.count).")
            }
        }
        condition = body["condition"]?.string
        for operation in operations {
            guard let name = operation["op"]?.string, let path = operation["path"]?.string, path.hasPrefix("/"),
                path.count > 1
            else { throw .badRequest("An operation of the patch has no name or no path.") }
            let step = Step(
                name: name.lowercased(),
                path: Self.pointer(path),
                from: Self.pointer(operation["from"]?.string ?? ""),
                value: operation["value"]
            )
            try step.check(paths)
            steps.append(step)
        }
    }

    private static func pointer(_ text: String) -> [String] {
        text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// Whether the condition selects a document; true if there is none.
    func holds(for body: JSON, _ rules: Rules) throws(CosmosError) -> Bool {
        guard let condition, rules.holds("cosmos.patch-condition") else { return true }
        let query = try CosmosQuery(["query": .string("SELECT * " + condition)], rules)
        return !(try query.rows([body])).isEmpty
    }

    /// The document after all operations.
    func applied(to body: JSON, _ rules: Rules) throws(CosmosError) -> JSON {
        var body = body
        for step in steps {
            do throws(Missing) {
                try step.apply(to: &body)
            } catch {
                guard rules.holds("cosmos.patch-path") else { continue }
                throw .badRequest("For operation \(step.name): the path or its value cannot be used.")
            }
        }
        return body
    }

    /// A path that leads nowhere, or a value that does not fit.
    fileprivate struct Missing: Error {}
}

extension CosmosPatch.Step {
    fileprivate func check(_ paths: [[String]]) throws(CosmosError) {
        let known = ["add", "set", "replace", "remove", "incr", "increment", "move"]
        guard known.contains(name) else { throw .badRequest("The patch has an unknown operation: \(name).") }
        if name != "remove", name != "move", value == nil { throw .badRequest("For operation \(name): no value.") }
        if name == "move", from.isEmpty || path.starts(with: from) {
            throw .badRequest("For operation move: the path from is missing or holds the other one.")
        }
        let kept: Set<String> = ["id", "_rid", "_self", "_etag", "_ts", "_attachments"]
        for path in name == "move" ? [path, from] : [path] {
            let isSystem = path.count == 1 && kept.contains(path[0])
            guard !isSystem, !paths.contains(where: { $0.starts(with: path) || path.starts(with: $0) }) else {
                throw .badRequest("The patch cannot change the id, the partition key or a property of the system.")
            }
        }
    }

    fileprivate func apply(to body: inout JSON) throws(CosmosPatch.Missing) {
        switch name {
        case "move":
            guard let moved = body.value(at: from[...]) else { throw CosmosPatch.Missing() }
            guard body.remove(at: from[...]), body.put(moved, at: path[...], .add) else { throw CosmosPatch.Missing() }
        case "remove": guard body.remove(at: path[...]) else { throw CosmosPatch.Missing() }
        case "incr", "increment":
            guard let amount = value?.double else { throw CosmosPatch.Missing() }
            let old = body.value(at: path[...])
            if let old, old.double == nil { throw CosmosPatch.Missing() }
            let sum = JSON.number(CosmosNumber.text((old?.double ?? 0) + amount))
            guard body.put(sum, at: path[...], old == nil ? .add : .set) else { throw CosmosPatch.Missing() }
        case "replace":
            guard body.value(at: path[...]) != nil, body.put(value ?? .null, at: path[...], .set) else {
                throw CosmosPatch.Missing()
            }
        default:
            guard body.put(value ?? .null, at: path[...], name == "add" ? .add : .set) else {
                throw CosmosPatch.Missing()
            }
        }
    }
}

/// Changes along a path.
extension JSON {
    fileprivate enum Manner { case add, set }

    fileprivate func value(at path: ArraySlice<String>) -> JSON? {
        guard let first = path.first else { return self }
        if case .array(let elements) = self {
            guard let index = Int(first), elements.indices.contains(index) else { return nil }
            return elements[index].value(at: path.dropFirst())
        }
        return self[first]?.value(at: path.dropFirst())
    }

    /// Puts a value where the path leads; false if its parent is not there.
    fileprivate mutating func put(_ value: JSON, at path: ArraySlice<String>, _ manner: Manner) -> Bool {
        guard let first = path.first else { return false }
        let isLast = path.count == 1
        switch self {
        case .object:
            if isLast {
                self[first] = value
                return true
            }
            guard var child = self[first], child.put(value, at: path.dropFirst(), manner) else { return false }
            self[first] = child
            return true
        case .array(var elements):
            if isLast, first == "-" || Int(first) == elements.count {
                elements.append(value)
            } else {
                guard let index = Int(first), elements.indices.contains(index) else { return false }
                if !isLast {
                    guard elements[index].put(value, at: path.dropFirst(), manner) else { return false }
                } else if manner == .add {
                    elements.insert(value, at: index)
                } else {
                    elements[index] = value
                }
            }
            self = .array(elements)
            return true
        default: return false
        }
    }

    /// Removes what the path leads to; false if it is not there.
    fileprivate mutating func remove(at path: ArraySlice<String>) -> Bool {
        guard let first = path.first else { return false }
        switch self {
        case .object:
            guard var child = self[first] else { return false }
            if path.count == 1 {
                self[first] = nil
                return true
            }
            guard child.remove(at: path.dropFirst()) else { return false }
            self[first] = child
            return true
        case .array(var elements):
            guard let index = Int(first), elements.indices.contains(index) else { return false }
            if path.count == 1 {
                elements.remove(at: index)
            } else {
                guard elements[index].remove(at: path.dropFirst()) else { return false }
            }
            self = .array(elements)
            return true
        default: return false
        }
    }
}
