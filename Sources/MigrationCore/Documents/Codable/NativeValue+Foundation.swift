#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A `Date` is a date in milliseconds, rounded to the nearest; one beyond the range of 64 bits cannot be held.
extension Date: NativeValue {
    var nativeValue: Value? {
        Int64(exactly: (timeIntervalSince1970 * 1000).rounded()).map { .date(WallTime(millisecondsSinceEpoch: $0)) }
    }

    init?(nativeValue: Value) {
        guard case .date(let time) = nativeValue else { return nil }
        self.init(timeIntervalSince1970: Double(time.millisecondsSinceEpoch) / 1000)
    }
}

/// A `UUID` is binary of subtype 4, in network byte order. Its text is read as well.
extension UUID: NativeValue {
    var nativeValue: Value? { .binary(Binary(self)) }

    init?(nativeValue: Value) {
        switch nativeValue {
        case .binary(let binary):
            guard let uuid = binary.uuid else { return nil }
            self = uuid
        case .string(let text):
            self.init(uuidString: text)
        default:
            return nil
        }
    }
}

/// `Data` is binary of subtype 0; on the way back any subtype will do.
extension Data: NativeValue {
    var nativeValue: Value? { .binary(Binary(bytes: Array(self))) }

    init?(nativeValue: Value) {
        guard case .binary(let binary) = nativeValue else { return nil }
        self.init(binary.bytes)
    }
}

/// A `Decimal` is a decimal of up to 34 digits; one with more cannot be held. Integers are read as well.
extension Decimal: NativeValue {
    var nativeValue: Value? {
        Decimal128(description).map { .decimal128($0) }
    }

    init?(nativeValue: Value) {
        switch nativeValue {
        case .decimal128(let number): self.init(string: number.description)
        case .int32(let number): self.init(number)
        case .int64(let number): self.init(number)
        default: return nil
        }
    }
}

/// A `URL` is its text.
extension URL: NativeValue {
    var nativeValue: Value? { .string(absoluteString) }

    init?(nativeValue: Value) {
        guard case .string(let text) = nativeValue else { return nil }
        self.init(string: text)
    }
}
