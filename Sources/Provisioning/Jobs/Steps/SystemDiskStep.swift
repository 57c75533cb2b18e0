import FleetModel
import FleetRuntime

extension MakeDisk {
    /// A VM's system disk, of its template's image.
    /// - Parameter kind: decided; not `auto`.
    static func system(
        at path: String, of image: ImageReference, in base: String, as kind: SystemDisk, host: JobHost,
        name: String? = nil
    ) -> MakeDisk {
        let name = name ?? kind.rawValue
        let format = image.format.rawValue
        return switch kind {
        case .reflink: reflink(at: path, of: base, host: host, name: name)
        case .copy: copy(at: path, of: base, format: format, host: host, name: name)
        case .overlay, .auto: overlay(at: path, on: base, format: format, host: host, name: name)
        }
    }
}

extension JobHost {
    /// How a system disk is made of its image here. A raw image is not reflinked: snapshots need qcow2.
    /// - Throws: `JobProblem` when it cannot be made as it should.
    func systemDisk(of image: ImageReference, in base: String, as wanted: SystemDisk) async throws -> SystemDisk {
        let directory = vmDirectory
        switch wanted {
        case .overlay: return .overlay
        case .copy:
            try await requireSpace(
                try await DiskCopy.bytes(of: base, format: image.format.rawValue), in: directory,
                for: "a whole copy of template \(image.template) \(image.version)")
            return .copy
        case .auto, .reflink: break
        }
        let can = await onFiles { image.format == .qcow2 && DurableFile.canReflink(base, into: directory) }
        if wanted == .reflink, !can {
            throw JobProblem(
                "no-reflink",
                image.format == .qcow2
                    ? "the file system of \(directory) cannot make a reflink of \(base): it must be one btrfs or XFS for both; "
                        + "or set systemDisk in the profile to auto"
                    : "template \(image.template) \(image.version) is raw, of which no reflink is made; import it as qcow2, or "
                        + "set systemDisk in the profile to auto")
        }
        return can ? .reflink : .overlay
    }

    /// - Throws: `JobProblem` when a directory's file system has less room than this.
    func requireSpace(_ bytes: UInt64, in directory: String, for purpose: String) async throws {
        let free = try await onFiles { () throws(FileError) in try DurableFile.freeBytes(at: directory) }
        guard free >= bytes else {
            throw JobProblem(
                "no-space",
                "\(purpose) needs \(bytes >> 20) MiB in \(directory), and \(free >> 20) MiB are free; free some first")
        }
    }
}
