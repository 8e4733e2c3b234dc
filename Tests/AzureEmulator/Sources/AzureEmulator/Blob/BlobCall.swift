/// A request to the Blob service, taken apart.
struct BlobCall: Sendable {
    let request: Request
    /// Whether it goes to the secondary, which can only be read.
    let isSecondary: Bool
    let container: String?
    let blob: ByteString?
    let component: String

    /// Takes apart `/ACCOUNT/CONTAINER/BLOB`.
    init(_ request: Request, account: String) throws(StorageError) {
        self.request = request
        var rest = request.rawPath.drop { $0 == "/" }
        func next() -> String {
            let piece = rest.prefix { $0 != "/" }
            rest = rest.dropFirst(piece.count + 1)
            return Percent.decode(piece)
        }
        let name = next()
        isSecondary = name == account + "-secondary"
        guard name == account || isSecondary else {
            throw StorageError(404, "ResourceNotFound", "The specified account does not exist.")
        }
        container = rest.isEmpty ? nil : next()
        blob = rest.isEmpty ? nil : ByteString(Percent.decode(rest))
        component = request.parameter("comp")?.lowercased() ?? ""
    }

    var scope: StorageAuthorization.Scope {
        guard let container else { return .service }
        guard let blob else { return .container(container) }
        return .blob(container: container, name: blob.text)
    }

    /// The metadata of the request's headers.
    func metadata(_ rules: Rules) throws(StorageError) -> [Field] {
        var result: [Field] = []
        var bytes = 0
        for field in request.headers where field.name.lowercased().hasPrefix("x-ms-meta-") {
            let name = String(field.name.dropFirst("x-ms-meta-".count))
            if rules.holds("blob.metadata-names") {
                guard !name.isEmpty else {
                    throw StorageError(
                        400,
                        "EmptyMetadataKey",
                        "The key for one of the metadata key-value pairs is empty."
                    )
                }
                guard Self.isIdentifier(name), !result.contains(where: { $0.name.equalsIgnoringCase(name) }) else {
                    throw StorageError(
                        400,
                        "InvalidMetadata",
                        "The metadata specified is invalid. It has characters that are not permitted."
                    )
                }
            }
            bytes += name.utf8.count + field.value.utf8.count
            result.append(Field(name, field.value))
        }
        guard bytes <= 8_192 else {
            throw StorageError(
                400,
                "MetadataTooLarge",
                "The metadata specified exceeds the maximum permissible limit (8KB)."
            )
        }
        return result
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
    }

    /// The tags of the request's header.
    func tags(_ rules: Rules) throws(StorageError) -> [Field] {
        let tags = BlobTags.header(request.header("x-ms-tags") ?? "")
        try BlobTags.check(tags, rules)
        return tags
    }

    /// Checks the body against the checksums that came with it, and tells those of the body.
    func checksums(_ rules: Rules) throws(StorageError) -> [Field] {
        let md5 = request.header("Content-MD5")
        let crc = request.header("x-ms-content-crc64")
        if md5 != nil, crc != nil {
            throw StorageError(
                400,
                "BothCrc64AndMd5HeaderPresent",
                "Both x-ms-content-crc64 header and Content-MD5 header are present."
            )
        }
        var headers: [Field] = []
        if let md5 {
            guard Base64.decode(md5)?.count == 16 else {
                throw StorageError(400, "InvalidMd5", "The MD5 value specified in the request is invalid.")
            }
            let actual = Base64.encode(Signing.md5(request.body))
            if actual != md5, rules.holds("blob.md5") {
                throw StorageError(
                    400,
                    "Md5Mismatch",
                    "The MD5 value specified in the request did not match with the MD5 value calculated by the server."
                )
            }
            headers.append(Field("Content-MD5", actual))
        }
        let actual = CRC64.header(request.body)
        if let crc, crc != actual, rules.holds("blob.crc64") {
            throw StorageError(
                400,
                "Crc64Mismatch",
                "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server."
            )
        }
        headers.append(Field("x-ms-content-crc64", actual))
        return headers
    }
}
