import FleetRuntime
import Glibc

/// Whether KVM works for this process: the device is asked, not the processor's flags. `/dev/kvm` can exist and hang.
public enum KVMProbe {
    /// KVM_GET_API_VERSION and KVM_CREATE_VM (Documentation/virt/kvm/api.rst).
    private static let getAPIVersion: UInt = 0xAE00
    private static let createVM: UInt = 0xAE01
    private static let stableAPIVersion: Int32 = 12

    /// - Parameter limit: a device that has not answered by then does not work.
    public static func works(
        device: String = "/dev/kvm", within limit: Duration = .seconds(3), time: any TimeSource = SystemTimeSource()
    ) async -> Bool {
        await answer(within: limit, time: time) { makesVM(device) }
    }

    static func answer(
        within limit: Duration, time: any TimeSource, _ ask: @escaping @Sendable () -> Bool
    ) async -> Bool {
        let answers = Mailbox<Bool>(capacity: 2)
        // A thread of its own: one that hangs in the kernel is left behind.
        NamedThread.start("kvm-probe") { answers.send(ask()) }
        let timer = Task { if (try? await time.sleep(for: limit)) != nil { answers.send(false) } }
        defer { timer.cancel() }
        return await answers.next() ?? false
    }

    private static func makesVM(_ device: String) -> Bool {
        let descriptor = open(device, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        guard ioctl(descriptor, getAPIVersion, 0) == stableAPIVersion else { return false }
        let vm = ioctl(descriptor, createVM, 0)
        guard vm >= 0 else { return false }
        close(vm)
        return true
    }
}
