import FleetModel
import Placement

extension Check {
    static let kvm = Check(
        "kvm",
        reason: "Without KVM every instruction of a VM is emulated, and Windows takes minutes for what took seconds."
    ) { facts in
        let cpu = facts.cpu
        switch cpu.kvm {
        case .works: return [.ok("/dev/kvm has made a VM.")]
        case nil: return [.unknown("/dev/kvm was not asked.", shownBy: "Run the inspection on the machine itself.")]
        case .missing: return [.failure("There is no /dev/kvm.", fix: EquipmentFix.kvm(cpu))]
        case .denied: return [.failure("/dev/kvm may not be opened by this user.", fix: EquipmentFix.kvm(cpu))]
        case .broken:
            return [.failure("/dev/kvm is there, but makes no VM or does not answer.", fix: EquipmentFix.kvm(cpu))]
        }
    }
}
