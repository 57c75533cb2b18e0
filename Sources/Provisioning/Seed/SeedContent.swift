import FleetModel
import FleetRuntime
import Hypervisor
import Placement

/// The files of a seed disc, by their names at its root. Nothing secret is among them: every user of the guest can read it.
struct SeedContent: Codable, Equatable, Sendable {
    /// By which cloud-init and cloudbase-init find the disc.
    static let volumeLabel = "CIDATA"

    var hostName: String
    var files: [String: String]

    /// - Returns: nil where the profile wants no disc.
    init?(_ profile: Profile, vm: VMID, name: String, host: String) {
        guard let hostName = profile.guestHostName(vm: name, host: host) else { return nil }
        self.hostName = hostName
        // A new instance ID is what makes cloud-init treat a clone as a machine that it has not seen.
        files = ["meta-data": "instance-id: \"\(vm)\"\nlocal-hostname: \"\(hostName)\"\n"]
        files["network-config"] = profile.seedNetworkConfig
        switch profile.seed {
        case .none: return nil
        case .cloudInit: files["user-data"] = profile.seedUserData ?? "#cloud-config\n{}\n"
        case .unattend:
            files["user-data"] = profile.seedUserData
            let answers = profile.seedUnattend ?? Self.answers
            let text = answers.replacing("{{ComputerName}}", with: hostName)
            // The first is looked for by Windows Setup, the second by a sealed Windows at its first boot
            // (learn.microsoft.com, "Windows Setup Automation Overview").
            files["Autounattend.xml"] = text
            files["Unattend.xml"] = text
        }
    }

    /// Names the computer and leaves all else to the image, or to who sits before the screen.
    private static let answers = """
        <?xml version="1.0" encoding="utf-8"?>
        <unattend xmlns="urn:schemas-microsoft-com:unattend">
          <settings pass="specialize">
            <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" \
        language="neutral" versionScope="nonSxS">
              <ComputerName>{{ComputerName}}</ComputerName>
            </component>
          </settings>
        </unattend>

        """
}

extension JobHost {
    /// What the machine calls itself.
    func machineName() async -> String {
        let path = "\(facilities.root)/proc/sys/kernel/hostname"
        let text = await onFiles { (try? DurableFile.bytes(of: path)).map { String(decoding: $0, as: UTF8.self) } }
        return text.map { String($0.prefix { !$0.isWhitespace }) } ?? ""
    }

    /// - Throws: `JobProblem` when a VM of this host has told its guest the same name: two of one name disturb each other
    ///   where they share a network.
    func requireFreeHostName(_ profile: Profile, name: String, vm: VMID) async throws {
        let machine = await machineName()
        guard let wanted = profile.guestHostName(vm: name, host: machine) else { return }
        for other in try await hypervisor.domains() where other.id != vm && isOwn(other) {
            guard let definition = try await hypervisor.definitions(of: other.id).last.map(DomainDefinition.init(xml:)),
                let taken = definition.madeBy?.guestHostName(vm: other.name, host: machine),
                taken.lowercased() == wanted.lowercased()
            else { continue }
            throw JobProblem(
                "host-name-taken",
                "the guest of VM \(name) would call itself \(wanted), as that of VM \(other.name) does; choose a name that "
                    + "differs within its first \(profile.guestOS == .windows ? 15 : 63) characters, or another seedHostName "
                    + "in the profile")
        }
    }
}
