/// `$code` and `$scope`, in either order. The scope is a document of any depth, so it is read by the main loop.
extension JSONParser {
    /// Reads what follows `"$code":`; with a scope, begins it.
    mutating func readCode() throws(JSONFault) -> Step {
        try expectString()
        try readStringPayload()
        if try peekToken() == UInt8(ascii: "}") {
            cursor += 1
            setType(.javaScript)
            leaveFrame()
            return .after
        }
        guard let (name, place) = try nextName(isFirst: false) else { return .after }
        guard name.isEqual(to: "$scope") else { throw JSONFault(.wrapperExtraKey, at: place) }
        // With a scope the length of both comes first.
        out.ensure((end - cursor) + 64)
        let code = out.base + top.position
        (code + 4).update(from: code, count: out.count - top.position)
        out.count += 4
        return try beginScope(.codeThenScope)
    }

    /// Begins the scope that comes before its code.
    mutating func beginLeadingScope() throws(JSONFault) -> Step {
        out.append(littleEndian: Int32(0))
        return try beginScope(.scopeThenCode)
    }

    private mutating func beginScope(_ kind: Frame.Kind) throws(JSONFault) -> Step {
        guard try peekToken() == UInt8(ascii: "{") else { throw JSONFault(.scopeNotDocument, at: offset) }
        setType(.javaScriptWithScope)
        out.ensure((end - cursor) + 64)
        top.kind = kind
        // The wrapper is no level of its own; its scope is.
        depth -= 1
        return try beginContainer(.scope)
    }

    /// Completes a value whose scope has been read.
    mutating func finishScopedCode() throws(JSONFault) {
        if top.kind == .scopeThenCode {
            guard try peekToken() == UInt8(ascii: ",") else { throw JSONFault(.wrapperMissingKey, at: top.offset) }
            guard let (name, place) = try nextName(isFirst: false) else { return }
            guard name.isEqual(to: "$code") else { throw JSONFault(.wrapperExtraKey, at: place) }
            try expectString()
            let scope = top.position + 4
            let code = out.count
            out.ensure((end - cursor) + 64)
            try readStringPayload()
            // The code comes first in BSON.
            let written = [UInt8](UnsafeBufferPointer(start: out.base + code, count: out.count - code))
            (out.base + scope + written.count).update(from: out.base + scope, count: code - scope)
            written.withUnsafeBufferPointer { bytes in
                guard let first = bytes.baseAddress else { return }
                (out.base + scope).update(from: first, count: bytes.count)
            }
        }
        try expectEnd()
        out.store(length: out.count - top.position, at: top.position)
        top = outer.removeLast()
    }
}
