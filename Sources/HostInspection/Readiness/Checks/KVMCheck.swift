import FleetModel

extension Check {
    static let kvm = Check(
        "kvm",
        reason: "Without KVM every instruction of a VM is emulated, and Windows takes minutes for what took seconds."
    ) { facts in
        let cpu = facts.cpu
        switch cpu.kvm {
        case .works: return [.ok("/dev/kvm has made a VM.")]
        case nil: return [.unknown("/dev/kvm was not asked.", shownBy: "Run the inspection on the machine itself.")]
        case .missing: return [.failure("There is no /dev/kvm.", fix: kvmFix(cpu))]
        case .denied: return [.failure("/dev/kvm may not be opened by this user.", fix: kvmFix(cpu))]
        case .broken: return [.failure("/dev/kvm is there, but makes no VM or does not answer.", fix: kvmFix(cpu))]
        }
    }

    /// What helps where KVM does not work; nil where it does, or where that is not known.
    static func kvmFix(_ cpu: CPUDocument) -> String? {
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
