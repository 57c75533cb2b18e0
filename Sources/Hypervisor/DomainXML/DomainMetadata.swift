import FleetModel
import FleetRuntime
import FoundationEssentials

/// virtfleet's element in a domain's `<metadata>`: which job made the VM, from what and by which profile, what the VM asks
/// of its host, and what becomes of it when that sleeps.
enum DomainMetadata {
    static let namespace = "https://virtfleet.dev/xmlns/vm/1"
    static let prefix = "virtfleet"

    static func write(
        _ origin: VMDocument.Origin, _ demand: VMDemand?, _ profile: [String: JSONValue]?, _ power: HostPowerPolicy,
        to writer: inout XMLWriter
    ) {
        writer.element(
            "\(prefix):vm",
            [
                "xmlns:\(prefix)": namespace, "job": origin.job.description, "template": origin.template.description,
                "profile": origin.profile, "profileVersion": origin.profileVersion?.description,
                "onHostSleep": power.onSleep.rawValue, "onHostShutdown": power.onShutdown.rawValue,
            ]
        ) { writer in
            if let demand { write(demand, to: &writer) }
            if let json = profile.flatMap({ try? FleetJSON.encode($0) }) {
                writer.element("\(prefix):profile", text: String(decoding: json, as: UTF8.self))
            }
        }
    }

    /// Without what the definition itself says.
    private static func write(_ demand: VMDemand, to writer: inout XMLWriter) {
        writer.element(
            "\(prefix):demand",
            [
                "pinning": demand.pinning.rawValue, "weight": demand.weight?.description,
                "minimumMemory": demand.memory.minimumBytes.description,
                "maximumMemory": demand.memory.maximumBytes.description, "hugePages": demand.memory.hugePages.rawValue,
                "graphics": demand.graphics?.rawValue,
            ]
        ) { writer in
            if let topology = demand.topology { topology.write(to: &writer, as: "\(prefix):topology") }
            for device in demand.devices {
                writer.element(
                    "\(prefix):device",
                    [
                        "role": device.role?.rawValue, "class": device.deviceClass?.description,
                        "id": device.id?.description, "portPath": device.portPath,
                        "virtualFunction": device.virtualFunction ? "yes" : nil,
                        "mdevType": device.mdevType?.description, "mac": device.mac?.description,
                        "snapshot": device.snapshot == .no ? InSnapshots.no.rawValue : nil,
                    ])
            }
        }
    }

    private static let osinfo = "http://libosinfo.org/xmlns/libvirt/domain/1.0"
    /// Of any edition: tools tell Windows by the start of it (libosinfo's identifiers).
    private static let windows = "http://microsoft.com/win/"

    /// As virt-manager writes it, which offers what suits the guest. Linux has a name for each distribution.
    static func write(_ guestOS: GuestOS, to writer: inout XMLWriter) {
        guard guestOS == .windows else { return }
        writer.element("libosinfo:libosinfo", ["xmlns:libosinfo": osinfo]) { writer in
            writer.element("libosinfo:os", ["id": windows + "11"])
        }
    }

    /// Nil when nobody has said it.
    static func guestOS(_ metadata: XMLElement) -> GuestOS? {
        let element = metadata.children.first { $0.name == "libosinfo" && $0.namespace == osinfo }
        guard let id = element?.first("os")?.attribute("id") else { return nil }
        return id.hasPrefix(windows) ? .windows : .linux
    }

    static func setTemplate(_ template: Digest, in metadata: XMLElement) {
        element(in: metadata)?.setAttribute("template", template.description)
    }

    /// - Parameter macs: new addresses of cards that are devices of the host, by the old ones.
    static func setIdentity(_ job: JobID, _ macs: [MACAddress: MACAddress], in metadata: XMLElement) {
        element(in: metadata)?.setAttribute("job", job.description)
        for device in element(in: metadata)?.first("demand")?.children("device") ?? [] {
            guard let mac = device.attribute("mac").flatMap(MACAddress.init).flatMap({ macs[$0] }) else { continue }
            device.setAttribute("mac", mac.description)
        }
    }

    /// Nil when nothing is set over the profile. Attributes need no namespace's prefix, whatever somebody has made of that.
    static func override(_ metadata: XMLElement) -> ProfileOverride? {
        func number(_ name: String) -> Int? { element(in: metadata)?.attribute(name).flatMap { Int($0) } }
        let found = ProfileOverride(
            memoryMiB: number("resizedMemoryMiB"), maximumMemoryMiB: number("resizedMaximumMemoryMiB"),
            vcpus: number("resizedVCPUs"), hostDevices: attached(metadata)?.hostDevices,
            usbDevices: attached(metadata)?.usbDevices)
        return found.isEmpty ? nil : found
    }

