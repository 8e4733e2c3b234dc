internal import BenchmarksRawCurl
internal import Foundation

/// A client as a program has it that uses libcurl directly; its loops are in C.
enum RawCurl {
    private static let errorLength = 256

    /// What a loop took.
    struct Times {
        let seconds: Double
        /// Of the loop's thread.
        let processorSeconds: Double
        /// The median of the seconds of one request.
        let latency: Double
    }

    /// Sends the same GET again and again.
    static func gets(_ url: String, count: Int, together: Int) throws -> Times {
        try timed { raw_curl_gets(url, Int64(count), Int32(together), &$0, &$1) }
    }

    /// Uploads a blob of blocks that are all the same.
    ///
    /// - Parameter checksum: the MD5 of a block in Base64.
    static func upload(
        _ url: String,
        _ sharedAccess: String,
        block: [UInt8],
        checksum: String,
        count: Int,
        together: Int
    ) throws -> Times {
        try timed {
            raw_curl_upload(url, sharedAccess, block, block.count, checksum, Int64(count), Int32(together), &$0, &$1)
        }
    }

    /// Downloads a blob in ranges.
    static func download(
        _ url: String,
        _ sharedAccess: String,
        rangeBytes: Int,
        count: Int,
        together: Int
    ) throws -> Times {
        try timed { raw_curl_download(url, sharedAccess, rangeBytes, Int64(count), Int32(together), &$0, &$1) }
    }

    /// One request, for what is set up around a measure.
    static func request(_ method: String, _ url: String, _ body: String? = nil) throws -> (Int, String) {
        var error = [CChar](repeating: 0, count: errorLength)
        var answer = [CChar](repeating: 0, count: 64 << 10)
        var status = 0
        guard raw_curl_request(method, url, body, &status, &answer, answer.count, &error) else {
            throw RawFailure(text(error))
        }
        return (status, text(answer))
    }

    private static func timed(_ loop: (inout raw_curl_times, inout [CChar]) -> Bool) throws -> Times {
        var times = raw_curl_times()
        var error = [CChar](repeating: 0, count: errorLength)
        guard loop(&times, &error) else { throw RawFailure(text(error)) }
        return Times(seconds: times.seconds, processorSeconds: times.processor_seconds, latency: times.latency)
    }

    fileprivate static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A server in a process of its own that gives each GET the same small answer.
final class FixedResponder {
    private var responder = raw_responder()

    /// Starts it on a free port.
    init() throws {
        var error = [CChar](repeating: 0, count: 256)
        guard raw_responder_start(&responder, &error) else { throw RawFailure(RawCurl.text(error)) }
    }

    /// Something that it answers.
    var url: String { "http://127.0.0.1:\(responder.port)/dbs/shop/colls/orders/docs/order-1" }

    /// Ends it.
    func end() { raw_responder_end(&responder) }
}
