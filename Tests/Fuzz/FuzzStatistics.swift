import MigrationCore

/// What a run has seen.
struct FuzzStatistics {
    var texts = 0
    var acceptedTexts = 0
    var documents = 0
    var acceptedDocuments = 0
    var bytes = 0
    /// Inputs without any type of Extended JSON, which the second decoder read as well.
    var compared = 0
    var comparedAccepted = 0
    /// Inputs that were changed where the decoders are known to differ, by the kind of difference.
    var differences: [String: Int] = [:]
    /// Documents that BSON holds and Extended JSON does not.
    var inexact = 0
    var errors: [DocumentError.Code: Int] = [:]

    /// Whether so many inputs of each kind were accepted that both outcomes were tested.
    func isTelling(_ acceptance: ClosedRange<Double>) -> Bool {
        acceptance.contains(percent(acceptedTexts, of: texts))
            && acceptance.contains(percent(acceptedDocuments, of: documents))
    }

    func print(elapsed: Duration) {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let lines = [
            "inputs       \(texts + documents), \(bytes) bytes, \(rounded(seconds)) s",
            "JSON         \(texts), accepted \(acceptedTexts) (\(rounded(percent(acceptedTexts, of: texts))) %)",
            "BSON         \(documents), accepted \(acceptedDocuments) "
                + "(\(rounded(percent(acceptedDocuments, of: documents))) %), beyond JSON \(inexact)",
            "compared     \(compared) plain inputs with the second decoder, both accepted \(comparedAccepted)",
            "differences  \(list(differences))",
            "errors       \(list(Dictionary(uniqueKeysWithValues: errors.map { ("\($0.key)", $0.value) })))",
        ]
        for line in lines { Swift.print(line) }
    }

    private func list(_ counts: [String: Int]) -> String {
        counts.isEmpty
            ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private func percent(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) * 100 / Double(whole)
    }

    private func rounded(_ number: Double) -> Double {
        (number * 10).rounded() / 10
    }
}
