import FleetModel
import FleetRuntime
import Glibc

/// Whether KVM works for this process: the device is asked, not the processor's flags. `/dev/kvm` can exist and hang.
public enum KVMProbe {
    /// KVM_GET_API_VERSION and KVM_CREATE_VM (Documentation/virt/kvm/api.rst).
    private static let getAPIVersion: UInt = 0xAE00
    private static let createVM: UInt = 0xAE01
    private static let stableAPIVersion: Int32 = 12

    /// - Parameter limit: a device that has not answered by then is broken.
    public static func state(
        device: String = "/dev/kvm", within limit: Duration = .seconds(3), time: any TimeSource = SystemTimeSource()
    ) async -> KVMState {
        await answer(within: limit, time: time) { ask(device) }
    }

    static func answer(
        within limit: Duration, time: any TimeSource, _ ask: @escaping @Sendable () -> KVMState
    ) async -> KVMState {
        let answers = Mailbox<KVMState>(capacity: 2)
        // A thread of its own: one that hangs in the kernel is left behind.
        NamedThread.start("kvm-probe") { answers.send(ask()) }
        let timer = Task { if (try? await time.sleep(for: limit)) != nil { answers.send(.broken) } }
        defer { timer.cancel() }
        return await answers.next() ?? .broken
    }

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
