import FleetModel
import FoundationEssentials
import Signing

extension MediatedDeviceID {
    private static let namespace = UUID(uuidString: "2f9a6b1c-0d57-4f7e-9d0a-61c5b8e3d244")!

    /// Of the VM's mediated device with this number: whoever knows the VM recognises it.
    init(vm: VMID, number: Int) { self.init(UUID(version5: "mdev/\(vm)/\(number)", namespace: Self.namespace)) }
}
