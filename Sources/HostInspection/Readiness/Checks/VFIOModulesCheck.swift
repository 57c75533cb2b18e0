extension Check {
    static let vfioModules = Check(
        "vfio-modules",
        reason: "vfio-pci is the driver that hands a device to a VM; an initramfs that names a module the "
            + "kernel does not have is not built."
    ) { facts in
        func state(_ name: String) -> KernelModule.State? { facts.software.modules.first { $0.name == name }?.state }
        switch state("vfio_pci") {
        case nil:
            return [
                .unknown(
                    "Which modules the kernel has cannot be seen.",
                    shownBy: "It is told by modules.dep of its release in /lib/modules, which cannot be read here."
                )
            ]
        case .missing:
            return [
                .warning(
                    "The kernel has no vfio_pci.",
                    fix:
                        "Install the distribution's full kernel (Debian: linux-image-amd64, not the one for clouds; Fedora: "
                        + "kernel-modules).")
            ]
        case .loaded, .builtIn, .available:
            let separate = state("vfio_virqfd").map { $0 != .missing } ?? false
            return [
                .ok(
                    "The kernel has vfio_pci. "
                        + (separate
                            ? "Its vfio_virqfd is a module of its own: name it in the initramfs beside vfio_pci."
                            : "It has no vfio_virqfd of its own: leave that name out of the initramfs."))
            ]
        }
    }
}
