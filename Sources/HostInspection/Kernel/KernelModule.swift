/// A module that VMs or the passing of devices depend on.
public struct KernelModule: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable, CaseIterable {
        case loaded
        /// Part of the kernel itself.
        case builtIn = "built-in"
        /// On the disk, to be loaded.
        case available
        case missing
    }

    /// With underscores: `vfio_pci`.
    public var name: String
    public var state: State

    private static let matter = [
        "amdgpu", "ast", "bridge", "i915", "iommufd", "irqbypass", "kvm", "kvm_amd", "kvm_intel", "kvmgt", "mdev",
        "mgag200",
        "nouveau", "nvidia", "nvidia_drm", "nvidia_vgpu_vfio", "pci_stub", "radeon", "tun", "vfio", "vfio_iommu_type1",
        "vfio_mdev", "vfio_pci", "vfio_pci_core", "vfio_virqfd", "vhost_net", "vhost_vsock", "xe",
    ]
    private static let parameters = [
        ("i915", "enable_guc"), ("i915", "enable_gvt"), ("i915", "force_probe"), ("i915", "max_vfs"),
        ("kvm", "ignore_msrs"),
        ("kvm_amd", "nested"), ("kvm_amd", "avic"), ("kvm_intel", "nested"), ("nvidia_drm", "modeset"),
        ("vfio_iommu_type1", "allow_unsafe_interrupts"), ("vfio_pci", "disable_idle_d3"), ("vfio_pci", "disable_vga"),
        ("vfio_pci", "ids"), ("xe", "max_vfs"),
    ]

    /// Of each what the tree tells; none of those of which nothing is known.
    static func thoseThatMatter(_ root: HostRoot, release: String?) -> [KernelModule] {
        let loaded = loadedNames(root)
        let known = Set(root.names(in: "/sys/module"))
        let directory = release.flatMap { release in
            ["/lib/modules/\(release)", "/usr/lib/modules/\(release)"].first { root.exists($0 + "/modules.dep") }
        }
        let available = directory.map { names(in: $0 + "/modules.dep", root) }
        let builtIn = directory.map { names(in: $0 + "/modules.builtin", root) } ?? []
        return matter.compactMap { name in
            if loaded?.contains(name) == true { return KernelModule(name: name, state: .loaded) }
            if builtIn.contains(name) { return KernelModule(name: name, state: .builtIn) }
            // Parts of the kernel itself have a directory, too, when they have parameters.
            if known.contains(name) {
                return KernelModule(
                    name: name, state: loaded == nil || available?.contains(name) == true ? .loaded : .builtIn)
            }
            guard let available else { return nil }
            return KernelModule(name: name, state: available.contains(name) ? .available : .missing)
        }
    }

    static func parameters(_ root: HostRoot) -> [String: String] {
        var found: [String: String] = [:]
        for (module, parameter) in parameters {
            found["\(module).\(parameter)"] = root.text("/sys/module/\(module)/parameters/\(parameter)")
        }
        return found
    }

    /// /proc/modules: the name is the first word of a line.
    private static func loadedNames(_ root: HostRoot) -> Set<String>? {
        root.text("/proc/modules").map { text in
            Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
        }
    }

    /// Lines `kernel/drivers/vfio/pci/vfio-pci.ko.zst: ...`, with or without what stands behind the colon.
    private static func names(in path: String, _ root: HostRoot) -> Set<String> {
        var names: Set<String> = []
        let sought = Set(matter)
        _ = root.forEachLine(of: path) { line in
            let file = line.prefix { $0 != UInt8(ascii: ":") }
            let start = file.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? file.startIndex
            let stem = file[start...].prefix { $0 != UInt8(ascii: ".") }
            let name = String(decoding: stem.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
            if sought.contains(name) { names.insert(name) }
        }
        return names
    }
}
