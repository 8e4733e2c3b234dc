internal import MigrationCore

/// The values of an SQL text that is put together at run time: the text itself holds none, only its parameters.
struct SQLParameters {
    enum Value: Hashable {
        case integer(Int64)
        case real(Double)
        /// UTF-8 bytes, since texts are compared by them.
        case text([UInt8])
    }

    private let firstIndex: Int32
    private var values: [Value] = []
    private var names: [Value: String] = [:]

    /// - Parameter firstIndex: The number of the first parameter; those before it are bound by the caller.
    init(firstIndex: Int32) {
        self.firstIndex = firstIndex
    }

    var count: Int { values.count }

    /// The parameter, such as `?7`, that stands for a value.
    mutating func parameter(_ value: Value) -> String {
        if let name = names[value] { return name }
        let name = "?\(Int(firstIndex) + values.count)"
        values.append(value)
        names[value] = name
        return name
    }

    mutating func integer(_ number: Int64) -> String { parameter(.integer(number)) }
    mutating func real(_ number: Double) -> String { parameter(.real(number)) }
    mutating func text(_ text: String) -> String { parameter(.text(Array(text.utf8))) }
    mutating func text(_ bytes: [UInt8]) -> String { parameter(.text(bytes)) }
    mutating func texts(_ texts: [[UInt8]]) -> String { texts.map { text($0) }.joined(separator: ", ") }

    func bind(to statement: Statement) throws(StoreError) {
        for (offset, value) in values.enumerated() {
            let index = firstIndex + Int32(offset)
            switch value {
            case .integer(let number): try statement.bind(index, number)
            case .real(let number): try statement.bind(index, number)
            case .text(let bytes): try statement.bindText(index, utf8: bytes)
            }
        }
    }
}
