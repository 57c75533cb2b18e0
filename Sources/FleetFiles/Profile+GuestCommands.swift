import Configuration
import FleetModel
import Placement

extension Profile {
    /// All of them together: they travel with the profile in a job, and lie in the VM's definition.
    private static let maximumBytes = 4 << 10

    func checkGuestCommands(_ check: SectionCheck) {
        let names = guestCommands.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            check.problem("guestCommands", "'\(twice)' is there twice")
        }
        for command in guestCommands {
            if !command.isAbsolute {
                check.problem(
                    "guestCommands",
                    "the path of '\(command.name)' must be absolute in the guest, such as /usr/bin/true or "
                        + "C:\\Windows\\System32\\whoami.exe, not '\(command.path)'")
            }
            if !(1...3600).contains(command.timeoutSeconds) {
                check.problem(
                    "guestCommands",
                    "timeoutSeconds of '\(command.name)': expected 1 to 3600, got \(command.timeoutSeconds)")
            }
        }
        let bytes = guestCommands.reduce(0) { sum, command in
            sum + command.path.utf8.count + command.arguments.reduce(0) { $0 + $1.utf8.count }
        }
        if bytes > Self.maximumBytes || guestCommands.count > 32 {
            check.problem(
                "guestCommands",
                "at most 32 commands, with paths and arguments of \(Self.maximumBytes) bytes together; put longer ones into "
                    + "a script in the template")
        }
        for name in guestChecks where !names.contains(name) {
            check.problem("guestChecks", "there is no command '\(name)' in guestCommands")
        }
        if !guestChecks.isEmpty, guestAgentTimeoutSeconds == nil {
            check.problem("guestChecks", "they need guestAgentTimeoutSeconds: the guest agent runs them")
        }
    }
}
