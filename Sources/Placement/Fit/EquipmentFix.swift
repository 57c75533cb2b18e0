import FleetModel

/// What gives a host what it lacks for VMs.
public enum EquipmentFix {
    public static let qemu = "Install qemu-system-x86 (Debian) or qemu-system-x86-core (Fedora)."
    public static let libvirt = "Install libvirt-daemon-system (Debian) or libvirt-daemon-kvm (Fedora)."
    public static let tpm = "Install swtpm and swtpm-tools."
    public static let firmware = "Install ovmf (Debian) or edk2-ovmf (Fedora)."

    public static let virtiofsd = "Install virtiofsd (Fedora, Debian 13) or qemu-system-common (Debian 12)."
    public static let xorriso = "Install xorriso."

    public static func network(_ name: String) -> String {
        "Start it with 'virsh net-start \(name)', and with the host by 'virsh net-autostart \(name)'; 'virsh net-list --all' shows "
            + "what can be named in its place."
    }

    public static func vlan(_ vlan: ProfileNeeds.VLAN) -> String {
        "Update libvirt to 11.0, or make a bridge on a VLAN device ('ip link add link INTERFACE name INTERFACE.\(vlan.id) type vlan "
            + "id \(vlan.id)') and name that in the profile."
    }

    public static func bridge(_ name: String) -> String {
        "Make bridge \(name) with a cabled network card on it, such as 'nmcli connection add type bridge ifname \(name)'; a "
            + "Wi-Fi card cannot be put on a bridge."
    }

    public static func interface(_ name: String) -> String {
        "Name a wired interface of this machine in place of \(name); 'ip -brief link' lists them. No macvtap works on Wi-Fi."
    }

    /// What helps where KVM does not work; nil where it does, or where that is not known.
    public static func kvm(_ cpu: CPUDocument) -> String? {
        switch cpu.kvm {
        case .works, nil: nil
        case .denied: "Add the user to the group kvm ('sudo usermod -aG kvm USER') and log in again."
        case .missing where cpu.virtualisation == nil: "First turn virtualisation on in the firmware setup."
        case .missing: "Load its module: 'sudo modprobe \(cpu.virtualisation == "svm" ? "kvm_amd" : "kvm_intel")'."
        case .broken where cpu.isGuest:
            "Turn on nested virtualisation in the host of this VM, or unload the KVM module here."
        case .broken: "Load the KVM module anew, and look at what the kernel's log says about kvm."
        }
    }
}
