import FleetModel
import FleetStore
import Placement
import FleetFiles

/// Turns what an operator asked for into a job's host and complete arguments, or says why it cannot be done.
struct JobPlanner: Sendable {
    let store: FleetStore

    func host(_ idOrName: String) async throws -> HostResource {
        do {
            return try await store.host(idOrName)
        } catch .notFound {
            throw Problem.unprocessable(
                "unknown-host", "there is no host '\(idOrName)'; 'virtfleet host list' shows the registered ones")
        }
    }

    /// The arguments as the host gets them.
    func arguments(of request: JobRequest, for host: HostResource) async throws -> JSONValue {
        guard let kind = JobKindName(rawValue: request.kind) else {
            let known = JobKindName.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.unprocessable("unknown-kind", "there is no kind of job '\(request.kind)'; there are \(known)")
        }
        switch kind {
        case .vmClone:
            let wanted = try decode(CloneRequest.self, request)
            let arguments = CloneArguments(
                name: wanted.name, image: try await image(wanted.template, wanted.version), profile: wanted.profile,
                profileVersion: try await profileVersion(wanted.profile), start: wanted.start ?? true)
            try Self.checkSeal(arguments)
            return try FleetJSON.value(arguments)
        case .vmStart, .vmSuspend, .vmResume, .vmFocus, .vmDelete, .snapshotFlatten:
            return try await asked(VMArguments.self, \.vm, request, host)
        case .snapshotRevert: return try await asked(SnapshotRevertArguments.self, \.vm, request, host)
        case .snapshotDelete: return try await asked(SnapshotArguments.self, \.vm, request, host)
        case .snapshotPin: return try await asked(SnapshotPinArguments.self, \.vm, request, host)
        case .snapshotCreate: return try await asked(SnapshotCreateArguments.self, \.vm, request, host)
        case .vmUpdate:
            let wanted = try decode(UpdateRequest.self, request)
            try await check(wanted.vm, on: host)
            var arguments = UpdateArguments(
                vm: wanted.vm, image: try await image(wanted.template, wanted.version),
                snapshot: wanted.snapshot ?? Self.snapshotName(wanted.version), start: wanted.start ?? true,
                guestAgentTimeoutSeconds: wanted.guestAgentTimeoutSeconds)
            if let timeout = wanted.shutdownTimeoutSeconds { arguments.shutdownTimeoutSeconds = timeout }
            try Self.checkTimeout("shutdownTimeoutSeconds", arguments.shutdownTimeoutSeconds)
            if let timeout = arguments.guestAgentTimeoutSeconds {
                try Self.checkTimeout("guestAgentTimeoutSeconds", timeout)
            }
            return try FleetJSON.value(arguments)
        case .vmFix:
            let wanted = try decode(VMArguments.self, request)
            let profile = try await check(wanted.vm, on: host).origin.flatMap { ResourceName($0.profile) }
            var arguments = FixArguments(vm: wanted.vm)
            if let profile { arguments.profileVersion = try await profileVersion(profile) }
            return try FleetJSON.value(arguments)
        case .vmResize:
            let wanted = try decode(ResizeRequest.self, request)
            try await check(wanted.vm, on: host)
            let arguments = ResizeArguments(
                vm: wanted.vm, memoryMiB: wanted.memoryMiB, maximumMemoryMiB: wanted.maximumMemoryMiB,
                vcpus: wanted.vcpus, asProfile: wanted.asProfile ?? false, systemDiskGiB: wanted.systemDiskGiB,
                dataDiskGiB: wanted.dataDiskGiB)
            if let problem = arguments.problem { throw Problem.unprocessable("bad-arguments", problem) }
            return try FleetJSON.value(arguments)
        case .vmRename: return try await asked(RenameArguments.self, \.vm, request, host)
        case .vmAttach, .vmDetach:
            let wanted = try decode(AttachArguments.self, request)
            if let problem = wanted.problem { throw Problem.unprocessable("bad-arguments", problem) }
            return try await asked(AttachArguments.self, \.vm, request, host)
        case .vmExport: return try await asked(ExportArguments.self, \.vm, request, host)
        case .vmImport:
            return try FleetJSON.value(try await importArguments(try decode(ImportRequest.self, request), host))
        case .guestExec:
            let wanted = try decode(ExecRequest.self, request)
            try await check(wanted.vm, on: host)
            let arguments = wanted.arguments ?? []
            guard arguments.count <= ExecArguments.maximumArguments else {
                throw Problem.unprocessable(
                    "bad-arguments", "at most \(ExecArguments.maximumArguments) arguments can be added to a command")
            }
            return try FleetJSON.value(
                ExecArguments(vm: wanted.vm, command: wanted.command, arguments: arguments))
        case .vmReboot:
            let wanted = try decode(RebootRequest.self, request)
            try await check(wanted.vm, on: host)
            return try FleetJSON.value(RebootArguments(vm: wanted.vm, force: wanted.force ?? false))
        case .vmStop:
            let wanted = try decode(StopRequest.self, request)
            try await check(wanted.vm, on: host)
            var arguments = StopArguments(vm: wanted.vm)
            if let force = wanted.force { arguments.force = force }
            if let timeout = wanted.timeoutSeconds { arguments.timeoutSeconds = timeout }
            try Self.checkTimeout("timeoutSeconds", arguments.timeoutSeconds)
            return try FleetJSON.value(arguments)
        }
    }

