import CLibvirt
import FleetModel

extension LibvirtConnection {
    /// Asks the guest for its time: a command that every agent knows and that, other than a raw `guest-ping`, does not
    /// mark the domain as tainted.
    func guestAgentAnswers(_ id: VMID, within limit: Duration) throws(HypervisorError) -> Bool {
        try withDomain(id, "ask the guest agent of") { domain throws(HypervisorError) in
            // libvirt waits for ever otherwise. It takes whole seconds.
            let seconds = max(1, Int32(clamping: limit.components.seconds))
            guard virDomainAgentSetResponseTimeout(domain, seconds, 0) == 0 else {
                throw .lastLibvirtError("limit the guest agent of", libvirtName(of: domain))
            }
            var time: Int64 = 0
            var nanoseconds: UInt32 = 0
            if virDomainGetTime(domain, &time, &nanoseconds, 0) == 0 { return true }
            let error = HypervisorError.lastLibvirtError("ask the guest agent of", libvirtName(of: domain))
            if error.code == .timeout { return false }
            throw error
        }
    }
}
