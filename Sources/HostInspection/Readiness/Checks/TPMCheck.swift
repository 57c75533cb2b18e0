import Placement

extension Check {
    static let tpm = Check("tpm", reason: "Windows 11 wants a TPM 2.0, which swtpm emulates for each VM.") { facts in
        if let found = facts.software.components.swtpm { return [.ok("swtpm is installed (\(found.source)).")] }
        guard facts.showsPrograms else { return [.unseenPrograms("swtpm")] }
        let users = facts.profiles.filter(\.tpm)
        return users.isEmpty
            ? [.notice("swtpm is not installed, and no profile asks for a TPM.", fix: EquipmentFix.tpm)]
            : [.failure("swtpm is not installed; a TPM is asked for by \(users.names).", fix: EquipmentFix.tpm)]
    }
}

extension Check.Outcome {
    /// A program that is not there, in a tree that shows no others either.
    static func unseenPrograms(_ name: String) -> Self {
        .unknown(
            "Whether \(name) is installed cannot be seen.",
            shownBy: "It is told by /usr/bin, /usr/share and /var/lib/dpkg, which cannot be read here.")
    }
}
