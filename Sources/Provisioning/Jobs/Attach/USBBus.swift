import FleetModel
import FleetRuntime
import Hypervisor

/// What is plugged into the host now (Documentation/ABI/stable/sysfs-bus-usb).
struct USBBus {
    struct Device: Equatable, Sendable {
        var id: USBDeviceID
        var bus: Int
        var device: Int
        /// `SafeNet Sentinel`; absent when it does not say.
        var name: String?
    }

    let root: String

    /// By bus and number.
    var devices: [Device] {
        let directory = root + "/sys/bus/usb/devices"
        let names = (try? DurableFile.entries(of: directory)) ?? []
        return names.compactMap { device(in: "\(directory)/\($0)") }
            .sorted { ($0.bus, $0.device) < ($1.bus, $1.device) }
    }

    private func device(in directory: String) -> Device? {
        func text(_ file: String) -> String? {
            guard let bytes = try? DurableFile.bytes(of: "\(directory)/\(file)") else { return nil }
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init)
            return line?.isEmpty == true ? nil : line
        }
        guard let vendor = text("idVendor"), let product = text("idProduct"),
            let id = USBDeviceID("\(vendor):\(product)"), let bus = text("busnum").flatMap({ Int($0) }),
            let number = text("devnum").flatMap({ Int($0) })
        else { return nil }
        let words = [text("manufacturer"), text("product")].compactMap(\.self)
        return Device(id: id, bus: bus, device: number, name: words.isEmpty ? nil : words.joined(separator: " "))
    }
}

extension JobHost {
    /// - Throws: `JobProblem` when the device is not plugged in, or another VM that runs has it.
    func requirePluggedIn(_ id: USBDeviceID, for domain: VMID) async throws -> USBBus.Device {
        let root = facilities.root
        let devices = await onFiles { USBBus(root: root).devices }
        guard let found = devices.first(where: { $0.id == id }) else {
            let others = devices.map { "\($0.id)\($0.name.map { " \($0)" } ?? "")" }.joined(separator: ", ")
            throw JobProblem(
                "not-plugged-in",
                "no USB device \(id) is plugged into this host (there are: \(others.isEmpty ? "none" : others)); plug it in, or "
                    + "attach it while the VM is off to have it whenever it is there")
        }
        for other in try await hypervisor.domains() where other.id != domain && other.state.isActive {
            let others = try await hypervisor.definitions(of: other.id).first.map {
                try DomainDefinition(xml: $0).usbDevices
            }
            guard others?.contains(where: { $0.bus == found.bus && $0.device == found.device }) == true else {
                continue
            }
            throw JobProblem(
                "device-in-use",
                "VM \(other.name) has USB device \(id) now; detach it there first")
        }
        return found
    }
}
