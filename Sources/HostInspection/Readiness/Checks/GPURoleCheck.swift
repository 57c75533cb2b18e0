import FleetModel

extension Check {
    static let gpuRole = Check(
        "gpu-role", reason: "A VM can have a GPU of its own only when the host does not need it for its own picture."
    ) { facts in
        guard !facts.pci.isEmpty else { return [.unseenDevices] }
        let displays = facts.pci.compactMap { device in device.gpu.map { (device, $0) } }
        guard !displays.isEmpty else { return [.notice("The machine has no display controller on PCI.")] }
        return displays.map { device, gpu in
            let name = device.deviceName.map { "\(device.address) (\($0))" } ?? device.address.description
            switch (gpu.role, device.passthrough.verdict) {
            case (.hostDisplay, _):
                return .notice(
                    displays.count == 1
                        ? "\(name) is the only GPU. \(gpu.reason)" : "\(name) shows the host's picture. \(gpu.reason)",
                    fix: displays.count == 1
                        ? "Give VMs emulated graphics, or add a second GPU; giving this one away leaves the host without a "
                            + "picture and needs somebody's consent." : nil)
            case (.candidate, .pass), (.candidate, .passWithCompanions):
                return .ok("\(name) is free for a VM. \(gpu.reason)")
            case (.renderOnly, .pass), (.renderOnly, .passWithCompanions):
                return .notice(
                    "\(name) can be given to a VM, but has no connector: the VM computes on it and shows no picture. "
                        + gpu.reason)
            case (.candidate, _), (.renderOnly, _):
                return .notice(
                    "\(name) cannot be given to a VM. \(device.passthrough.reason)", fix: device.passthrough.fix)
            }
        }
    }
}

extension Check.Outcome {
    static let unseenDevices = unknown(
        "No PCI devices can be seen.",
        shownBy: "It is told by /sys/bus/pci and /sys/devices, which cannot be read here.")
}
