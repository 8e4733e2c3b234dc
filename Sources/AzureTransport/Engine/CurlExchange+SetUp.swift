internal import CutoverCCurl
internal import CutoverCCurlShims

extension CurlExchange {
    /// Bodies up to this size are sent together with the head, in one write.
    private static let maximumInlineBody = 64 << 10

    /// Writes the request down on a handle; false if libcurl refuses a part of it.
    func setUp(_ handle: CurlHandle, _ configuration: CurlTransport.Configuration) -> Bool {
        self.handle = handle
        if !handle.isPrepared {
            handle.prepare(CurlCallbacks.table)
            setGuards(on: handle)
            setConnection(on: handle, configuration)
            handle.isPrepared = true
        }
        handle.set(CURLOPT_URL, text: transfer.request.url.absoluteText)
        // Each address of the host gets its part of the time; the whole is the engine's to watch. Zero is libcurl's own limit.
        let patience = transfer.request.timeouts.connect.map { max(1, $0.wholeMilliseconds) }
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, patience ?? 0)
        setBody(on: handle)
        for field in transfer.request.headers.fields {
            handle.addHeader(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // What libcurl would add by itself: it is not signed, and nobody asked for it.
        for name in added where transfer.request.headers[name] == nil { handle.addHeader("\(name):") }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe handle.finishSetUp(context: context)
        return handle.refusal == nil
    }

    private static let addedToAll = ["Accept"]
    private static let addedWithBody = ["Accept", "Content-Type", "Expect"]

    /// The fields that libcurl has a value of its own for.
    private var added: [String] {
        if case .none = transfer.request.body, transfer.request.method.isSafe { return Self.addedToAll }
        return Self.addedWithBody
    }

    private func setGuards(on handle: CurlHandle) {
        handle.set(CURLOPT_NOSIGNAL, true)
        // A name that is still being looked up does not hold the thread up when the exchange ends.
        handle.set(CURLOPT_QUICK_EXIT, true)
        handle.set(CURLOPT_NOPROGRESS, true)
        handle.set(CURLOPT_PROTOCOLS_STR, text: "http,https")
        handle.set(CURLOPT_FOLLOWLOCATION, false)
        handle.set(CURLOPT_DISALLOW_USERNAME_IN_URL, true)
        handle.set(CURLOPT_HTTP09_ALLOWED, false)
        // `/a/../b` is sent, and was signed, as it is.
        handle.set(CURLOPT_PATH_AS_IS, true)
        handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        handle.set(CURLOPT_HEADEROPT, cutover_curl_header_separate)
        handle.set(CURLOPT_TCP_KEEPALIVE, true)
        handle.set(CURLOPT_UPLOAD_BUFFERSIZE, 128 << 10)
        handle.set(CURLOPT_SSL_VERIFYPEER, true)
        handle.set(CURLOPT_SSL_VERIFYHOST, 2)
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    }

    private func setConnection(on handle: CurlHandle, _ configuration: CurlTransport.Configuration) {
        let version =
            switch configuration.httpVersion {
            case .http1: CURL_HTTP_VERSION_1_1
            case .negotiated: CURL_HTTP_VERSION_2TLS
            }
        handle.set(CURLOPT_HTTP_VERSION, Int(version))
        if configuration.httpVersion != .http1 { handle.set(CURLOPT_PIPEWAIT, true) }
        handle.set(CURLOPT_MAXAGE_CONN, max(1, configuration.idleConnectionLifetime.wholeMilliseconds / 1_000))
        handle.set(CURLOPT_MAXLIFETIME_CONN, max(1, configuration.connectionLifetime.wholeMilliseconds / 1_000))
        if let file = configuration.certificateAuthorityFile {
            handle.set(CURLOPT_CAINFO, text: file)
            handle.set(CURLOPT_CAPATH, text: nil)
        }
        guard let proxy = configuration.proxy else {
            // An empty text, because without one libcurl looks into the environment.
            handle.set(CURLOPT_PROXY, text: "")
            return
        }
        handle.set(
            CURLOPT_PROXY,
            text: "\(proxy.url.scheme.rawValue)://\(proxy.url.host):\(proxy.url.port ?? proxy.url.scheme.defaultPort)"
        )
        handle.set(CURLOPT_NOPROXY, text: proxy.bypass.joined(separator: ","))
        handle.set(CURLOPT_PROXY_SSL_VERIFYPEER, true)
        handle.set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        if let name = proxy.name {
            handle.set(CURLOPT_PROXYAUTH, cutover_curl_auth_basic)
            handle.set(CURLOPT_PROXYUSERNAME, text: name)
            handle.set(CURLOPT_PROXYPASSWORD, text: proxy.password ?? "")
        }
    }

    private func setBody(on handle: CurlHandle) {
        let method = transfer.request.method
        switch transfer.request.body {
        case .none where method == .head:
            handle.set(CURLOPT_NOBODY, true)
        case .none where method == .get:
            break
        case .none where !["PUT", "POST", "PATCH", "MERGE"].contains(method.name):
            handle.set(CURLOPT_CUSTOMREQUEST, text: method.name)
        case .none:
            setInlineBody([], on: handle)
        case .bytes(let bytes) where bytes.count <= Self.maximumInlineBody:
            setInlineBody(bytes, on: handle)
        case .bytes, .stream:
            handle.set(CURLOPT_UPLOAD, true)
            handle.set(CURLOPT_INFILESIZE_LARGE, size: transfer.request.body.length)
            handle.set(CURLOPT_CUSTOMREQUEST, text: method.name)
        }
    }

    /// What a handle receives in one piece that suits the answer: one that may be long is worth a larger buffer, which saves calls.
    var bufferBytes: Int {
        let isLong =
            if case .collected = transfer.delivery {
                (transfer.request.maximumResponseBytes ?? 0) >= 1 << 20
            } else {
                true
            }
        return isLong ? 256 << 10 : Int(CURL_MAX_WRITE_SIZE)
    }

    /// Also what an empty body takes, so that `Content-Length: 0` is sent: as an upload it would be chunked.
    private func setInlineBody(_ bytes: [UInt8], on handle: CurlHandle) {
        handle.set(CURLOPT_POST, true)
        handle.setBody(bytes)
        handle.set(CURLOPT_CUSTOMREQUEST, text: transfer.request.method.name)
    }
}

extension Duration {
    /// Rounded up, and at most what a C long on every system holds.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int(seconds) * 1_000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
