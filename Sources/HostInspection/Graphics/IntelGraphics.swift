import FleetModel

/// What a generation of Intel's graphics can share among VMs, told by its PCI device ID
/// (Linux, include/drm/intel/pciids.h; drivers/gpu/drm/i915/intel_gvt.c; drivers/gpu/drm/xe/xe_pci.c).
struct IntelGraphics: Equatable, Sendable {
    enum Sharing: Equatable, Sendable {
        /// Mediated devices of i915.
        case gvt
        /// Virtual functions, which the driver xe makes from a version of the kernel on.
        case virtualFunctions(since: KernelRelease)
        case none
    }

    let name: String
    let sharing: Sharing

    /// By the first two digits of the device ID.
    private static let generations: [String: IntelGraphics] = {
        let alderLake = Sharing.virtualFunctions(since: KernelRelease(6, 18))
        let pantherLake = Sharing.virtualFunctions(since: KernelRelease(6, 17))
        return [
            "16": IntelGraphics(name: "Broadwell", sharing: .gvt), "19": IntelGraphics(name: "Skylake", sharing: .gvt),
            "59": IntelGraphics(name: "Kaby Lake", sharing: .gvt),
            "3e": IntelGraphics(name: "Coffee Lake", sharing: .gvt),
            "87": IntelGraphics(name: "Amber Lake", sharing: .gvt),
            "9b": IntelGraphics(name: "Comet Lake", sharing: .gvt),
            "8a": IntelGraphics(name: "Ice Lake", sharing: .none),
            "4c": IntelGraphics(name: "Rocket Lake", sharing: .none),
            "9a": IntelGraphics(name: "Tiger Lake", sharing: alderLake),
            "46": IntelGraphics(name: "Alder Lake", sharing: alderLake),
            "a7": IntelGraphics(name: "Raptor Lake", sharing: alderLake),
            "7d": IntelGraphics(name: "Meteor Lake or Arrow Lake", sharing: .none),
            "64": IntelGraphics(name: "Lunar Lake", sharing: .none),
            "b0": IntelGraphics(name: "Panther Lake", sharing: pantherLake),
            "e2": IntelGraphics(name: "Battlemage", sharing: pantherLake),
        ]
    }()

    init(name: String, sharing: Sharing) {
        self.name = name
        self.sharing = sharing
    }

    /// Nil for what is not Intel's graphics, or not known.
    init?(_ device: PCIDevice) {
        guard device.vendor == "8086", device.deviceClass?.isDisplay == true,
            let known = Self.generations[String(device.device?.prefix(2) ?? "")]
        else { return nil }
        self = known
    }
}
