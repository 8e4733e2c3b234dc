/// The two output forms of MongoDB Extended JSON v2.
///
/// `Document(json:)` reads both alike. Choose ``canonical`` wherever the text is
/// stored or sent and must come back as the same types; choose ``relaxed`` for people and for tools that expect
/// ordinary JSON numbers.
///
/// The format is specified at
/// <https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md>.
public enum JSONMode: Sendable, Hashable, CaseIterable {
    /// Every type keeps its wrapper: `{"n":{"$numberInt":"1"}}` comes back as the same 32-bit integer.
    case canonical

    /// Numbers are plain and dates from 1970 to 9999 are ISO text: `{"n":1}`; the width of an integer is not kept.
    case relaxed
}
