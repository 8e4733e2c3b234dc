import MigrationCore

/// Where the stores of a run are: everything in files of a folder, or the control store and most others on a server.
struct CrashPlace: Sendable {
    /// A server of a run, as its children are told of it.
    enum Server: Sendable {
        /// A replica set of MongoDB, by its connection string.
        case mongodb(String)
        /// The emulator of Azure, by the endpoints of its services.
        case azure(blob: String, cosmos: String)
    }

    let folder: String
    /// `nil` when everything lies in files.
    let server: Server?

    static let home: StoreID = "first"

    /// How the parent tells its children.
    var arguments: [String] {
        switch server {
        case nil: [folder]
        case .mongodb(let uri): [folder, uri]
        case .azure(let blob, let cosmos): [folder, blob, cosmos]
        }
    }

    init(folder: String, server: Server?) {
        self.folder = folder
        self.server = server
    }

    init?(_ arguments: ArraySlice<String>) {
        let arguments = Array(arguments)
        switch arguments.count {
        case 1: self.init(folder: arguments[0], server: nil)
        case 2: self.init(folder: arguments[0], server: .mongodb(arguments[1]))
        case 3: self.init(folder: arguments[0], server: .azure(blob: arguments[1], cosmos: arguments[2]))
        default: return nil
        }
    }

    /// The stores that a tenant moves between.
    ///
    /// With MongoDB, the last tenant crosses between a file and it, again and again. With Azure, one crosses between the file that is
    /// everybody's home and Cosmos DB, one between it and Blob Storage, and the last leaves it and goes between these two.
    func stores(of tenant: TenantID) -> [StoreID] {
        switch server {
        case nil: ["first", "second"]
        case .mongodb: tenant == CrashWorld.tenants.last ? ["first", "file"] : ["first", "second"]
        case .azure:
            switch tenant {
            case CrashWorld.tenants[0]: ["first", "cosmos"]
            case CrashWorld.tenants[1]: ["first", "blobs"]
            default: ["cosmos", "blobs"]
            }
        }
    }

    /// Where a tenant goes from its active store.
    func target(of tenant: TenantID, from active: StoreID) -> StoreID {
        stores(of: tenant).first { $0 != active } ?? active
    }

    var pace: Pace {
        switch server {
        case nil: .files
        case .mongodb: .server(writerCount: 8)
        // The emulator takes its part of the machine.
        case .azure: .server(writerCount: 5)
        }
    }

    /// Codes that a call of the application may end with in all that happens here.
    var expectedErrors: [String] {
        switch server {
        case nil: ["busy", "timeout", "outcomeUnknown", "controlStoreBehind"]
        // A control store on a server is never put back to an earlier state here.
        case .mongodb, .azure: ["busy", "timeout", "outcomeUnknown", "unavailable"]
        }
    }
}

/// The times of a run.
struct Pace: Sendable {
    /// How many processes of the application there are.
    let writerCount: Int
    /// How often a process is started in a round, the first time included.
    let lives: Int
    /// How long a cutover may take, and a lease lasts.
    let timeout: Duration
    /// How long a process is halted: past every timeout at least, and at most.
    let halt: (least: Duration, most: Duration)
    /// When something happens for the first time that happens once in a round, in milliseconds.
    let trouble: Range<Int>
    /// When a process without a point is killed, in milliseconds.
    let randomKill: Range<Int>
    /// When a process is killed that does not reach its point.
    let life: Duration
    /// When a round is over at the latest.
    let round: Duration
    /// How many passages of a writer's point there are at most, of a hundred.
    let passages: Int
    let roundsBetweenProofs: Int

    static let files = Pace(
        writerCount: 3,
        lives: 1,
        timeout: .milliseconds(600),
        halt: (.milliseconds(1_400), .milliseconds(3_000)),
        trouble: 200..<700,
        randomKill: 200..<1_500,
        life: .seconds(6),
        round: .seconds(15),
        passages: 100,
        roundsBetweenProofs: 10
    )

    /// More processes share the two cores of a small machine, and each step takes several answers of a server.
    static func server(writerCount: Int) -> Pace {
        Pace(
            writerCount: writerCount,
            lives: 2,
            timeout: .milliseconds(2_000),
            halt: (.milliseconds(2_500), .milliseconds(5_000)),
            trouble: 1_200..<2_200,
            randomKill: 600..<3_000,
            life: .seconds(5),
            round: .seconds(25),
            passages: 30,
            roundsBetweenProofs: 2
        )
    }
}
