/// The options that a kernel was built with, as far as they matter here.
public struct KernelConfiguration: Equatable, Sendable {
    /// `INTEL_IOMMU` → `y`; `n` where the file says that it is not set.
    public private(set) var options: [String: String] = [:]

    /// Nil when no file of the tree tells: /boot/config-RELEASE and where other distributions put it, or /proc/config.gz
    /// of a kernel that carries its own.
    init?(_ root: HostRoot, release: String?) {
        let paths = release.map(Self.paths) ?? []
        if paths.contains(where: { root.forEachLine(of: $0) { take($0) } }) { return }
        let largest = 4 << 20
        guard let packed = root.bytes("/proc/config.gz"), let text = Gzip.unpacked(packed, limit: largest) else {
            return nil
        }
        text.withUnsafeBufferPointer { $0.forEachLine { take($0) } }
    }

    private static func paths(_ release: String) -> [String] {
        [
            "/boot/config-\(release)", "/lib/modules/\(release)/config", "/usr/lib/modules/\(release)/config",
            "/usr/lib/kernel/config-\(release)",
        ]
    }

    /// - Parameter line: `CONFIG_KVM=m` or `# CONFIG_KVM_XEN is not set` (Documentation/kbuild/kconfig.rst).
    private mutating func take(_ line: UnsafeBufferPointer<UInt8>) {
        let isUnset = line.starts(with: "# CONFIG_".utf8)
        guard isUnset || line.starts(with: "CONFIG_".utf8) else { return }
        let rest = line.dropFirst(isUnset ? 9 : 7)
        // Most of some ten thousand options end here.
        guard let end = rest.firstIndex(of: UInt8(ascii: isUnset ? " " : "=")),
            Self.lengths.contains(end - rest.startIndex)
        else { return }
        let name = String(decoding: rest[..<end], as: UTF8.self)
        guard Self.matter.contains(name) else { return }
        let value = String(decoding: rest[end...].dropFirst(), as: UTF8.self)
        if !isUnset { options[name] = value } else if value == "is not set" { options[name] = "n" }
    }

    /// `y` or `m`; `n` when it is said to be unset, nil when it is not named.
    public func value(of name: String) -> String? {
        assert(Self.matter.contains(name), "\(name) is not among the options that are read")
        return options[name]
    }

    public func isOn(_ name: String) -> Bool { ["y", "m"].contains(value(of: name)) }

    private static let lengths = Set(matter.map(\.utf8.count))
    /// What decides about IOMMU, VFIO, KVM and its guests' memory, devices and networks.
    private static let matter: Set<String> = [
        "AMD_IOMMU", "AMD_IOMMU_V2", "BRIDGE", "DRM_I915_GVT", "DRM_I915_GVT_KVMGT", "EFI_STUB", "FB_EFI", "HUGETLBFS",
        "HUGETLB_PAGE", "INTEL_IOMMU", "INTEL_IOMMU_DEFAULT_ON", "INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON",
        "INTEL_IOMMU_SVM",
        "IOMMUFD", "IOMMU_API", "IOMMU_DEFAULT_DMA_LAZY", "IOMMU_DEFAULT_DMA_STRICT", "IOMMU_DEFAULT_PASSTHROUGH",
        "IOMMU_SUPPORT", "IRQ_REMAP", "KSM", "KVM", "KVM_AMD", "KVM_AMD_SEV", "KVM_INTEL", "MODULE_SIG_FORCE", "NUMA",
        "NUMA_BALANCING", "PCIE_ACS_OVERRIDE", "PCI_IOV", "SECURITY_APPARMOR", "SECURITY_LOCKDOWN_LSM",
        "SECURITY_SELINUX", "SYSFB_SIMPLEFB", "TCG_TPM", "TRANSPARENT_HUGEPAGE", "TRANSPARENT_HUGEPAGE_ALWAYS",
        "TRANSPARENT_HUGEPAGE_MADVISE", "TUN", "VFIO", "VFIO_IOMMU_TYPE1", "VFIO_MDEV", "VFIO_NOIOMMU", "VFIO_PCI",
        "VFIO_PCI_VGA", "VFIO_VIRQFD", "VHOST_NET", "VHOST_VSOCK", "X86_X2APIC",
    ]
}
