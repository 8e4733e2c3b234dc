internal import CutoverCCurl

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension CurlExchange {
    /// What an ended exchange is for its caller; nil is a success.
    func outcome(of code: CURLcode, hasProxy: Bool) -> TransportError? {
        if let failure { return failure }
        guard code != CURLE_OK else {
            return isAnswerBegun ? nil : error(.protocolViolation, "The answer has no head.")
        }
        let status = handle?.info(CURLINFO_HTTP_CONNECTCODE) ?? 0
        if hasProxy, !isConnected, status != 0, status != 200 {
            return (400..<500).contains(status)
                ? error(
                    .proxyRefused,
                    "The proxy refused the connection with status \(status); check its name and password."
                )
                : error(.proxy, "The proxy failed with status \(status).")
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return error(.resolve, "The name of the host has no address.")
        case CURLE_COULDNT_RESOLVE_PROXY: return error(.resolve, "The name of the proxy has no address.")
        case CURLE_COULDNT_CONNECT: return connectFailure(hasProxy: hasProxy)
        case CURLE_PROXY: return error(.proxy, "The proxy failed.")
        case CURLE_OPERATION_TIMEDOUT:
            return error(.timeout(isConnected ? .total : .connect), "The time for this part of the exchange was up.")
        case CURLE_SSL_CONNECT_ERROR where isHandshakeCutShort:
            return error(.reset, "The connection broke during the TLS handshake.")
        case CURLE_PEER_FAILED_VERIFICATION:
            return error(.tls, "The certificate of the server is not trusted, or it belongs to another host.")
        case CURLE_SSL_CACERT_BADFILE:
            return error(.tls, "The file of certificate authorities cannot be read; check its path and its form.")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE:
            return error(.tls, "The TLS handshake failed.")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND,
            CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return isAnswerBegun
                ? error(.truncated, "The connection broke in the middle of the answer.")
                : error(.reset, "The connection broke before the answer.")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_UNSUPPORTED_PROTOCOL:
            return error(.protocolViolation, "What came back is not HTTP.")
        case CURLE_URL_MALFORMAT: return error(.invalidRequest, "The URL cannot be sent.")
        default: return error(.internalFailure, "libcurl ended the exchange with its error \(code.rawValue).")
        }
    }

    private func connectFailure(hasProxy: Bool) -> TransportError {
        if hasProxy { return error(.proxy, "The proxy cannot be reached.") }
        return Int32(truncatingIfNeeded: handle?.info(CURLINFO_OS_ERRNO) ?? 0) == ECONNREFUSED
            ? error(.connectionRefused, "Nobody listens at the host's port.")
            : error(.unreachable, "There is no way to the host.")
    }

    /// Whether the other side left in the middle of a handshake, which another attempt may survive: a failed one it would not.
    private var isHandshakeCutShort: Bool {
        let text = handle?.complaintText ?? ""
        return ["SSL_ERROR_SYSCALL", "unexpected eof", "Connection reset"].contains { text.contains($0) }
    }
}
