import FleetModel

/// What each display controller is to the host.
enum GPURoles {
    static func assign(to devices: inout [PCIDevice]) {
        let displays = devices.indices.filter { devices[$0].gpu != nil && devices[$0].physicalFunction == nil }
        for index in devices.indices {
            guard let gpu = devices[index].gpu else { continue }
            let (role, reason) = role(of: devices[index], gpu, isOnly: displays == [index])
            devices[index].gpu?.role = role
            devices[index].gpu?.reason = reason
        }
    }

    private static func role(of device: PCIDevice, _ gpu: GPU, isOnly: Bool) -> (GPU.Role, String) {
        if device.physicalFunction != nil {
            return (.renderOnly, "It is a virtual function: it computes and has no output.")
        }
        if device.bootFramebuffer == true {
            return (.hostDisplay, "The kernel's boot framebuffer lies in its memory.")
        }
        if device.deviceClass?.is3DController == true {
            return (.renderOnly, "It is a 3D controller (class 0302), which has no output of its own.")
        }
        if gpu.connectors?.isEmpty == true {
            return (.renderOnly, "Its driver found no connector: no output of this machine is wired to it.")
        }
        if device.bootVGA == true {
            return (.hostDisplay, "The firmware showed its picture here (boot_vga).")
        }
        if isOnly {
            return (.hostDisplay, "It is the only graphics card.")
        }
        return (.candidate, "The host does not show its picture here, as far as can be seen.")
    }
}
