internal import CutoverAzureTransport
internal import MigrationCore

/// Sends requests to the tables of an account: addresses, common fields, and what its answers mean.
struct TableGateway: Sendable {
    /// One request, in the words of Table Storage.
    struct Call: Sendable {
        var operation: String
        var method: HTTPMethod
        /// The path behind the account's, encoded, such as `things()`.
        var path: String
        /// Names and values, not encoded.
        var query: [(String, String)] = []
        var headers: HTTPHeaders = [:]
        var body: [UInt8]?
        var effect = RequestEffect.read
        var answers: Set<Int> = []
    }

    static let version = "2019-02-02"
    static let accept = "application/json;odata=minimalmetadata"

    private let account: HTTPURL
    private let pipeline: AzurePipeline

    init(_ configuration: TableConfiguration, pipeline: AzurePipeline) throws(StoreError) {
        account = try configuration.account.endpoint(of: .table).primary
        self.pipeline = pipeline
    }

    /// The URL of something in the account.
    func url(_ path: String) -> HTTPURL { account.appending(percentEncodedPath: path) }

    /// Sends a call; its answers are successes and what the call names.
    func send(_ call: Call) async throws(AzureError) -> AzureAnswer<HTTPResponse> {
        var headers = call.headers
        headers["x-ms-version"] = Self.version
        headers["DataServiceVersion"] = "3.0"
        if headers["Accept"] == nil { headers["Accept"] = Self.accept }
        if call.body != nil, headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        var url = url(call.path)
        url.query = call.query.map { HTTPURL.QueryItem(name: $0.0, value: HTTPURL.percentEncoded($0.1)) }
        let request = HTTPRequest(
            method: call.method,
            url: url,
            headers: headers,
            body: call.body.map { HTTPBody.bytes($0) } ?? HTTPBody.none,
            maximumResponseBytes: 64 << 20
        )
        return try await pipeline.send(AzureCall(call.operation, request, effect: call.effect, answers: call.answers))
    }

    /// The path of an entity: quotes doubled, then encoded; what is encoded is what is signed.
    static func path(_ table: String, _ key: EntityKey) -> String {
        "\(table)(PartitionKey='\(quoted(key.partition))',RowKey='\(quoted(key.row))')"
    }

    private static func quoted(_ text: String) -> String { HTTPURL.percentEncoded(doubled(text)) }

    /// A text as a literal of `$filter`.
    static func literal(_ text: String) -> String { "'\(doubled(text))'" }

    // Character by character of Unicode: a quote that a combining mark follows is a quote, too.
    private static func doubled(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            result.unicodeScalars.append(scalar)
            if scalar == "'" { result.unicodeScalars.append(scalar) }
        }
    }

    /// Whether an answer says that the table, and not only an entity, is missing.
    static func isTableMissing(_ facts: AnswerFacts) -> Bool {
        facts.status == 404 && (facts.errorCode == "TableNotFound" || facts.errorCode == "TableBeingDeleted")
    }
}

/// One page of entities.
struct EntityPage: Sendable {
    /// Entities, or why one of them cannot be read, with its JSON.
    enum Item: Sendable {
        case entity(Entity)
        case unreadable([UInt8], DocumentError)
    }

    var items: [Item] = []
    /// Where the next page begins; nil at the end. A page may be empty and still have one.
    var next: EntityPlace?
}

/// Where a query goes on: the texts that the service gave, which mean nothing to us.
struct EntityPlace: Sendable {
    var partition: String
    var row: String?

    init(partition: String, row: String?) {
        self.partition = partition
        self.row = row
    }

    /// Reads what ``text`` writes.
    init?(_ text: String) {
        guard let document = try? Document(json: text), case .string(let partition)? = document["p"] else { return nil }
        self.partition = partition
        if case .string(let row)? = document["r"] { self.row = row }
    }

    var text: String {
        var document: Document = ["p": .string(partition)]
        if let row { document.append("r", .string(row)) }
        return document.json(.canonical)
    }
}

extension TableGateway {
    /// One page of a table, in the order of its keys; nil when there is no such table.
    ///
    /// - Parameter keysOnly: leaves out everything but the keys.
    func entities(
        _ table: String,
        partition: PartitionKey?,
        after place: EntityPlace?,
        size: Int,
        keysOnly: Bool = false,
        _ collection: CollectionName
    ) async throws(StoreError) -> EntityPage? {
        var query = [("$top", "\(min(max(1, size), 1_000))")]
        // The definition of the collection lies in the table, too, and must not take the place of a document in a page.
        let filter =
            partition.map { "PartitionKey eq \(Self.literal(EntityKey.text(of: $0)))" }
            ?? "PartitionKey ne \(Self.literal(EntityKey.definition.partition))"
        query.append(("$filter", filter))
        if keysOnly { query.append(("$select", "PartitionKey,RowKey")) }
        if let place {
            query.append(("NextPartitionKey", place.partition))
            if let row = place.row { query.append(("NextRowKey", row)) }
        }
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(
                Call(operation: "query_entities", method: .get, path: "\(table)()", query: query, answers: [404])
            )
        } catch {
            if place != nil, error.status == 400 {
                throw StoreError(
                    .invalidContinuation,
                    "The service does not accept the continuation; begin again without one.",
                    context: context,
                    underlying: error
                )
            }
            throw error.storeError(context)
        }
        if answer.response.status == 404 {
            guard Self.isTableMissing(answer.facts) else { throw Self.strange(context) }
            return nil
        }
        var page = EntityPage()
        guard case .array(let elements)? = Self.json(answer.response)?["value"] else { throw Self.strange(context) }
        for case .document(let element) in elements {
            do throws(DocumentError) {
                page.items.append(.entity(try Entity(element)))
            } catch {
                page.items.append(.unreadable(Array(element.json(.relaxed).utf8), error))
            }
        }
        let headers = answer.response.headers
        if let partition = headers["x-ms-continuation-NextPartitionKey"] {
            page.next = EntityPlace(partition: partition, row: headers["x-ms-continuation-NextRowKey"])
        }
        return page
    }

    /// One entity; nil when there is none, or no such table.
    func entity(
        _ table: String,
        _ key: EntityKey,
        _ collection: CollectionName
    ) async throws(StoreError) -> Result<Entity, DocumentError>? {
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(
                Call(operation: "get_entity", method: .get, path: Self.path(table, key), answers: [404])
            )
        } catch {
            throw error.storeError(context)
        }
        guard answer.response.status != 404 else { return nil }
        guard let json = Self.json(answer.response) else { throw Self.strange(context) }
        do throws(DocumentError) {
            var entity = try Entity(json)
            if let tag = answer.response.headers["ETag"] { entity.etag = tag }
            return .success(entity)
        } catch {
            return .failure(error)
        }
    }

    /// An answer's JSON. Entities of a page may together be larger than a document.
    static func json(_ response: HTTPResponse) -> Document? {
        try? ExtendedJSON.parse(response.body, limits: DocumentLimits(maximumBytes: 64 << 20))
    }

    static func strange(_ context: StoreError.Context) -> StoreError {
        StoreError(
            .internalInconsistency,
            "The service's answer has an unexpected form; report this.",
            context: context
        )
    }
}
