/// How the machine's system is kept from being changed in place: a package or a file below /usr is then not simply
/// added.
public enum Immutability: String, Codable, Sendable, CaseIterable {
    case ostree
    case nixos
    /// `/` is mounted read-only, as openSUSE MicroOS and its kin have it.
    case readOnlyRoot = "read-only-root"
    /// Only /usr is.
    case readOnlyUsr = "read-only-usr"

    init?(_ root: HostRoot, commandLine: KernelCommandLine?, mounts: MountTable) {
        func isReadOnly(_ point: String) -> Bool { mounts.mount(at: point)?.options.contains("ro") == true }
        if root.exists("/run/ostree-booted") || commandLine?.has("ostree") == true {
            self = .ostree
        } else if root.exists("/etc/NIXOS") {
            self = .nixos
        } else if isReadOnly("/") {
            self = .readOnlyRoot
        } else if isReadOnly("/usr") {
            self = .readOnlyUsr
        } else {
            return nil
        }
    }
}
