internal import CutoverCSQLite
internal import MigrationCore

/// Translates filters into SQL over the column `body` of canonical bodies.
///
/// An expression is 1 for a document that the filter selects, 0 for one that it does not select, and null where SQL cannot
/// tell: then the document itself is looked at. `AND`, `OR` and `NOT` of SQL carry the three answers on as the filter's own
/// operators would. What has no translation at all is nil.
///
/// The definition is `Filter.matches`; the differential tests hold the translation to it.
struct FilterTranslation {
    var parameters: SQLParameters
    /// SQL texts stay below the limits that SQLite is built with.
    private var conditionsLeft = 100
    private static let maximumOperands = 500
    private static let maximumParameters = 10_000

    init(parameters: SQLParameters) {
        self.parameters = parameters
    }

    /// Whether the library has what translations use.
    static let isAvailable =
        unsafe sqlite3_libversion_number() >= 3_038_000 && sqlite3_compileoption_used("OMIT_JSON") == 0

    mutating func expression(_ filter: Filter) -> String? {
        switch filter {
        case .all: "1"
        case .and(let filters): combination(of: filters, with: "AND", ofNone: "1")
        case .or(let filters): combination(of: filters, with: "OR", ofNone: "0")
        case .not(let filter): expression(filter).map { "(NOT \($0))" }
        case .equal(let path, let operand): condition(at: path) { $0.equality([operand], at: $1) }
        case .oneOf(let path, let operands): condition(at: path) { $0.equality(operands, at: $1) }
        case .less(let path, let operand): condition(at: path) { $0.comparison(.less, operand, at: $1) }
        case .lessOrEqual(let path, let operand): condition(at: path) { $0.comparison(.lessOrEqual, operand, at: $1) }
        case .greater(let path, let operand): condition(at: path) { $0.comparison(.greater, operand, at: $1) }
        case .greaterOrEqual(let path, let operand):
            condition(at: path) { $0.comparison(.greaterOrEqual, operand, at: $1) }
        case .exists(let path): condition(at: path) { "(\($0.type($1)) IS NOT NULL)" }
        case .hasPrefix(let path, let prefix): condition(at: path) { $0.prefix(prefix, at: $1) }
        case .contains(let path, let operand): condition(at: path) { $0.element(operand, at: $1) }
        }
    }

    private mutating func combination(of filters: [Filter], with word: String, ofNone none: String) -> String? {
        if filters.isEmpty { return none }
        let terms = filters.map { expression($0) }
        guard terms.contains(where: { $0 != nil }) else { return nil }
        // One null says as much as several.
        let known = terms.compactMap { $0 } + (terms.contains(nil) ? ["NULL"] : [])
        return "(" + known.joined(separator: " \(word) ") + ")"
    }

    /// A condition at a path: at each of the places that the path may mean, of which a document has at most one.
    private mutating func condition(
        at path: FieldPath,
        _ body: (inout FilterTranslation, BodyPath) -> String?
    ) -> String? {
        switch BodyPath.meaning(of: path) {
        case .nowhere: return "0"
        case .unknown: return nil
        case .places(let places):
            conditionsLeft -= places.count
            guard conditionsLeft >= 0 else { return nil }
            var terms: [String] = []
            for place in places {
                guard let term = body(&self, place) else { return nil }
                terms.append(term)
            }
            return terms.count == 1 ? terms[0] : "(" + terms.joined(separator: " OR ") + ")"
        }
    }

    // MARK: Conditions at one place

    private mutating func equality(_ operands: [Value], at path: BodyPath) -> String? {
        guard operands.count <= Self.maximumOperands, parameters.count <= Self.maximumParameters else { return nil }
        let test = EqualityTest(operands)
        var cases: [String] = []
        if !test.texts.isEmpty { cases.append("WHEN \(json(path)) IN (\(parameters.texts(test.texts))) THEN 1") }
        if test.hasNumber { cases.append("WHEN \(type(path.member("$numberDecimal"))) IS NOT NULL THEN NULL") }
        if test.hasOpenDocument { cases.append("WHEN \(type(path)) = 'object' THEN NULL") }
        if test.hasOpenArray { cases.append("WHEN \(type(path)) = 'array' THEN NULL") }
        return cases.isEmpty ? "0" : "CASE \(cases.joined(separator: " ")) ELSE 0 END"
    }

    private mutating func prefix(_ prefix: String, at path: BodyPath) -> String {
        // Escapes are made character by character, so the texts begin alike exactly where the strings do.
        let text = Value.string(prefix).canonicalText.dropLast()
        let count = String(decoding: text, as: UTF8.self).unicodeScalars.count
        return "(substr(\(json(path)), 1, \(parameters.integer(Int64(count)))) IS \(parameters.text(Array(text))))"
    }

    private mutating func element(_ operand: Value, at path: BodyPath) -> String? {
        let test = EqualityTest([operand])
        var cases = ["WHEN \(type(path)) IS NOT 'array' THEN 0"]
        if test.isComplete, test.texts.count == 1 {
            cases.append("WHEN instr(\(json(path)), \(parameters.texts(test.texts))) = 0 THEN 0")
        }
        switch operand {
        case .string(let text):
            // SQLite ends texts at a NUL.
            cases.append("WHEN instr(\(json(path)), '\\u0000') THEN NULL")
            cases.append(
                "WHEN \(anyElement(of: path, is: "type = 'text' AND value = \(parameters.text(text))")) THEN 1"
            )
        case .null, .bool:
            cases.append("WHEN \(anyElement(of: path, is: "type = \(parameters.texts(test.texts))")) THEN 1")
        default:
            if !test.texts.isEmpty {
                let isEqual = "type IN ('object', 'array') AND value IN (\(parameters.texts(test.texts)))"
                cases.append("WHEN \(anyElement(of: path, is: isEqual)) THEN 1")
            }
            if test.hasNumber { cases.append("WHEN instr(\(json(path)), '$numberDecimal') THEN NULL") }
            if test.hasOpenDocument || test.hasOpenArray { cases.append("WHEN 1 THEN NULL") }
        }
        return "CASE \(cases.joined(separator: " ")) ELSE 0 END"
    }

    private mutating func anyElement(of path: BodyPath, is condition: String) -> String {
        "EXISTS (SELECT 1 FROM json_each(\(json(path))) WHERE \(condition))"
    }
}

// MARK: Parts of conditions

extension FilterTranslation {
    /// The name of SQLite for the kind of the value; null if it is missing.
    mutating func type(_ path: BodyPath) -> String { "json_type(body, \(parameters.text(path.text)))" }

    /// The canonical text of the value; null if it is missing.
    mutating func json(_ path: BodyPath) -> String { "(body -> \(parameters.text(path.text)))" }

    /// The value itself, for texts and numbers; null if it is missing. A text ends at its first NUL.
    mutating func value(_ path: BodyPath) -> String { "json_extract(body, \(parameters.text(path.text)))" }

    /// The text of a number that is an integer; null for anything else.
    mutating func integer(_ path: BodyPath) -> String {
        "coalesce(\(value(path.member("$numberInt"))), \(value(path.member("$numberLong"))))"
    }

    /// The text of a number that is none; null for anything else.
    mutating func fraction(_ path: BodyPath) -> String {
        "coalesce(\(value(path.member("$numberDouble"))), \(value(path.member("$numberDecimal"))))"
    }
}