    /// Arguments that an operator gives as the host gets them.
    private func asked<Arguments: Codable>(
        _ type: Arguments.Type, _ vm: KeyPath<Arguments, VMID>, _ request: JobRequest, _ host: HostResource
    ) async throws -> JSONValue {
        let arguments = try decode(type, request)
        try await check(arguments[keyPath: vm], on: host)
        return try FleetJSON.value(arguments)
    }

    /// The host would refuse it as well, later; it does so alone where the profile is its own.
    private static func checkSeal(_ arguments: CloneArguments) throws {
        guard let seal = arguments.image.seal, let version = arguments.profileVersion,
            let profile = try? Profile(document: version.document)
        else { return }
        let contradictions = seal.contradictions(to: profile)
        guard contradictions.isEmpty else {
            throw Problem.unprocessable(
                "template-mismatch",
                "template \(arguments.image.template) \(arguments.image.version) does not fit profile '\(arguments.profile)': "
                    + contradictions.joined(separator: "; "))
        }
    }

    /// `vm.clone` as an operator asks for it: the image by its names.
    private struct CloneRequest: Decodable {
        var name: ResourceName
        var template: ResourceName
        var version: ResourceName
        var profile: ResourceName
        var start: Bool?
    }

    /// `vm.update` as an operator asks for it: the image by its names.
    private struct UpdateRequest: Decodable {
        var vm: VMID
        var template: ResourceName
        var version: ResourceName
        var snapshot: ResourceName?
        var shutdownTimeoutSeconds: Int?
        var start: Bool?
        var guestAgentTimeoutSeconds: Int?
    }

    /// Of what was before the update; cut to what a name may have.
    private static func snapshotName(_ version: ResourceName) -> ResourceName {
        ResourceName("before-\(version.description.prefix(56))")!
    }

    private static func checkTimeout(_ name: String, _ seconds: Int) throws {
        guard (1...3600).contains(seconds) else {
            throw Problem.unprocessable("bad-arguments", "'\(name)' must be from 1 to 3600, not \(seconds)")
        }
    }

    private struct ResizeRequest: Decodable {
        var vm: VMID
        var memoryMiB: Int?
        var maximumMemoryMiB: Int?
        var vcpus: Int?
        var asProfile: Bool?
        var systemDiskGiB: Int?
        var dataDiskGiB: Int?
    }

    private struct ExecRequest: Decodable {
        var vm: VMID
        var command: ResourceName
        var arguments: [String]?
    }

    private struct RebootRequest: Decodable {
        var vm: VMID
        var force: Bool?
    }

    private struct StopRequest: Decodable {
        var vm: VMID
        var force: Bool?
        var timeoutSeconds: Int?
    }

    private func decode<Arguments: Decodable>(_ type: Arguments.Type, _ request: JobRequest) throws -> Arguments {
        do {
            return try FleetJSON.decode(type, from: request.arguments)
        } catch {
            throw Problem.unprocessable(
                "bad-arguments",
                "the arguments of \(request.kind) are not right: \(Problem(describing: error).detail ?? "unreadable")")
        }
    }

    /// - Parameter version: the newest when nil.
    /// - Throws: the `Problem` `unknown-template`.
    func image(_ template: ResourceName, _ version: ResourceName?) async throws -> ImageReference {
        let wanted = (version.map { "version '\($0)' of a " } ?? "") + "template '\(template)'"
        do throws(StoreError) {
            return try await store.template(template, version: version).image
        } catch {
            guard case .notFound = error else { throw error }
            throw Problem.unprocessable(
                "unknown-template", "there is no \(wanted); 'virtfleet template list' shows what there is")
        }
    }

    /// The newest; nil when the controller has no profile of that name, and the host's own counts.
    private func profileVersion(_ name: ResourceName) async throws -> ProfileVersion? {
        do {
            let newest = try await store.profile(name)
            return ProfileVersion(version: newest.version, digest: newest.digest, document: newest.document)
        } catch .notFound {
            return nil
        }
    }

    @discardableResult
    private func check(_ vm: VMID, on host: HostResource) async throws -> VMDocument {
        let found: VMResource
        do {
            found = try await store.describedVM(vm, on: host.id)
        } catch .notFound {
            throw Problem.unprocessable(
                "unknown-vm", "no host has described a VM \(vm); 'virtfleet vm list' shows those known")
        }
        guard found.host == host.id else {
            throw Problem.unprocessable(
                "vm-elsewhere", "VM \(vm) is '\(found.vm.name)' on host '\(found.hostName)', not on '\(host.name)'")
        }
        return found.vm
    }
}
