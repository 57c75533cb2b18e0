import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Placement
import Signing

/// Everything that could keep an export from becoming a VM, looked at before anything is touched.
struct ImportSurvey {
    let job: JobID
    let arguments: ImportArguments
    /// Who it will be.
    let vm: VMID
    let host: JobHost

    private var isCopy: Bool { arguments.identity == .copy }

    /// - Throws: `JobProblem` for the first obstacle, with its fix.
    func plan() async throws -> ImportVM.Plan {
        let export = host.export(of: arguments.export)
        let manifest = try await host.onFiles { try ExportManifest.read(export, digest: arguments.digest) }
        guard manifest.vm == arguments.vm else {
            throw JobProblem("bad-arguments", "export \(arguments.export) holds VM \(manifest.vm), not \(arguments.vm)")
        }
        try await requireNew(manifest)
        try await host.requireFreeName(arguments.name, except: vm)
        let xml = try await definition(in: export, manifest)
        let found = try DomainDefinition(xml: xml)
        guard let origin = found.origin, var profile = found.madeBy else {
            throw JobProblem(
                "unknown-profile",
                "the definition in export \(arguments.export) does not hold the VM's profile, or this agent does not know all of "
                    + "it; update the agent")
        }
        if let override = found.override { profile.apply(override) }
        try await require(profile, named: origin.profile, found)
        let firmware = try await firmware(for: profile, found, manifest)
        let identity = isCopy ? CloneIdentity(job: job) : CloneIdentity(job: origin.job)
        let directory = host.directory(of: identity.job)
        try await requireRoom(for: manifest, in: directory)
        var newOrigin = origin
        newOrigin.job = identity.job
        let relocation = DomainRelocation(
            name: arguments.name.description, id: identity.vm, genID: try genID(found), job: identity.job,
            macs: isCopy ? macs(of: found, from: CloneIdentity(job: origin.job), to: identity) : [:],
            firmware: DomainSpecification.Firmware(
                loaderPath: firmware.code, nvramPath: directory.variables, nvramTemplatePath: firmware.variables,
                secureBoot: found.isSecure),
            files: Dictionary(
                uniqueKeysWithValues: manifest.disks.map { ($0, directory.layer(of: $0, madeBy: job)) }),
            seedPath: directory.seed, consoleLogPath: directory.console)
        let bringsTPM = manifest.files.keys.contains { $0.hasPrefix("tpm/") } && !isCopy
        return ImportVM.Plan(
            export: export, manifest: manifest, directory: directory, origin: newOrigin,
            definition: try relocation.applied(to: xml),
            seed: isCopy && manifest.files["seed.iso"] != nil
                ? SeedContent(
                    profile, vm: identity.vm, name: arguments.name.description, host: await host.machineName()) : nil,
            tpm: bringsTPM ? host.hypervisor.tpmStateDirectory(of: identity.vm) : nil,
            isStartedByLibvirt: profile.isStartedByLibvirt, guestLimitSeconds: profile.guestAgentTimeoutSeconds,
            checks: profile.checks)
    }

    /// The same machine twice would be two machines with one licence, one address and one TPM.
    private func requireNew(_ manifest: ExportManifest) async throws {
        guard let domain = try await host.hypervisor.domainIfAny(vm) else { return }
        // A job whose journal was lost knows its work again.
        let made = try await host.files(of: vm).values.contains { $0.contains("-\(job).") }
        if made { return }
        throw JobProblem(
            "vm-exists",
            "this host has VM \(domain.name) (\(vm)), the very machine that is in the export; delete it first, or import "
                + "a copy")
    }

    /// Its content is known by the manifest's digest, so that whoever carried the export here could not change it.
    private func definition(in export: VMExport, _ manifest: ExportManifest) async throws -> String {
        let path = export.state.definition
        let bytes = try await host.onFiles { () throws(FileError) in try DurableFile.bytes(of: path) }
        let found = FileReference(digest: SHA256Hasher.digest(of: bytes), sizeBytes: UInt64(bytes.count))
        guard found == manifest.files["definition.xml"] else { throw ExportManifest.damaged(path) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a clone of the profile needs as well.
    private func require(_ profile: Profile, named name: String, _ found: DomainDefinition) async throws {
        let accelerator = await host.facilities.accelerator()
        guard found.accelerator == accelerator else {
            throw JobProblem(
                "other-accelerator",
                "the VM ran on \(found.accelerator == .kvm ? "KVM" : "QEMU's own translation"), and guests of this host run on "
                    + "\(accelerator == .kvm ? "KVM" : "QEMU's own translation, as /dev/kvm does not work"); see 'virtfleet host "
                    + "readiness'")
        }
        try host.requirePrograms(for: profile)
        let profileName = ResourceName(name) ?? ResourceName("exported")!
        try await host.requireNetworks(of: profile, named: profileName)
        try await host.requireHostStorage(of: profile, named: profileName)
        try await host.requireFreeHostName(profile, name: arguments.name.description, vm: vm)
        let demand = profile.demand(of: vm, named: arguments.name.description)
        _ = try await HostPlan.make(on: host, adding: demand, alone: !arguments.start)?.placement(of: demand)
    }

    /// That which the VM had, where this host has it as well.
    private func firmware(
        for profile: Profile, _ found: DomainDefinition, _ manifest: ExportManifest
    ) async throws -> FirmwareFiles {
        var firmware = try profile.findFirmware(root: host.facilities.root)
        if let code = found.loaderPath, let variables = found.nvramTemplatePath,
            DurableFile.exists(code), DurableFile.exists(variables)
        {
            firmware = FirmwareFiles(code: code, variables: variables)
        }
        guard let variables = manifest.files["variables.fd"] else {
            throw JobProblem("export-damaged", "export \(arguments.export) has no UEFI variables")
        }
        try await host.requireFit(
            of: variables.sizeBytes, to: firmware, "export \(arguments.export) brings UEFI variables",
            "that the VM had")
        return firmware
    }

    private func requireRoom(for manifest: ExportManifest, in directory: VMDirectory) async throws {
        let parent = host.vmDirectory
        try await host.onFiles { () throws(FileError) in try DurableFile.makeDirectory(parent, mode: 0o711) }
        let files = await host.onFiles { (try? DurableFile.entries(of: directory.path)) ?? [] }
        guard files.isEmpty || files.contains(where: { $0.contains("-\(job).") }) else {
            throw JobProblem(
                "files-exist",
                "\(directory.path) is there already, left by a VM of this identity; move it away first")
        }
        try await host.requireSpace(manifest.sizeBytes, in: parent, for: "VM \(arguments.name)")
    }

    /// Windows learns by it that its time has been turned back, or that it is a copy (Virtual Machine Generation ID,
    /// learn.microsoft.com).
    private func genID(_ found: DomainDefinition) throws(JobProblem) -> UUID {
        guard arguments.identity == .move else { return CloneIdentity(job: job).genID }
        guard let genID = found.genID else {
            throw JobProblem("export-damaged", "the definition in export \(arguments.export) has no generation ID")
        }
        return genID
    }

    /// Each card keeps its place; one that somebody has added gets an address as well.
    private func macs(
        of found: DomainDefinition, from old: CloneIdentity, to new: CloneIdentity
    ) -> [MACAddress: MACAddress] {
        let highest = 64
        let own = (0..<highest).map { (old.mac(nic: $0), new.mac(nic: $0)) }
        let added = found.macs.enumerated().map { ($0.element, new.mac(nic: highest + $0.offset)) }
        return Dictionary(own + added) { first, _ in first }
    }
}
