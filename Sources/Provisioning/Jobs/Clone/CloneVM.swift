import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Placement

/// `vm.clone`: a new VM with a disk of a template version's image.
struct CloneVM: JobKind {
    static let name = JobKindName.vmClone
    static let rollsBack = true

    let job: JobID
    let arguments: CloneArguments

    private var identity: CloneIdentity { CloneIdentity(job: job) }
    var vm: VMID { identity.vm }
    var images: [ImageReference] { [arguments.image, arguments.image.variablesImage].compactMap(\.self) }
    var locks: Set<String> { ["vm \(vm)", "name \(arguments.name)"] }

    func check(on host: JobHost) async throws {
        _ = try await CloneSurvey(job: job, arguments: arguments, host: host).findings()
    }

    func plan(on host: JobHost) async throws -> ClonePlan {
        let findings = try await CloneSurvey(job: job, arguments: arguments, host: host).findings()
        guard let base = await host.images.image(arguments.image) else {
            throw JobProblem("image-missing", "image \(arguments.image.digest) has gone from this host's store")
        }
        var variables: String?
        if let image = arguments.image.variablesImage {
            variables = await host.images.image(image)
            guard variables != nil else {
                throw JobProblem("image-missing", "the UEFI variables \(image.digest) have gone from this host's store")
            }
        }
        return ClonePlan(
            base: base,
            systemDisk: try await host.systemDisk(of: arguments.image, in: base, as: findings.profile.systemDisk),
            directory: host.directory(of: job), profile: findings.profile, firmware: findings.firmware,
            accelerator: await host.facilities.accelerator(), granularityForm: try await host.granularityForm(),
            placement: findings.placement,
            seed: SeedContent(
                findings.profile, vm: vm, name: arguments.name.description, host: await host.machineName()),
            variables: variables)
    }

    func steps(of plan: ClonePlan, on host: JobHost) -> [any JobStep] {
        let specification = specification(of: plan)
        var files: [any FileStep] = [
            MakeDisk.system(
                at: plan.directory.disk, of: arguments.image, in: plan.base, as: plan.systemDisk, host: host),
            CopyFile(
                name: "firmware variables", source: plan.variables ?? plan.firmware.variables,
                path: plan.directory.variables, host: host),
        ]
        if let size = plan.profile.dataDiskGiB {
            files.append(MakeDisk.empty(at: plan.directory.data, gibibytes: size, host: host))
        }
        if let seed = plan.seed { files.append(MakeSeedDisc(content: seed, directory: plan.directory, host: host)) }
        var steps: [any JobStep] = [
            MakeVMFiles(directory: plan.directory, files: files, host: host),
            DefineDomain(
                id: specification.id, origin: specification.origin, xml: specification.xml(), host: host),
        ]
        if plan.profile.isStartedByLibvirt { steps.append(SetAutostart(vm: vm, on: true, host: host)) }
        if arguments.start { steps.append(StartDomain(vm: vm, ofOwnClone: true, host: host)) }
        return steps
    }

    /// What libvirt has to start QEMU and a TPM on a busy machine.
    private static let startLimit = Duration.seconds(60)

    func verify(
        _ plan: ClonePlan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        let limit = plan.profile.guestAgentTimeoutSeconds.map { Duration.seconds($0) }
        let start = host.time.monotonic()
        while true {
            try await attempt()
            let domain = try await host.hypervisor.domain(vm)
            guard domain.origin?.job == job else {
                throw JobProblem("vm-changed", "somebody has redefined VM \(domain.name) meanwhile")
            }
            guard domain.persistent else {
                throw JobProblem("vm-gone", "somebody has undefined VM \(domain.name) meanwhile")
            }
            guard arguments.start else { return nil }
            if domain.state == .paused, host.time.monotonic() - start < Self.startLimit {
                // libvirt shows a domain as paused while it starts it, perhaps for an agent that has died meanwhile.
                try await host.time.sleep(for: .milliseconds(200))
                continue
            }
            guard domain.state == .running else {
                throw JobProblem(
                    "not-running", "VM \(domain.name) is \(domain.state.rawValue) right after its start; see its log")
            }
            guard let limit else { return nil }
            if try await host.hypervisor.guestAgentAnswers(vm, within: .seconds(5)) {
                try await host.runChecks(plan.profile.checks, in: vm, attempt)
                return nil
            }
            guard host.time.monotonic() - start < limit else {
                throw JobProblem(
                    "no-guest-agent",
                    "the guest agent of VM \(domain.name) did not answer within \(limit); install qemu-guest-agent in the "
                        + "template, or raise or remove guestAgentTimeoutSeconds in profile \(arguments.profile)")
            }
            try await host.time.sleep(for: .seconds(1))
        }
    }

    private func specification(of plan: ClonePlan) -> DomainSpecification {
        DomainSpecification(
            plan.profile, name: arguments.name.description, identity: identity, genID: identity.genID,
            origin: VMDocument.Origin(
                job: job, template: arguments.image.digest, profile: arguments.profile.description,
                profileVersion: arguments.profileVersion?.version),
            accelerator: plan.accelerator,
            firmware: DomainSpecification.Firmware(
                loaderPath: plan.firmware.code, nvramPath: plan.directory.variables,
                nvramTemplatePath: plan.firmware.variables, secureBoot: plan.profile.secureBoot),
            disks: plan.profile.disks(in: plan.directory), granularityForm: plan.granularityForm,
            seedPath: plan.directory.seed,
            consoleLogPath: plan.directory.console,
            placement: plan.placement)
    }
}

struct ClonePlan: Codable, Equatable, Sendable {
    /// The image in the host's store.
    var base: String
    /// How the system disk is made of it; not `auto`.
    var systemDisk: SystemDisk
    var directory: VMDirectory
    var profile: Profile
    var firmware: FirmwareFiles
    var accelerator: DomainSpecification.Accelerator
    var granularityForm: DomainSpecification.DiscardGranularity.Form
    /// Absent where the machine cannot be seen. The start makes another one.
    var placement: VMPlacement?
    /// Absent where the profile wants no seed disc.
    var seed: SeedContent?
    /// The template's UEFI variables in the host's store; absent where it brings none.
    var variables: String?
}
