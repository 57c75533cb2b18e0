import FleetModel
import Placement

/// What a guest calls itself, made of the VM's name.
enum GuestHostName {
    /// A host name's label has at most so many characters (RFC 1035), a Windows computer name as many as NetBIOS allows.
    private static let longestLabel = 63
    private static let longestComputerName = 15

    /// The name by the profile's rule; letters, digits and hyphens are left of it.
    static func make(_ rule: String, vm: String, host: String, guestOS: GuestOS) -> String {
        // A machine's name may be qualified; its first label is its own.
        let machine = host.prefix { $0 != "." }
        let text = rule.replacing("{vm}", with: vm).replacing("{host}", with: machine)
        let label = String(text.map { isAllowed($0) ? $0 : "-" })
        switch guestOS {
        case .linux: return cut(label, to: longestLabel)
        case .windows:
            // Windows takes no name of digits alone.
            let isNumber = cut(label, to: longestComputerName).allSatisfy(\.isNumber)
            return cut(isNumber ? "vm-\(label)" : label, to: longestComputerName)
        }
    }

    private static func isAllowed(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-")
    }

    /// No hyphen stands first or last.
    private static func cut(_ label: String, to length: Int) -> String {
        var name = label.drop { $0 == "-" }.prefix(length)
        while name.last == "-" { name.removeLast() }
        return name.isEmpty ? "vm" : String(name)
    }
}

extension Profile {
    /// Nil without a seed disc: then nobody tells the guest.
    /// - Parameter host: the machine's own name.
    func guestHostName(vm: String, host: String) -> String? {
        seed == .none ? nil : GuestHostName.make(seedHostName, vm: vm, host: host, guestOS: guestOS)
    }
}
