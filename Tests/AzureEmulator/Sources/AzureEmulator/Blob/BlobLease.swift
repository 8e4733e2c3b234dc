/// The lease of a blob or a container.
struct BlobLease: Sendable {
    enum State: String, Sendable {
        case available, leased, expired, breaking, broken
    }

    private(set) var identifier: String?
    /// The seconds of a lease; -1 is for ever.
    private(set) var duration = 0
    private var expires: Moment?
    private var breaks: Moment?

    func state(_ environment: Environment) -> State {
        guard identifier != nil else { return .available }
        let now = environment.clock.now
        if let breaks { return now < breaks ? .breaking : .broken }
        if let expires, now >= expires, environment.rules.holds("blob.lease-expires") { return .expired }
        return .leased
    }

    func headers(_ environment: Environment) -> [Field] {
        let state = state(environment)
        let isLocked = state == .leased || state == .breaking
        var headers = [
            Field("x-ms-lease-status", isLocked ? "locked" : "unlocked"), Field("x-ms-lease-state", state.rawValue),
        ]
        if state == .leased { headers.append(Field("x-ms-lease-duration", duration == -1 ? "infinite" : "fixed")) }
        return headers
    }

    /// Refuses a write without the lease, or with one that is none. A write forgets a lease that has run out.
    mutating func guardWrite(_ request: Request, _ environment: Environment) throws(StorageError) {
        guard environment.rules.holds("blob.lease-guards-writes") else { return }
        let given = request.header("x-ms-lease-id")
        switch state(environment) {
        case .leased, .breaking:
            guard let given else {
                throw StorageError(
                    412,
                    "LeaseIdMissing",
                    "There is currently a lease on the blob and no lease ID was specified."
                )
            }
            guard given.equalsIgnoringCase(identifier ?? "") else { throw Self.mismatch }
        case .available:
            if given != nil {
                throw StorageError(412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
            }
        case .expired, .broken:
            if given != nil {
                throw StorageError(
                    412,
                    "LeaseLost",
                    "A lease ID was specified, but the lease for the blob has expired."
                )
            }
            self = BlobLease()
        }
    }

    /// Refuses a read that names a lease which is not the blob's.
    func guardRead(_ request: Request, _ environment: Environment) throws(StorageError) {
        guard let given = request.header("x-ms-lease-id") else { return }
        switch state(environment) {
        case .leased, .breaking: if !given.equalsIgnoringCase(identifier ?? "") { throw Self.mismatch }
        case .available:
            throw StorageError(412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
        case .expired, .broken:
            throw StorageError(412, "LeaseLost", "A lease ID was specified, but the lease for the blob has expired.")
        }
    }

    private static let mismatch = StorageError(
        412,
        "LeaseIdMismatchWithBlobOperation",
        "The lease ID specified did not match the lease ID for the blob."
    )

    /// Carries out `x-ms-lease-action`: the status, and the headers that tell of the lease.
    mutating func perform(_ request: Request, _ environment: Environment) throws(StorageError) -> (Int, [Field]) {
        switch request.header("x-ms-lease-action")?.lowercased() {
        case "acquire": return (201, try acquire(request, environment))
        case "renew": return (200, try renew(request, environment))
        case "change": return (200, try change(request, environment))
        case "release":
            try demandHolder(request)
            self = BlobLease()
            return (200, [])
        case "break": return (202, try breakLease(request, environment))
        case nil: throw .missingHeader("x-ms-lease-action")
        default: throw .invalidHeader("x-ms-lease-action")
        }
    }

    private mutating func acquire(_ request: Request, _ environment: Environment) throws(StorageError) -> [Field] {
        guard let seconds = request.header("x-ms-lease-duration").flatMap({ Int($0) }) else {
            throw .missingHeader("x-ms-lease-duration")
        }
        guard seconds == -1 || (15...60).contains(seconds) else { throw .invalidHeader("x-ms-lease-duration") }
        let proposed = request.header("x-ms-proposed-lease-id")
        if let proposed, !Self.isIdentifier(proposed) { throw .invalidHeader("x-ms-proposed-lease-id") }
        let state = state(environment)
        let isHolder = proposed != nil && proposed?.lowercased() == identifier
        if (state == .leased && !isHolder || state == .breaking), environment.rules.holds("blob.lease-exclusive") {
            throw StorageError(409, "LeaseAlreadyPresent", "There is already a lease present.")
        }
        self = BlobLease()
        identifier = (proposed ?? randomIdentifier()).lowercased()
        start(seconds, environment)
        return [Field("x-ms-lease-id", identifier ?? "")]
    }

    private mutating func renew(_ request: Request, _ environment: Environment) throws(StorageError) -> [Field] {
        try demandHolder(request)
        let state = state(environment)
        if state == .breaking || state == .broken {
            throw StorageError(
                409,
                "LeaseIsBrokenAndCannotBeRenewed",
                "The lease ID matched, but the lease has been broken explicitly and cannot be renewed."
            )
        }
        start(duration, environment)
        return [Field("x-ms-lease-id", identifier ?? "")]
    }

    private mutating func change(_ request: Request, _ environment: Environment) throws(StorageError) -> [Field] {
        guard let proposed = request.header("x-ms-proposed-lease-id") else {
            throw .missingHeader("x-ms-proposed-lease-id")
        }
        guard Self.isIdentifier(proposed) else { throw .invalidHeader("x-ms-proposed-lease-id") }
        let state = state(environment)
        if state == .breaking {
            throw StorageError(
                409,
                "LeaseIsBreakingAndCannotBeChanged",
                "The lease ID matched, but the lease is currently in breaking state and cannot be changed."
            )
        }
        // Who already has the proposed one has changed it before and lost the reply.
        if state != .leased || proposed.lowercased() != identifier { try demandHolder(request, state: state) }
        identifier = proposed.lowercased()
        return [Field("x-ms-lease-id", identifier ?? "")]
    }

    private mutating func breakLease(_ request: Request, _ environment: Environment) throws(StorageError) -> [Field] {
        let state = state(environment)
        let now = environment.clock.now
        guard state != .available else { throw Self.notPresent }
        var period = 0.0
        if let text = request.header("x-ms-lease-break-period") {
            guard let seconds = Int(text), (0...60).contains(seconds) else {
                throw .invalidHeader("x-ms-lease-break-period")
            }
            period = Double(seconds)
        } else if duration != -1 {
            period = .infinity
        }
        switch state {
        case .leased:
            if let expires { period = min(period, expires.seconds(since: now)) }
            breaks = now.adding(seconds: period)
        case .breaking:
            period = min(period, breaks?.seconds(since: now) ?? 0)
            breaks = now.adding(seconds: period)
        default:
            period = 0
            breaks = now
        }
        return [Field("x-ms-lease-time", String(Int(period.rounded(.up))))]
    }

    private mutating func start(_ seconds: Int, _ environment: Environment) {
        duration = seconds
        expires = seconds == -1 ? nil : environment.clock.now.adding(seconds: Double(seconds))
        breaks = nil
    }

    private static let notPresent = StorageError(
        409,
        "LeaseNotPresentWithLeaseOperation",
        "There is currently no lease on the resource."
    )

    private func demandHolder(_ request: Request, state: State = .leased) throws(StorageError) {
        guard let given = request.header("x-ms-lease-id") else { throw .missingHeader("x-ms-lease-id") }
        guard let identifier, state != .expired, state != .broken else { throw Self.notPresent }
        guard given.lowercased() == identifier else {
            throw StorageError(
                409,
                "LeaseIdMismatchWithLeaseOperation",
                "The lease ID specified did not match the lease ID."
            )
        }
    }

    /// 32 hexadecimal digits, with hyphens or without.
    private static func isIdentifier(_ text: String) -> Bool {
        let digits = text.utf8.filter { $0 != 0x2D && $0 != 0x7B && $0 != 0x7D }
        return digits.count == 32 && digits.allSatisfy { Percent.hex($0) != nil }
    }
}
