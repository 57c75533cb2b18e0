import CommandLineKit
import FleetClient
import FleetModel

/// How commands name a snapshot: by VM, and by its name or the ID of the job that made it.
enum SnapshotSelector {
    static let snapshot = Argument<String>.positional(
        "SNAPSHOT", "A snapshot's name or ID", completion: .snapshotNames)

    static let arguments = [
        VMSelector.vm.specification, snapshot.specification, VMSelector.host.specification,
    ]

    struct Found {
        let vm: VMResource
        let snapshot: VMSnapshot
    }

    static func find(_ arguments: ParsedArguments, _ client: FleetClient) async throws -> Found {
        let vm = try await VMSelector.find(arguments, client)
        return Found(vm: vm, snapshot: try snapshot(named: try arguments(snapshot), of: vm))
    }

    static func snapshot(named wanted: String, of vm: VMResource) throws -> VMSnapshot {
        let all = vm.vm.snapshots ?? []
        guard let found = all.first(where: { $0.id.description == wanted || $0.name.description == wanted }) else {
            let isForeign = vm.vm.foreignSnapshots?.contains(wanted) == true
            throw Failure(
                isForeign
                    ? "snapshot '\(wanted)' of VM '\(vm.vm.name)' was made by somebody else and is left alone; use virsh"
                    : "VM '\(vm.vm.name)' has no snapshot '\(wanted)'; 'virtfleet snapshot list \(vm.vm.name)' shows all"
            )
        }
        return found
    }
}

extension SnapshotSelector.Found {
    /// Whether a revert has the guest go on from its memory.
    func goesOn(_ revert: SnapshotRevertArguments) -> Bool {
        snapshot.memoryBytes != nil && revert.start && revert.memory != false
    }

    /// Asks the VM's host to do it.
    func request(_ kind: JobKindName, _ arguments: some Encodable) throws -> JobRequest {
        JobRequest(host: vm.host.description, kind: kind.rawValue, arguments: try FleetJSON.value(arguments))
    }
}
