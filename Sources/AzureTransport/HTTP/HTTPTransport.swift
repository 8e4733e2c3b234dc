/// What carries requests to a server and answers back.
///
/// A conformer sends each request at most once: it never repeats one whose first copy may have arrived, unless its method is safe.
/// It follows no redirect, keeps no cookie, and returns every status as an answer.
package protocol HTTPTransport: Sendable {
    /// Sends a request and collects its answer. A cancelled task gets ``TransportError/Code/cancelled`` within milliseconds.
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
    /// Sends a request whose body is not a stream, and returns when the head of its answer is there; the body is pulled.
    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStreamedResponse
}
