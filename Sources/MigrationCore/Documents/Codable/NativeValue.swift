/// A type that is one value of a document, whatever its own `Codable` conformance would write.
protocol NativeValue {
    /// The value, or nil when a document cannot hold it exactly.
    var nativeValue: Value? { get }

    /// Takes a value of the right type, or returns nil for any other.
    init?(nativeValue: Value)
}

extension Value: NativeValue {
    var nativeValue: Value? { self }

    init?(nativeValue: Value) { self = nativeValue }
}

extension Document: NativeValue {
    var nativeValue: Value? { .document(self) }

    init?(nativeValue: Value) {
        guard case .document(let document) = nativeValue else { return nil }
        self = document
    }
}

extension WallTime: NativeValue {
    var nativeValue: Value? { .date(self) }

    init?(nativeValue: Value) {
        guard case .date(let time) = nativeValue else { return nil }
        self = time
    }
}

extension ObjectID: NativeValue {
    var nativeValue: Value? { .objectID(self) }

    init?(nativeValue: Value) {
        guard case .objectID(let id) = nativeValue else { return nil }
        self = id
    }
}

extension Binary: NativeValue {
    var nativeValue: Value? { .binary(self) }

    init?(nativeValue: Value) {
        guard case .binary(let binary) = nativeValue else { return nil }
        self = binary
    }
}

extension Decimal128: NativeValue {
    var nativeValue: Value? { .decimal128(self) }

    init?(nativeValue: Value) {
        guard case .decimal128(let number) = nativeValue else { return nil }
        self = number
    }
}

extension BSONTimestamp: NativeValue {
    var nativeValue: Value? { .timestamp(self) }

    init?(nativeValue: Value) {
        guard case .timestamp(let timestamp) = nativeValue else { return nil }
        self = timestamp
    }
}

extension RegularExpression: NativeValue {
    var nativeValue: Value? { .regularExpression(self) }

    init?(nativeValue: Value) {
        guard case .regularExpression(let expression) = nativeValue else { return nil }
        self = expression
    }
}

extension DBPointer: NativeValue {
    var nativeValue: Value? { .dbPointer(self) }

    init?(nativeValue: Value) {
        guard case .dbPointer(let pointer) = nativeValue else { return nil }
        self = pointer
    }
}
