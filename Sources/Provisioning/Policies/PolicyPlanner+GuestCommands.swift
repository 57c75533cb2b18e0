import FleetModel
import FoundationEssentials
import Signing

extension PolicyPlanner {
    /// How soon guests that are to run a command are looked at again: one may be started, or may get the command.
    private static let patience: Double = 60

    /// The commands that are due in guests that run: of several times that were missed the last alone, and that within its grace.
    func guestCommands(by policies: [GuestCommandPolicy], of vms: [VM], at now: Date) -> [LocalJob] {
        policies.flatMap { policy -> [LocalJob] in
            guard let window = policy.window(at: now) else { return [] }
            return vms.filter { $0.isRunning && policy.concerns(vm: $0.name, profile: $0.profile) }.map { vm in
                LocalJob(policy: policy.name, job: command(in: vm, by: policy, in: window, at: now))
            }
        }
    }

    private func command(in vm: VM, by policy: GuestCommandPolicy, in window: Occurrence, at now: Date) -> Job {
        let time = window.start
        var digits = DigestGenerator(text: "\(host)/\(policy.name)/\(vm.id)/\(FleetJSON.text(time))/command")
        let id = Self.id(at: time, &digits)
        let arguments = ExecArguments(vm: vm.id, command: policy.command)
        return Job(
            id: id, kind: JobKindName.guestExec.rawValue, arguments: (try? FleetJSON.value(arguments)) ?? .null,
            notBefore: Self.lateStart(in: window, at: now, &digits), expiresAt: window.end,
            requirements: policy.requirements ?? [])
    }

    /// When there may be another command to ask for, while one is due.
    func nextLook(by policies: [GuestCommandPolicy], at now: Date) -> Date? {
        policies.contains { $0.window(at: now) != nil } ? now + Self.patience : nil
    }
}
