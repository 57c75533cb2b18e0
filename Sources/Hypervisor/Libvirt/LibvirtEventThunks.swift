import CLibvirt
import FleetModel

/// What libvirt calls on its event thread: each thunk copies its arguments into a `HypervisorEvent` and hands it on.
enum LibvirtEventThunks {
    static let all: [(virDomainEventID, virConnectDomainEventGenericCallback)] = [
        (VIR_DOMAIN_EVENT_ID_LIFECYCLE, unsafeBitCast(lifecycle, to: virConnectDomainEventGenericCallback.self)),
        (VIR_DOMAIN_EVENT_ID_REBOOT, reboot),
        (VIR_DOMAIN_EVENT_ID_WATCHDOG, unsafeBitCast(watchdog, to: virConnectDomainEventGenericCallback.self)),
        (VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, unsafeBitCast(ioError, to: virConnectDomainEventGenericCallback.self)),
        (VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, unsafeBitCast(blockJob, to: virConnectDomainEventGenericCallback.self)),
        (
            VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
            unsafeBitCast(guestAgent, to: virConnectDomainEventGenericCallback.self)
        ),
    ]
}

private func relay(
    _ opaque: UnsafeMutableRawPointer?, _ domain: OpaquePointer?, _ event: (VMID, String) -> HypervisorEvent
) {
    guard let relay = LibvirtEventRelay.from(opaque), let domain, let id = libvirtID(of: domain) else { return }
    relay.receive(event(id, libvirtName(of: domain)))
}

private func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

private let lifecycle: virConnectDomainEventCallback = { _, domain, event, detail, opaque in
    relay(opaque, domain) {
        let (name, details) = LibvirtWords.lifecycle.word(event) ?? ("event-\(event)", [])
        return .lifecycle($0, name: $1, event: name, detail: details.word(detail))
    }
    return 0
}

private let reboot: virConnectDomainEventGenericCallback = { _, domain, opaque in
    relay(opaque, domain) { .reboot($0, name: $1) }
}

private let watchdog: virConnectDomainEventWatchdogCallback = { _, domain, action, opaque in
    relay(opaque, domain) {
        .watchdog($0, name: $1, action: LibvirtWords.watchdogAction.word(action) ?? "action-\(action)")
    }
}

private let ioError: virConnectDomainEventIOErrorReasonCallback = { _, domain, _, device, action, reason, opaque in
    let device = text(device)
    let reason = text(reason)
    relay(opaque, domain) {
        .ioError(
            $0, name: $1, device: device, action: LibvirtWords.ioErrorAction.word(action) ?? "action-\(action)",
            reason: reason)
    }
}

private let blockJob: virConnectDomainEventBlockJobCallback = { _, domain, device, type, status, opaque in
    let device = text(device)
    relay(opaque, domain) {
        .blockJob(
            $0, name: $1, device: device, type: LibvirtWords.blockJobType.word(type) ?? "type-\(type)",
            status: LibvirtWords.blockJobStatus.word(status) ?? "status-\(status)")
    }
}

private let guestAgent: virConnectDomainEventAgentLifecycleCallback = { _, domain, state, reason, opaque in
    relay(opaque, domain) {
        .guestAgent(
            $0, name: $1, connected: state == Int32(VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED.rawValue),
            reason: LibvirtWords.guestAgentReason.word(reason) ?? "reason-\(reason)")
    }
}
