extension QEMUProtection {
    init(_ root: HostRoot, limitations: inout [Inspection.Limitation]) {
        (driver, mode) = Self.kernel(root)
        let path = "/etc/libvirt/qemu.conf"
        let configuration = root.text(path)
        if configuration == nil, root.exists(path) {
            limitations.append(.init(fact: "libvirt's choice of protection, in \(path)", needs: "run as root"))
        }
        configuredDriver = Self.securityDriver(configuration ?? "")
        if driver == .apparmor {
            profiles = root.exists("/etc/apparmor.d/libvirt/TEMPLATE.qemu")
        }
        switch driver {
        case nil: confines = nil
        case .nothing: confines = false
        case .apparmor: confines = mode != .disabled && configuredDriver != "none" && profiles == true
        case .selinux: confines = mode == .enforcing && configuredDriver != "none"
        }
    }

    private static func kernel(_ root: HostRoot) -> (Driver?, Mode?) {
        if let enforces = root.integer("/sys/fs/selinux/enforce") {
            return (.selinux, enforces == 1 ? .enforcing : .permissive)
        }
        if let enabled = root.text("/sys/module/apparmor/parameters/enabled") {
            let isEnforced = root.text("/sys/module/apparmor/parameters/mode") != "complain"
            return (enabled == "Y") ? (.apparmor, isEnforced ? .enforcing : .permissive) : (.nothing, nil)
        }
        // Without the kernel's word, what it is configured to become.
        if let text = root.text("/etc/selinux/config"), let mode = ShellAssignments(text).values["SELINUX"] {
            return (.selinux, Mode(rawValue: mode.lowercased()))
        }
        if root.exists("/etc/apparmor.d/abstractions/libvirt-qemu") { return (.apparmor, nil) }
        // The kernel's own list of what it runs: `capability,landlock,yama`.
        if let modules = root.text("/sys/kernel/security/lsm")?.split(separator: ","),
            !modules.contains("selinux"), !modules.contains("apparmor")
        {
            return (.nothing, nil)
        }
        return (nil, nil)
    }

    /// `security_driver = "none"` or `[ "selinux", "apparmor" ]`, of which the first counts.
    private static func securityDriver(_ text: String) -> String? {
        for line in text.split(separator: "\n") {
            let line = line.drop(while: \.isWhitespace)
            guard line.hasPrefix("security_driver") else { continue }
            let words = line.split(separator: "\"", omittingEmptySubsequences: false)
            if words.count > 2, words[0].contains("=") { return String(words[1]) }
        }
        return nil
    }
}
