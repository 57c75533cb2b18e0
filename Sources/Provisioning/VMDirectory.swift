import FleetModel
import FleetRuntime
import Hypervisor

/// The files of one VM, all of them made by virtfleet or, at its order, by libvirt.
struct VMDirectory: Codable, Equatable, Sendable {
    let path: String
    var disk: String { path + "/disk.qcow2" }
    var data: String { path + "/data.qcow2" }
    var variables: String { path + "/variables.fd" }
    var console: String { path + "/console.log" }
    var seed: String { path + "/seed.iso" }
    /// What becomes the seed disc, while it is made.
    var seedFiles: String { path + "/seed.files" }
    var snapshots: String { path + "/snapshots" }
    /// Where it is, the VM has been seen with a TPM that remembers something.
    var tpmMark: String { path + "/tpm.made" }

    init(path: String) { self.path = path }

    /// - Parameter layer: a file for which `isLayer` holds.
    init(of layer: String) { path = String(layer.prefix(upTo: layer.lastIndex(of: "/") ?? layer.startIndex)) }

    /// What the guest writes to a disk from a snapshot or a revert on.
    func layer(of target: String, madeBy job: JobID) -> String { "\(path)/\(target)-\(job).qcow2" }

    func keptState(of job: JobID) -> KeptState { KeptState(path: "\(snapshots)/\(job)") }

    /// The disks' layers, without the template's below them.
    var layers: [String] {
        let names = (try? DurableFile.entries(of: path)) ?? []
        return names.map { "\(path)/\($0)" }.filter(isLayer)
    }

    /// Whether virtfleet made the file as a layer of this VM's disks.
    func isLayer(_ file: String) -> Bool {
        if file == disk || file == data { return true }
        guard file.hasPrefix(path + "/"), file.hasSuffix(".qcow2") else { return false }
        let name = file.dropFirst(path.count + 1).dropLast(".qcow2".count)
        return !name.contains("/") && name.split(separator: "-").last.flatMap { JobID(String($0)) } != nil
    }

    /// Everything that may be removed with the VM. Anything else in the directory was put there by somebody else.
    var ownFiles: [String] {
        [variables, console, seed, tpmMark].flatMap { [$0, $0 + ".part"] } + [seedFiles]
            + [disk, data].map { $0 + ".part" } + layers
            + keptStates.flatMap(\.ownFiles)
    }

    /// What may be removed as well once it is empty, in this order.
    var ownDirectories: [String] { keptStates.map(\.path) + [snapshots, path] }

    /// Of snapshots, and of what reverts have set aside.
    var keptStates: [KeptState] {
        let names = (try? DurableFile.entries(of: snapshots)) ?? []
        return names.compactMap(JobID.init).map(keptState(of:))
    }
}

extension JobHost {
    func directory(of job: JobID) -> VMDirectory { VMDirectory(path: "\(vmDirectory)/\(job)") }

    /// Where the files of a VM that a job made are: where its definition says, as the configuration may have changed since.
    func directory(of domain: Domain, madeBy job: JobID) async throws -> VMDirectory {
        let definition = try DomainDefinition(xml: await hypervisor.definition(of: domain.id))
        let files = [definition.nvramPath].compactMap(\.self) + definition.disks.compactMap(\.file)
        let directories = files.map { String($0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.startIndex)) }
        let own = directories.first { $0.split(separator: "/").last.map(String.init) == job.description }
        return own.map { VMDirectory(path: $0) } ?? directory(of: job)
    }
}
