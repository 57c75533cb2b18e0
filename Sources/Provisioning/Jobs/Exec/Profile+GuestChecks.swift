import FleetModel
import Placement

extension Profile {
    /// The commands that must end with 0 before a clone or an update counts as done.
    var checks: [GuestCommand] {
        guestChecks.compactMap { name in guestCommands.first { $0.name == name } }
    }
}
