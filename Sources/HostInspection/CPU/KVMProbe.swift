import FleetModel
import FleetRuntime
import Glibc

/// Whether KVM works for this process: the device is asked, not the processor's flags. `/dev/kvm` can exist and hang.
public struct KVMProbe: Sendable {
    /// KVM_GET_API_VERSION and KVM_CREATE_VM (Documentation/virt/kvm/api.rst).
    private static let getAPIVersion: UInt = 0xAE00
    private static let createVM: UInt = 0xAE01
    private static let stableAPIVersion: Int32 = 12

    private let answer: NamedThread.Part<KVMState>

    /// Asks it, on a thread of its own: one that hangs in the kernel is left behind.
    public init(device: String = "/dev/kvm") {
        self.init { Self.ask(device) }
    }

    init(_ ask: @escaping @Sendable () -> KVMState) { answer = NamedThread.Part("kvm-probe", ask) }

    /// Blocks until it has answered; a device that has not within `limit` is broken.
    public func state(within limit: Duration = .seconds(3)) -> KVMState { answer.join(within: limit) ?? .broken }

    private static func ask(_ device: String) -> KVMState {
        let descriptor = open(device, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENODEV, ENXIO: return .missing
            case EACCES, EPERM: return .denied
            default: return .broken
            }
        }
        defer { close(descriptor) }
        guard ioctl(descriptor, getAPIVersion, 0) == stableAPIVersion else { return .broken }
        let vm = ioctl(descriptor, createVM, 0)
        guard vm >= 0 else { return .broken }
        close(vm)
        return .works
    }
}
