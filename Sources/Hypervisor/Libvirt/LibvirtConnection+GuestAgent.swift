import CLibvirt
import FleetModel

extension LibvirtConnection {
    /// Asks the guest for its time: a command that every agent knows and that, other than a raw `guest-ping`, does not
    /// mark the domain as tainted.
    func guestAgentAnswers(_ id: VMID, within limit: Duration) throws(HypervisorError) -> Bool {
        try withGuest(id, limit) { domain throws(HypervisorError) in
            var time: Int64 = 0
            var nanoseconds: UInt32 = 0
            if virDomainGetTime(domain, &time, &nanoseconds, 0) == 0 { return true }
            let error = HypervisorError.lastLibvirtError("ask the guest agent of", libvirtName(of: domain))
            if error.code == .timeout { return false }
            throw error
        }
    }

    func guestInformation(_ id: VMID, within limit: Duration) throws(HypervisorError) -> GuestInformation {
        try withGuest(id, limit) { domain throws(HypervisorError) in
            var parameters: virTypedParameterPtr?
            var count: Int32 = 0
            // No types: all that agent and libvirt know. An agent without a command leaves its part out.
            guard virDomainGetGuestInfo(domain, 0, &parameters, &count, 0) == 0, let parameters else {
                throw .lastLibvirtError("ask the guest agent of", libvirtName(of: domain))
            }
            defer { virTypedParamsFree(parameters, count) }
            return GuestInformation(TypedParameters.values(parameters, count: Int(count)))
        }
    }

    func setTime(_ id: VMID, within limit: Duration) throws(HypervisorError) {
        try withGuest(id, limit) { domain throws(HypervisorError) in
            guard virDomainSetTime(domain, 0, 0, VIR_DOMAIN_TIME_SYNC.rawValue) == 0 else {
                throw .lastLibvirtError("set the time of", libvirtName(of: domain))
            }
        }
    }

    func withGuest<Result>(
        _ id: VMID, _ limit: Duration, _ body: (OpaquePointer) throws(HypervisorError) -> Result
    ) throws(HypervisorError) -> Result {
        try withDomain(id, "ask the guest agent of") { domain throws(HypervisorError) in
            // libvirt waits for ever otherwise. It takes whole seconds.
            let seconds = max(1, Int32(clamping: limit.components.seconds))
            guard virDomainAgentSetResponseTimeout(domain, seconds, 0) == 0 else {
                throw .lastLibvirtError("limit the guest agent of", libvirtName(of: domain))
            }
            return try body(domain)
        }
    }
}
