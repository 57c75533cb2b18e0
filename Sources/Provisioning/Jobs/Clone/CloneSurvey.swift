import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Placement

/// Everything that could keep a clone from being made, looked at before anything is touched.
struct CloneSurvey {
    struct Findings {
        let profile: Profile
        let firmware: FirmwareFiles
        let placement: VMPlacement?
    }

    let job: JobID
    let arguments: CloneArguments
    let host: JobHost

    /// - Throws: `JobProblem` for the first obstacle, with its fix.
    func findings() async throws -> Findings {
        let profile = try profile()
        try checkSeal(profile)
        try host.requirePrograms(for: profile)
        let firmware = try profile.findFirmware(root: host.facilities.root)
        try await checkVariables(firmware)
        try await host.requireNetworks(of: profile, named: arguments.profile)
        try await host.requireHostStorage(of: profile, named: arguments.profile)
        try await host.requireFreeName(arguments.name, except: CloneIdentity(job: job).vm)
        try await host.requireFreeHostName(profile, name: arguments.name.description, vm: CloneIdentity(job: job).vm)
        try await checkSpace(profile)
        return Findings(profile: profile, firmware: firmware, placement: try await placement(profile))
    }

    /// Of a VM that does not start yet: beside no VM that could be stopped until then.
    private func placement(_ profile: Profile) async throws -> VMPlacement? {
        let identity = CloneIdentity(job: job)
        let demand = profile.demand(of: identity.vm, named: arguments.name.description, mac: identity.mac)
        return try await HostPlan.make(on: host, adding: demand, alone: !arguments.start)?.placement(of: demand)
    }

    /// The controller's version, else the host's own.
    private func profile() throws(JobProblem) -> Profile {
        if let version = arguments.profileVersion { return try version.profile(arguments.profile) }
        guard let profile = host.profiles[arguments.profile] else {
            let known = host.profiles.keys.sorted().map(\.description).joined(separator: ", ")
            throw JobProblem(
                "unknown-profile",
                "this host has no profile '\(arguments.profile)' (it has: \(known.isEmpty ? "none" : known)); "
                    + "apply it with 'virtfleet profile apply', or add it to the agent's profiles")
        }
        return profile
    }

    private func checkSeal(_ profile: Profile) throws(JobProblem) {
        let contradictions = arguments.image.seal?.contradictions(to: profile) ?? []
        guard contradictions.isEmpty else {
            throw JobProblem(
                "template-mismatch",
                "template \(arguments.image.template) \(arguments.image.version) does not fit profile \(arguments.profile): "
                    + "\(contradictions.joined(separator: "; ")); choose another profile")
        }
    }

    private func checkVariables(_ firmware: FirmwareFiles) async throws {
        guard let variables = arguments.image.variables else { return }
        try await host.requireFit(
            of: variables.sizeBytes, to: firmware,
            "template \(arguments.image.template) \(arguments.image.version) brings UEFI variables",
            "that the template was sealed with")
    }

    /// What a whole copy of the image takes; at least so much while it is not there to be measured.
    private func copiedBytes() async throws -> UInt64 {
        guard let base = await host.images.image(arguments.image) else { return arguments.image.sizeBytes }
        return try await DiskCopy.bytes(of: base, format: arguments.image.format.rawValue)
    }

    private func checkSpace(_ profile: Profile) async throws {
        let directory = host.vmDirectory
        try await host.onFiles { () throws(FileError) in
            // QEMU's user must be able to pass through.
            try DurableFile.makeDirectory(directory, mode: 0o711)
        }
        let image = await host.images.bytesToFetch(arguments.image, inFileSystemOf: directory)
        let copy = profile.systemDisk == .copy ? try await copiedBytes() : 0
        let needed = image + copy + UInt64(profile.freeDiskMiB) << 20
        let free = try await host.onFiles { () throws(FileError) in try DurableFile.freeBytes(at: directory) }
        guard free >= needed else {
            throw JobProblem(
                "no-space",
                "VM \(arguments.name) needs \(needed >> 20) MiB in \(directory) (\(image >> 20) to fetch, "
                    + "\(copy >> 20) to copy, \(profile.freeDiskMiB) to grow into), and \(free >> 20) MiB are free; free some, or lower "
                    + "freeDiskMiB in profile \(arguments.profile)")
        }
    }
}
