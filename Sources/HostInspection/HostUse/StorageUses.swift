import FleetModel

/// The disks below the file systems, the swap and the pools of the host.
struct StorageUses: Sendable {
    let foundations: Foundations

    /// Without one of these the host does not boot, or stops.
    private static let points: [(point: String, purpose: HostUse.Purpose)] = [
        ("/", .rootFileSystem), ("/sysroot", .rootFileSystem), ("/usr", .rootFileSystem), ("/var", .rootFileSystem),
        ("/home", .rootFileSystem), ("/nix", .rootFileSystem), ("/nix/store", .rootFileSystem), ("/boot", .boot),
        ("/boot/efi", .efiSystemPartition), ("/efi", .efiSystemPartition),
    ]

    func uses(_ subject: InspectionSubject) -> [(PCIAddress, HostUse)] {
        var uses: [(PCIAddress, HostUse)] = []
        for (point, purpose) in Self.points {
            guard let mount = foundations.mounts.mount(at: point) else { continue }
            uses += describe(foundations.foundations(of: mount), as: purpose, point)
        }
        for swap in SwapTable(foundations.root).swaps where swap.kind != .zram {
            uses +=
                swap.kind == .file
                ? describe(foundations.foundations(ofPath: swap.path), as: .swap, "the swap file \(swap.path)")
                : describe(foundations.foundations(ofFile: swap.path), as: .swap, "swap")
        }
        for pool in subject.pools {
            guard let path = pool.path else { continue }
            let found =
                path.hasPrefix("/dev/")
                ? foundations.foundations(ofVolumeGroup: path) : foundations.foundations(ofPath: path)
            uses += describe(found, as: .storagePool, "the storage pool \(pool.name) (\(path))")
        }
        let images = subject.imagesDirectory
        uses += describe(foundations.foundations(ofPath: images), as: .storagePool, "the images directory \(images)")
        return uses
    }

    private func describe(
        _ found: [Foundations.Foundation], as purpose: HostUse.Purpose, _ subject: String
    ) -> [(PCIAddress, HostUse)] {
        found.flatMap { foundation in
            let through = foundation.through.isEmpty ? "" : ", through " + foundation.through.joined(separator: " and ")
            let detail = "\(subject) \(foundation.isGuess ? "may be" : "is") on \(foundation.file)\(through)"
            return foundation.functions.map { ($0, HostUse(purpose: purpose, detail: detail)) }
        }
    }
}
