import FleetModel

extension Components {
    private struct Kind {
        /// Package names, the one that carries the version first.
        var packages: [String]
        /// Any of these files shows that it is there.
        var files: [String]
    }

    private static let libvirt = Kind(
        packages: ["libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt0", "libvirt"],
        files: [
            "/usr/sbin/libvirtd", "/usr/sbin/virtqemud", "/usr/bin/libvirtd", "/run/current-system/sw/bin/libvirtd",
        ])
    private static let qemu = Kind(
        packages: [
            "qemu-system-x86", "qemu-system-x86-core", "qemu-kvm-core", "pve-qemu-kvm", "qemu-base", "qemu-full",
            "qemu-desktop",
        ],
        files: ["/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm", "/usr/bin/kvm"])
    private static let ovmf = Kind(
        packages: ["ovmf", "pve-edk2-firmware-ovmf", "pve-edk2-firmware", "edk2-ovmf"], files: GuestFirmware.directories
    )
    private static let swtpm = Kind(packages: ["swtpm"], files: ["/usr/bin/swtpm"])
    private static let xorriso = Kind(packages: ["xorriso", "libisoburn"], files: ["/usr/bin/xorriso"])

    init(_ root: HostRoot, hypervisor: SoftwareDocument.Hypervisor?, limitations: inout [Inspection.Limitation]) {
        let kinds = [Self.libvirt, Self.qemu, Self.ovmf, Self.swtpm, Self.xorriso]
        let packages = PackageDatabase(root, names: Set(kinds.flatMap(\.packages) + [Self.virtiofsd]))
        if packages.isForeign {
            limitations.append(.init(fact: "package versions", needs: "rpm 4.16 or newer, which keeps them in SQLite"))
        }
        func component(_ kind: Kind) -> Component? {
            for name in kind.packages {
                guard let version = packages.versions[name] else { continue }
                return Component(version: Self.upstream(version), source: "package \(name) \(version)")
            }
            return kind.files.first { root.exists($0) }.map { Component(source: $0) }
        }
        libvirt = component(Self.libvirt)
        qemu = component(Self.qemu)
        ovmf = component(Self.ovmf)
        swtpm = component(Self.swtpm)
        virtioWin = Self.virtioWin(root)
        helpers = Helpers(virtiofsd: Self.virtiofsd(root, packages), xorriso: component(Self.xorriso))
        // The running one counts, and it has looked at its QEMU.
        if let hypervisor {
            let source = "libvirt at \(hypervisor.uri)"
            libvirt = Component(version: hypervisor.libvirtVersion, source: source)
            qemu = Component(version: hypervisor.version, source: source)
        } else if libvirt != nil, libvirt?.version == nil, let library = Self.libvirtLibrary(root) {
            libvirt = library
        }
    }

    /// `1:7.2+dfsg-7+deb12u18` is 7.2: without epoch, revision and what the packager appended.
    static func upstream(_ version: String) -> String {
        let withoutEpoch = version.split(separator: ":", maxSplits: 1).last ?? ""
        return String(withoutEpoch.prefix { $0.isNumber || $0 == "." || $0.isLetter })
    }

    /// libvirt.so.0.9000.2 is version 9.0.2: thousands are the major number.
    private static func libvirtLibrary(_ root: HostRoot) -> Component? {
        for directory in ["/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib"] {
            for name in root.names(in: directory) where name.hasPrefix("libvirt.so.0.") {
                let numbers = name.dropFirst("libvirt.so.0.".count).split(separator: ".").compactMap { UInt32($0) }
                guard numbers.count == 2 else { continue }
                let version = "\(numbers[0] / 1000).\(numbers[0] % 1000).\(numbers[1])"
                return Component(version: version, source: "\(directory)/\(name)")
            }
        }
        return nil
    }

    private static let virtiofsd = "virtiofsd"

    /// Libvirt finds it by its description (https://www.qemu.org/docs/master/interop/vhost-user.html). Debian 12 has it in a package
    /// of QEMU's.
    private static func virtiofsd(_ root: HostRoot, _ packages: PackageDatabase) -> Component? {
        for directory in ["/usr/share/qemu/vhost-user", "/etc/qemu/vhost-user"] {
            guard let name = root.names(in: directory).first(where: { $0.contains(virtiofsd) }) else { continue }
            let version = packages.versions[virtiofsd]
            return Component(
                version: version.map(upstream),
                source: version.map { "package \(virtiofsd) \($0)" } ?? "\(directory)/\(name)")
        }
        return nil
    }

    /// `virtio-win-0.1.240.iso`, or a link to it.
    private static func virtioWin(_ root: HostRoot) -> Component? {
        for directory in ["/usr/share/virtio-win", "/var/lib/libvirt/images", "/var/lib/vz/template/iso"] {
            let files = root.names(in: directory).filter { $0.hasPrefix("virtio-win") && $0.hasSuffix(".iso") }
            guard let file = files.last else { continue }
            let path = "\(directory)/\(file)"
            let version = (root.linkName(path) ?? file).dropFirst("virtio-win".count).dropLast(".iso".count)
                .drop { !$0.isNumber }
            return Component(version: version.isEmpty ? nil : String(version), source: path)
        }
        return nil
    }
}
