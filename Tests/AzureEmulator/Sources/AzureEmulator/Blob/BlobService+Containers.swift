import Synchronization

/// Containers, and what is asked of the account as a whole.
extension BlobService {
    func service(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        switch (request.method, request.parameter("restype")?.lowercased() ?? "", call.component) {
        case ("GET", "", "list"): return try listContainers(call, grant)
        case ("GET", "", "blobs"): return try search(call, grant, container: nil)
        case ("POST", "", "batch"): return try batch(call, grant)
        case ("GET", "service", "properties"): return Self.serviceProperties
        case ("GET", "account", "properties"), ("HEAD", "account", "properties"):
            return Response(
                200,
                headers: [
                    Field("x-ms-sku-name", "Standard_RAGRS"), Field("x-ms-account-kind", "StorageV2"),
                    Field("x-ms-is-hns-enabled", "false"),
                ]
            )
        default: throw call.component.isEmpty ? .unsupportedVerb : .unsupportedQuery("comp")
        }
    }

    private static let serviceProperties = Response(
        200,
        headers: [Field("Content-Type", "application/xml")],
        text: "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties><Cors />"
            + "<DefaultServiceVersion>2021-12-02</DefaultServiceVersion></StorageServiceProperties>"
    )

    func container(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        guard request.parameter("restype")?.lowercased() == "container" else { throw .invalidQuery("restype") }
        switch (request.method, call.component) {
        case ("PUT", ""): return try createContainer(call, grant)
        case ("GET", ""), ("HEAD", ""), ("GET", "metadata"), ("HEAD", "metadata"): return try readContainer(call, grant)
        case ("DELETE", ""): return try deleteContainer(call, grant)
        case ("PUT", "metadata"): return try setContainerMetadata(call, grant)
        case ("PUT", "lease"): return try leaseContainer(call, grant)
        case ("GET", "list"): return try listBlobs(call, grant)
        case ("GET", "blobs"): return try search(call, grant, container: call.container)
        case ("POST", "batch"): return try batch(call, grant)
        default: throw call.component.isEmpty ? .unsupportedVerb : .unsupportedQuery("comp")
        }
    }

    private func createContainer(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("cw")
        let name = call.container ?? ""
        guard Self.isContainerName(name) else {
            throw StorageError(400, "InvalidResourceName", "The specified resource name contains invalid characters.")
        }
        let metadata = try call.metadata(rules)
        let moment = environment.clock.tick()
        let container = BlobContainer(etag: Blob.etag(moment), lastModified: moment, metadata: metadata)
        let now = environment.clock.now
        try state.withLock { state throws(StorageError) in
            if let until = state.account.deletedUntil[name], now < until {
                throw StorageError(
                    409,
                    "ContainerBeingDeleted",
                    "The specified container is being deleted. Try operation later."
                )
            }
            if state.account.containers[name] != nil {
                guard self.rules.holds("blob.container-conflict") else { return }
                throw StorageError(409, "ContainerAlreadyExists", "The specified container already exists.")
            }
            state.account.containers[name] = container
        }
        return Response(201, headers: Self.stamp(etag: container.etag, moment))
    }

    /// Small letters, digits and single hyphens between them, 3 to 63.
    private static func isContainerName(_ name: String) -> Bool {
        guard (3...63).contains(name.utf8.count), !name.hasPrefix("-"), !name.hasSuffix("-"), !name.contains("--")
        else {
            return false
        }
        return name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    }

    private func readContainer(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("r")
        let container = try withContainer(call) { container, _ throws(StorageError) in container }
        var headers = Self.stamp(etag: container.etag, container.lastModified) + container.lease.headers(environment)
        headers += container.metadata.map { Field("x-ms-meta-" + $0.name, $0.value) }
        headers += [Field("x-ms-has-immutability-policy", "false"), Field("x-ms-has-legal-hold", "false")]
        return Response(200, headers: headers)
    }

    private func deleteContainer(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("d")
        let name = call.container ?? ""
        let now = environment.clock.now
        try state.withLock { state throws(StorageError) in
            guard var container = state.account.containers[name] else { throw Self.containerNotFound }
            try BlobConditions(request: call.request, rules: self.rules).check(
                etag: container.etag,
                lastModified: container.lastModified,
                isRead: false
            )
            try container.lease.guardWrite(call.request, self.environment)
            guard self.rules.holds("blob.container-cascade") else { return }
            state.account.bytes -= container.bytes
            state.account.containers[name] = nil
            let seconds = state.settings.containerDeletionSeconds
            if seconds > 0 { state.account.deletedUntil[name] = now.adding(seconds: seconds) }
        }
        return Response(202)
    }

    private func setContainerMetadata(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("w")
        let metadata = try call.metadata(rules)
        let stamp = try withContainer(call) { container, _ throws(StorageError) -> [Field] in
            try BlobConditions(request: call.request, rules: self.rules).check(
                etag: container.etag,
                lastModified: container.lastModified,
                isRead: false
            )
            container.metadata = self.replaced(container.metadata, by: metadata)
            container.lastModified = self.environment.clock.tick()
            container.etag = Blob.etag(container.lastModified)
            return Self.stamp(etag: container.etag, container.lastModified)
        }
        return Response(200, headers: stamp)
    }

    private func leaseContainer(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("w")
        let (status, headers) = try withContainer(call) { container, _ throws(StorageError) -> (Int, [Field]) in
            let (status, headers) = try container.lease.perform(call.request, self.environment)
            return (status, headers + Self.stamp(etag: container.etag, container.lastModified))
        }
        return Response(status, headers: headers)
    }

    private func listContainers(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        try grant.demand("l")
        let request = call.request
        let prefix = request.parameter("prefix") ?? ""
        let marker = request.parameter("marker") ?? ""
        let maximum = try Self.maximumResults(request)
        let withMetadata = request.parameter("include")?.contains("metadata") ?? false
        let containers = state.withLock { $0.account.containers }
        let names = containers.keys.filter { $0.hasPrefix(prefix) && $0 >= marker }.sorted()
        var text = Self.listingHead(request.origin + "/\(environment.accounts.storageName)/", container: nil)
        text += XML.element("Prefix", prefix) + XML.element("Marker", marker) + "<MaxResults>\(maximum)</MaxResults>"
        text += "<Containers>"
        for name in names.prefix(maximum) {
            guard let container = containers[name] else { continue }
            text += "<Container>" + XML.element("Name", name)
            text += "<Properties>" + XML.element("Last-Modified", container.lastModified.rfc1123)
            text += XML.element("Etag", container.etag) + Self.leaseElements(container.lease.headers(environment))
            text += "</Properties>"
            if withMetadata { text += Self.metadataElement(container.metadata) }
            text += "</Container>"
        }
        text += "</Containers>" + XML.element("NextMarker", names.dropFirst(maximum).first) + "</EnumerationResults>"
        return Response(200, headers: [Field("Content-Type", "application/xml")], text: text)
    }
}
