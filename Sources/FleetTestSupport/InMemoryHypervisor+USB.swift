import FleetModel
import Hypervisor

extension InMemoryHypervisor {
    public func plug(_ id: VMID, _ device: USBDeviceID) async throws(HypervisorError) {
        try call(.plug) { state in
            try Self.requireRunning(id, "attach", in: state)
            guard let found = state.usbDevices.first(where: { $0.id == device }) else {
                throw Self.refusal("attach", "Did not find USB device \(device)")
            }
            var domain = try Self.find(id, "attach", in: state)
            domain.usbDevices = (domain.usbDevices ?? []) + [Self.element(found)]
            try self.store(domain, id, in: &state)
        }
    }

    public func unplug(_ id: VMID, _ device: USBDeviceID) async throws(HypervisorError) {
        try call(.unplug) { state in
            try Self.requireRunning(id, "detach", in: state)
            var domain = try Self.find(id, "detach", in: state)
            let left = (domain.usbDevices ?? []).filter { !$0.contains("0x\(device.product)") }
            guard left.count < (domain.usbDevices ?? []).count else {
                throw Self.refusal("detach", "device not found: host usb device \(device) not found")
            }
            domain.usbDevices = left
            try self.store(domain, id, in: &state)
        }
    }

    /// As libvirt shows it of a domain that runs.
    static func element(_ device: DomainDefinition.USBDevice) -> String {
        """
        <hostdev mode="subsystem" type="usb" managed="yes"><source startupPolicy="optional">\
        <vendor id="0x\(device.id.vendor)"/><product id="0x\(device.id.product)"/>\
        <address bus="\(device.bus ?? 0)" device="\(device.device ?? 0)"/></source></hostdev>
        """
    }
}
