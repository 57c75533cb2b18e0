import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

enum SnapshotRevert {
    private static let start = Argument<Bool>.flag("start", "Start the VM afterwards, even if it is off now")
    private static let noStart = Argument<Bool>.flag("no-start", "Leave the VM off, even if it runs now")

    static let command = Command(
        "revert", "Make a VM what a snapshot holds",
        discussion: """
            What the VM has become since its last snapshot is given up: make another snapshot first to keep it. All \
            snapshots stay. A VM that runs is powered off, and started again.
            """,
        arguments: SnapshotSelector.arguments + [
            start.specification, noStart.specification, Confirmation.yes.specification,
            JobSubmission.wait.specification,
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let (wantsStart, wantsNone) = (try arguments(start), try arguments(noStart))
        guard !(wantsStart && wantsNone) else { throw UsageError("--start and --no-start exclude each other") }
        let found = try await SnapshotSelector.find(arguments, session.client)
        try Confirmation.demand(question(found), arguments, console)
        let isOn = [.running, .blocked, .paused].contains(found.vm.vm.state)
        let revert = SnapshotRevertArguments(
            vm: found.vm.vm.id, snapshot: found.snapshot.id, start: wantsStart || isOn && !wantsNone)
        return try await JobSubmission(session, arguments).run([try found.request(.snapshotRevert, revert)])
    }

    /// What will be lost is said before it is.
    private static func question(_ found: SnapshotSelector.Found) -> String {
        let vm = found.vm.vm
        let age = HumanText.age(of: found.snapshot.createdAt, at: Date())
        let since = (vm.snapshots ?? []).first(where: \.isCurrent).map { "since snapshot '\($0.name)'" } ?? "so far"
        return """
            Revert VM '\(vm.name)' (\(vm.state.rawValue)) on host '\(found.vm.hostName)' to snapshot \
            '\(found.snapshot.name)', made \(age)? What the VM has done \(since) is lost.\(notHeld(found.snapshot))
            """
    }

    private static func notHeld(_ snapshot: VMSnapshot) -> String {
        (snapshot.notHeld ?? []).map {
            " Disk \($0.target) (\($0.backing)) is not part of the snapshot and stays as it is."
        }.joined()
    }
}
