import FleetModel
import FleetRuntime

extension MakeDisk {
    /// A VM's system disk, of its template's image.
    static func system(
        at path: String, of image: ImageReference, in base: String, reflinked: Bool, host: JobHost,
        name: String? = nil
    ) -> MakeDisk {
        reflinked
            ? reflink(at: path, of: base, host: host, name: name ?? "reflink")
            : overlay(at: path, on: base, format: image.format.rawValue, host: host, name: name ?? "overlay")
    }
}

extension JobHost {
    /// Whether a system disk is made as a reflink of its image. A raw image is not: snapshots need qcow2.
    /// - Throws: `JobProblem` when it should be and cannot.
    func reflinks(_ image: ImageReference, in base: String, as wanted: SystemDisk) async throws -> Bool {
        guard wanted != .overlay else { return false }
        let directory = vmDirectory
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
        return can
    }
}
