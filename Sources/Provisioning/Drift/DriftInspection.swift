import FleetModel
import Hypervisor
import Placement
import FleetFiles

/// Whether the VMs of a host are still what their profiles made of them.
public struct DriftInspection: Sendable {
    private let host: JobHost

    public init(_ host: JobHost) { self.host = host }

    /// - Returns: nil for a VM that virtfleet did not make, or whose definition does not hold its profile.
    /// - Throws: what the hypervisor throws.
    public func differences(of domain: Domain) async throws -> [SettingDifference]? {
        guard let origin = domain.origin, host.isOwn(domain) else { return nil }
        let xml = try await host.hypervisor.definition(of: domain.id)
        let definition = try DomainDefinition(xml: xml)
        guard let profile = definition.madeBy else { return nil }
        var intended = DomainSpecification(
            profile, origin: origin, keeping: definition,
            directory: try await host.directory(of: domain, madeBy: origin.job),
            granularityForm: try await host.granularityForm())
        // Keys that have come with a newer agent have their defaults, whether they are written down or not.
        intended?.profile = definition.profile
        return try intended?.differences(from: xml, autostart: domain.autostart, of: profile)
    }

    /// What jobs have set over the profile of one of virtfleet's VMs.
    /// - Throws: what the hypervisor throws.
    public func override(of domain: Domain) async throws -> ProfileOverride? {
        guard host.isOwn(domain) else { return nil }
        return try DomainDefinition(xml: await host.hypervisor.definition(of: domain.id)).override
    }
}

extension Profile {
    /// What jobs have set goes before what the profile says, and what they have attached comes beside it.
    mutating func apply(_ override: ProfileOverride) {
        if let memory = override.memoryMiB { (memoryMiB, maximumMemoryMiB) = (memory, override.maximumMemoryMiB) }
        if let vcpus = override.vcpus { (self.vcpus, topology) = (vcpus, nil) }
        hostDevices += override.hostDevices ?? []
        usbDevices += (override.usbDevices ?? []).filter { !usbDevices.contains($0) }
    }
}

extension DomainDefinition {
    /// The profile that virtfleet made it by; nil when it does not say, or this agent does not understand all of it.
    var madeBy: Profile? { profile.flatMap { try? Profile(document: $0) } }
}

extension DomainSpecification {
    /// What a profile makes of a VM that is there already. Its name and identity stay, and what its disks hold depends on:
    /// the firmware that its variables belong to, and the bus that its system knows its disks by. What jobs have set goes
    /// before the profile.
    /// - Parameter granularityForm: of definitions that do not tell discard granularities yet.
    /// - Returns: nil where the definition lacks what every VM of virtfleet's has.
    init?(
        _ profile: Profile, origin: VMDocument.Origin, keeping definition: DomainDefinition, directory: VMDirectory,
        granularityForm: DiscardGranularity.Form
    ) {
        guard let accelerator = definition.accelerator, let genID = definition.genID,
            let loader = definition.loaderPath, let nvram = definition.nvramPath,
            let template = definition.nvramTemplatePath
        else { return nil }
        var profile = profile
        let system = definition.disks.first { $0.target == "sda" || $0.target == "vda" }
        if let bus = system?.bus.flatMap(DiskBus.init) { profile.diskBus = bus }
        let document = try? profile.document()
        if let override = definition.override { profile.apply(override) }
        self.init(
            profile, name: definition.name, identity: CloneIdentity(job: origin.job), genID: genID, origin: origin,
            accelerator: accelerator,
            firmware: Firmware(
                loaderPath: loader, nvramPath: nvram, nvramTemplatePath: template, secureBoot: definition.isSecure),
            disks: profile.disks(in: directory),
            granularityForm: definition.overridesDiscardGranularity ? .override : granularityForm,
            seedPath: directory.seed,
            consoleLogPath: definition.consoleLogPath ?? directory.console,
            placement: nil)
        self.profile = document
        for (index, target) in diskTargets.enumerated() {
            guard let found = definition.disks.first(where: { $0.target == target }), let file = found.file,
                let format = ImageReference.Format(rawValue: found.format)
            else { continue }
            if disks[index].isBlockDevice { continue }
            (disks[index].path, disks[index].format) = (file, format)
        }
        // The drive stays what it is, and whoever has moved the disc's file has done so on purpose.
        if let drive = definition.disks.first(where: { $0.target == Disc.target && $0.device == "cdrom" }) {
            if let bus = drive.bus.flatMap(DiskBus.init) { seed?.bus = bus }
            if let file = drive.file { seed?.path = file }
        }
        // What a start has decided within the profile's bounds.
        if let demand {
            memoryBytes = min(max(definition.memoryBytes, demand.memory.minimumBytes), demand.memory.maximumBytes)
        }
    }

    /// The definition's differences, and that of the switch which libvirt keeps beside it.
    func differences(
        from xml: String, autostart: Bool, of profile: Profile
    ) throws(HypervisorError) -> [SettingDifference] {
        let switched =
            autostart == profile.isStartedByLibvirt
            ? []
            : [
                SettingDifference(
                    setting: "autostart", found: autostart ? "yes" : "no",
                    wanted: profile.isStartedByLibvirt ? "yes" : "no",
                    isFixable: true)
            ]
        return try differences(from: xml) + switched
    }
}
