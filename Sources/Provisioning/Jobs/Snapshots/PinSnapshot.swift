import FleetModel

/// `snapshot.pin`: keeps a snapshot from deletion, or allows it again.
struct PinSnapshot: JobKind {
    static let name = JobKindName.snapshotPin

    let arguments: SnapshotPinArguments
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }

    init(job: JobID, arguments: SnapshotPinArguments) { self.arguments = arguments }

    func plan(on host: JobHost) async throws -> VMDirectory {
        let (domain, directory) = try await host.requireOwn(vm, "pin snapshots of")
        _ = try await host.requireSnapshot(arguments.snapshot, of: domain, in: directory)
        return directory
    }

    func steps(of directory: VMDirectory, on host: JobHost) -> [any JobStep] {
        [
            ChangeManifest(
                state: directory.keptState(of: arguments.snapshot), name: "manifest", host: host
            ) { [pinned = arguments.pinned] in $0.pinned = pinned }
        ]
    }
}
