import CommandLineKit
import FleetClient
import FleetModel

/// Names that the controller knows, for the shell. A controller that does not answer gives none.
extension Completion {
    static let hostNames = Completion.dynamic { arguments in
        let hosts = (try? await client(arguments)?.hosts()) ?? []
        return hosts.map { Candidate($0.name.description, $0.state.rawValue) }
    }

    static let vmNames = Completion.dynamic { arguments in
        let vms = (try? await client(arguments)?.vms()) ?? []
        return vms.map { Candidate($0.vm.name, "\($0.vm.state.rawValue) on \($0.hostName)") }
    }

    static let snapshotNames = Completion.dynamic { arguments in
        guard let client = client(arguments), let vm = try? await VMSelector.find(arguments, client) else { return [] }
        return (vm.vm.snapshots ?? []).map { Candidate($0.name.description, $0.consistency.rawValue) }
    }

    static let templates = Completion.dynamic { arguments in
        let templates = (try? await client(arguments)?.templates()) ?? []
        return templates.map { Candidate("\($0.image.template):\($0.image.version)") }
    }

    static let profileNames = Completion.dynamic { arguments in
        let profiles = (try? await client(arguments)?.profiles()) ?? []
        return profiles.map { Candidate($0.name.description, "version \($0.version)") }
    }

    static func documentNames(_ kind: DocumentKind) -> Completion {
        .dynamic { arguments in
            let documents = (try? await client(arguments)?.documents(kind)) ?? []
            return documents.map { Candidate($0.name.description) }
        }
    }

    static let rolloutNames = Completion.dynamic { arguments in
        let rollouts = (try? await client(arguments)?.rollouts(limit: 50)) ?? []
        return rollouts.map { Candidate($0.name.description, $0.state.rawValue) }
    }

    static let keyIDs = Completion.dynamic { arguments in
        let keys = (try? await client(arguments)?.keys()) ?? []
        return keys.map { Candidate($0.id, "trusted by \($0.hosts.count) hosts") }
    }

    static let jobs = Completion.dynamic { arguments in
        let jobs = (try? await client(arguments)?.jobs(limit: 50)) ?? []
        return jobs.map { Candidate($0.id.description, "\($0.kind) on \($0.hostName), \($0.state.rawValue)") }
    }

    private static func client(_ arguments: ParsedArguments) -> FleetClient? {
        (try? arguments(Session.controller)).map { FleetClient(address: $0) }
    }
}
