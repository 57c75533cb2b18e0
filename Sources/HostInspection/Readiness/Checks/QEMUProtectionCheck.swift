extension Check {
    static let qemuProtection = Check(
        "selinux-and-apparmor",
        reason: "They keep a VM that has broken out of its QEMU away from the files of the host and of other VMs."
    ) { facts in
        let protection = facts.software.protection
        switch (protection.confines, protection.driver) {
        case (_, nil), (nil, _):
            return [
                .unknown(
                    "What confines QEMU cannot be seen.",
                    shownBy:
                        "It is told by /sys/fs/selinux, /sys/module/apparmor and /etc/libvirt/qemu.conf, which root can read."
                )
            ]
        case (true?, let driver?): return [.ok("libvirt confines each VM with \(driver.label).")]
        case (false?, .nothing?):
            return [.notice("Neither SELinux nor AppArmor is on; QEMU's own user is all that confines a VM.")]
        case (false?, let driver?):
            let (seen, fix) = protection.gap(driver)
            return [.warning(seen, fix: fix)]
        }
    }
}

extension QEMUProtection {
    /// Why VMs are not confined although the kernel could.
    fileprivate func gap(_ driver: Driver) -> (seen: String, fix: String) {
        if configuredDriver == "none" {
            return (
                "libvirt was told to confine no VM.",
                "Remove security_driver = \"none\" from /etc/libvirt/qemu.conf and restart libvirtd."
            )
        }
        if driver == .apparmor, profiles != true {
            return (
                "AppArmor is on, but libvirt's profiles for VMs are not installed.",
                "Install libvirt-daemon-system (Debian), which brings them."
            )
        }
        return (
            "\(driver.label) is \(mode?.rawValue ?? "not enforcing"), so it forbids nothing.",
            driver == .selinux
                ? "Set SELINUX=enforcing in /etc/selinux/config, and 'sudo setenforce 1'."
                : "Remove apparmor=0 and apparmor.mode=complain from the kernel command line."
        )
    }
}

extension QEMUProtection.Driver {
    fileprivate var label: String {
        switch self {
        case .selinux: "SELinux"
        case .apparmor: "AppArmor"
        case .nothing: "nothing"
        }
    }
}
