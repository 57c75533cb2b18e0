/// What /dev/kvm answered to this process.
public enum KVMState: String, Codable, Sendable, CaseIterable {
    /// It made a VM.
    case works
    /// There is no such device: the module is not loaded, or the firmware keeps virtualisation off.
    case missing
    /// The process may not open it.
    case denied
    /// It is there and makes no VM, or does not answer.
    case broken
}