    static func setOverride(_ override: ProfileOverride?, in metadata: XMLElement) {
        for (name, number) in [
            ("resizedMemoryMiB", override?.memoryMiB), ("resizedMaximumMemoryMiB", override?.maximumMemoryMiB),
            ("resizedVCPUs", override?.vcpus),
        ] {
            if let number {
                element(in: metadata)?.setAttribute(name, String(number))
            } else {
                element(in: metadata)?.removeAttribute(name)
            }
        }
        element(in: metadata)?.first("attached")?.remove()
        let attached = ProfileOverride(hostDevices: override?.hostDevices, usbDevices: override?.usbDevices)
        guard !attached.isEmpty, let json = try? FleetJSON.encode(attached) else { return }
        element(in: metadata)?.add { writer in
            writer.element(
                "\(prefix):attached", ["xmlns:\(prefix)": namespace], text: String(decoding: json, as: UTF8.self))
        }
    }

    /// The devices among it.
    private static func attached(_ metadata: XMLElement) -> ProfileOverride? {
        element(in: metadata)?.first("attached").flatMap {
            try? FleetJSON.decode(ProfileOverride.self, from: Data($0.text.utf8))
        }
    }

    private static func element(in metadata: XMLElement) -> XMLElement? {
        metadata.children.first { $0.name == "vm" && $0.namespace == namespace }
    }

    /// What a VM asks of its host beside vCPUs and I/O threads.
    struct Demand {
        var pinning: VMDemand.Pinning
        var topology: VMPlacement.GuestTopology?
        var weight: Int?
        var memory: MemoryDemand
        var devices: [DeviceSelector]
        var graphics: GraphicsDemand?
    }

    /// Nil when it is not there, or not all of it is understood.
    static func demand(_ metadata: XMLElement) -> Demand? {
        guard let element = element(in: metadata)?.first("demand"),
            let pinning = element.attribute("pinning").flatMap(VMDemand.Pinning.init),
            let minimum = element.attribute("minimumMemory").flatMap({ UInt64($0) }),
            let maximum = element.attribute("maximumMemory").flatMap({ UInt64($0) }),
            let hugePages = element.attribute("hugePages").flatMap(MemoryDemand.HugePages.init)
        else { return nil }
        let weight = element.attribute("weight")
        let number = weight.flatMap { Int($0) }
        let devices = element.children("device").compactMap(selector)
        let graphics = element.attribute("graphics")
        guard (weight == nil) == (number == nil), graphics == graphics.flatMap(GraphicsDemand.init)?.rawValue,
            devices.count == element.children("device").count
        else { return nil }
        return Demand(
            pinning: pinning, topology: element.first("topology").map { VMPlacement.GuestTopology($0, vcpus: 1) },
            weight: number,
            memory: MemoryDemand(minimumBytes: minimum, maximumBytes: maximum, hugePages: hugePages), devices: devices,
            graphics: graphics.flatMap(GraphicsDemand.init))
    }

    /// Nil when it is not there, or not as virtfleet writes it.
    static func profile(_ metadata: XMLElement) -> [String: JSONValue]? {
        element(in: metadata)?.first("profile").flatMap {
            try? FleetJSON.decode([String: JSONValue].self, from: Data($0.text.utf8))
        }
    }

    private static func selector(_ element: XMLElement) -> DeviceSelector? {
        let (role, deviceClass, id) = (element.attribute("role"), element.attribute("class"), element.attribute("id"))
        let (mdevType, mac) = (element.attribute("mdevType"), element.attribute("mac"))
        let selector = DeviceSelector(
            role: role.flatMap(DeviceSelector.Role.init), deviceClass: deviceClass.flatMap(PCIClass.init),
            id: id.flatMap(PCIDeviceID.init), portPath: element.attribute("portPath"),
            virtualFunction: element.attribute("virtualFunction") == "yes",
            mdevType: mdevType.flatMap { MediatedTypeID($0) }, mac: mac.flatMap(MACAddress.init),
            snapshot: element.attribute("snapshot").flatMap(InSnapshots.init) ?? .yes)
        let isUnderstood =
            selector.role?.rawValue == role && selector.deviceClass?.description == deviceClass
            && selector.id?.description == id && selector.mac?.description == mac
            && selector.mdevType?.description == mdevType
        return isUnderstood && !selector.isEmpty ? selector : nil
    }

    /// What the element does not say, or not in these words, has its default.
    static func power(_ metadata: XMLElement) -> HostPowerPolicy {
        var policy = HostPowerPolicy()
        let element = element(in: metadata)
        if let action = element?.attribute("onHostSleep").flatMap(HostPowerPolicy.SleepAction.init) {
            policy.onSleep = action
        }
        if let action = element?.attribute("onHostShutdown").flatMap(HostPowerPolicy.ShutdownAction.init) {
            policy.onShutdown = action
        }
        return policy
    }

    /// Nil when the element is not there, or not as virtfleet writes it.
    static func read(_ metadata: XMLElement) -> VMDocument.Origin? {
        guard let element = element(in: metadata),
            let job = element.attribute("job").flatMap(JobID.init),
            let template = element.attribute("template").flatMap(Digest.init),
            let profile = element.attribute("profile")
        else { return nil }
        return VMDocument.Origin(
            job: job, template: template, profile: profile,
            profileVersion: element.attribute("profileVersion").flatMap { Int($0) })
    }
}
