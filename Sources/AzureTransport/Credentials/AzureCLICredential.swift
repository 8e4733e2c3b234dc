internal import MigrationCore
internal import Subprocess

/// Authenticates as the person who has logged in with the Azure CLI: for development.
///
/// It runs `az account get-access-token` without a shell. What the program prints holds the token; it is parsed and let go.
public struct AzureCLICredential: TokenCredential {
    private let tenantID: String?
    private let searchPath: String?

    /// Makes a credential; nothing is run yet.
    ///
    /// - Parameter tenantID: the tenant to get tokens of; by default the one that the CLI is logged in to.
    public init(tenantID: String? = nil) {
        self.init(tenantID: tenantID, searchPath: nil)
    }

    /// - Parameter searchPath: the `PATH` on which the program is looked for; nil for that of the process.
    package init(tenantID: String?, searchPath: String?) {
        self.tenantID = tenantID
        self.searchPath = searchPath
    }

    public func requestToken(for scope: String, context: TokenContext) async throws(CredentialError) -> AccessToken {
        let resource = IdentityName.resource(of: scope)
        guard HTTPURL(resource) != nil || IdentityName.isValid(resource) else {
            throw CredentialError(.invalidConfiguration, "The scope is no URL.")
        }
        var arguments = ["account", "get-access-token", "--output", "json", "--resource", resource]
        if let tenantID {
            guard IdentityName.isValid(tenantID) else {
                throw CredentialError(
                    .invalidConfiguration,
                    "The tenant is neither an id nor a domain; copy it from the portal."
                )
            }
            arguments += ["--tenant", tenantID]
        }
        let output = try await Self.output(of: arguments, searchPath: searchPath, timeline: context.timeline)
        return try IdentityAnswer.token(
            Array(output.revealed.utf8),
            from: "The Azure CLI",
            tokenField: "accessToken",
            now: context.wallClock()
        )
    }

    /// How long the program may take.
    static let limit = Duration.seconds(10)

    private static func output(
        of arguments: [String],
        searchPath: String?,
        timeline: Timeline
    ) async throws(CredentialError) -> Secret {
        let result: Result<Secret, CredentialError>? = await withTaskGroup(of: Result<Secret, CredentialError>?.self) {
            group in
            group.addTask {
                do throws(CredentialError) {
                    return .success(try await run(arguments, searchPath: searchPath))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await timeline.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard !Task.isCancelled else { throw .cancelledCall }
        guard let result else {
            throw CredentialError(
                .unreachable,
                "The Azure CLI did not answer in \(limit); run 'az account show' to see why."
            )
        }
        return try result.get()
    }

    private static func run(_ arguments: [String], searchPath: String?) async throws(CredentialError) -> Secret {
        var options = PlatformOptions()
        // The program is a script that starts another: both are in a group of their own and end together.
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .milliseconds(100))
        ]
        let environment = searchPath.map { Environment.inherit.updating(["PATH": $0]) } ?? .inherit
        do {
            let result = try await Subprocess.run(
                .name("az"),
                arguments: Arguments(arguments),
                environment: environment,
                platformOptions: options,
                output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20)
            )
            if case .exited(0) = result.terminationStatus { return Secret(result.standardOutput) }
            throw refusal(result.terminationStatus, complaint: result.standardError)
        } catch let error as CredentialError {
            throw error
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw CredentialError(
                .unavailable,
                "The Azure CLI is not on the PATH; install it, or use another credential."
            )
        } catch is CancellationError {
            throw .cancelledCall
        } catch {
            // The text of the error is left out: it may repeat what the program printed.
            throw CredentialError(.unavailable, "The Azure CLI could not be run; run 'az account show' to see why.")
        }
    }

    /// Says why the program failed, without what it printed.
    private static func refusal(_ status: TerminationStatus, complaint: String) -> CredentialError {
        if complaint.contains("az login") || complaint.contains("az account set") || complaint.contains("AADSTS") {
            return CredentialError(
                .unavailable,
                "The Azure CLI is not logged in, or its login has expired; run 'az login'."
            )
        }
        // The shell's way to say that a script's interpreter or the program itself is not there.
        if case .exited(127) = status {
            return CredentialError(
                .unavailable,
                "The Azure CLI is not installed; install it, or use another credential."
            )
        }
        return CredentialError(.unavailable, "The Azure CLI failed; run 'az account get-access-token' to see why.")
    }
}

extension AzureCLICredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "the login of the Azure CLI" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["tenantID": tenantID ?? ""]) }
}
