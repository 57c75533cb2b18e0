import FoundationEssentials
import Glibc

/// The directory of a `qemu:///embed?root=DIRECTORY` hypervisor: the QEMU driver runs inside this process and keeps
/// everything below it. Two processes never share a root; a process has one in its life, and while it has, no other
/// connection to QEMU (`qemu:///system` is refused then).
public struct EmbeddedRoot: Equatable, Sendable {
    /// Longer ones leave no room for the paths of sockets below (sun_path is 108 bytes).
    public static let pathLimit = 28

    public let path: String
    public var uri: String { "qemu:///embed?root=\(path)" }
    /// Where swtpm keeps what the TPMs of all domains hold.
    var tpmStates: String { path + "/lib/swtpm" }

    /// - Returns: nil when the URI is not that of an embedded driver.
    /// - Throws: `invalidDefinition` when the root is missing, relative or too long.
    public init?(uri: String) throws(HypervisorError) {
        guard EmbeddedDriver.isMeant(by: uri) else { return nil }
        let parameters = uri.split(separator: "?").dropFirst().joined().split(separator: "&")
        guard let root = parameters.first(where: { $0.hasPrefix("root=") }) else {
            throw Self.invalid(uri, "it needs a root directory: qemu:///embed?root=/path")
        }
        try self.init(path: String(root.dropFirst("root=".count)))
    }

    public init(path: String) throws(HypervisorError) {
        guard path.hasPrefix("/"), path.utf8.count <= Self.pathLimit else {
            throw Self.invalid(path, "an embedded root is an absolute path of at most \(Self.pathLimit) bytes")
        }
        self.path = path
    }

    /// Makes the directory with its configuration and points this process's home there: libvirt and the programs it
    /// starts (swtpm) would use the user's. Call it before other threads read the environment.
    func prepare() throws(HypervisorError) {
        do {
            for directory in ["etc", "home"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(directory)", withIntermediateDirectories: true)
            }
            try Data(configuration.utf8).write(to: URL(filePath: "\(path)/etc/qemu.conf"), options: .atomic)
        } catch {
            throw HypervisorError(
                .failed, operation: "prepare the embedded root", object: path, message: "\(error)")
        }
        for (variable, directory) in [
            ("HOME", ""), ("XDG_CONFIG_HOME", "/.config"), ("XDG_CACHE_HOME", "/.cache"),
            ("XDG_DATA_HOME", "/.local/share"), ("XDG_STATE_HOME", "/.local/state"), ("XDG_RUNTIME_DIR", "/run"),
        ] {
            setenv(variable, "\(path)/home\(directory)", 1)
        }
    }

    /// There is no virtlogd. As root, guests run as root too: the directory is its own. They get no mount namespace and
    /// no control group that nobody would take down. A normal user cannot choose users, and has none of these.
    private var configuration: String {
        let logging = "stdio_handler = \"file\"\n"
        guard geteuid() == 0 else { return logging }
        return logging + """
            user = "root"
            group = "root"
            dynamic_ownership = 0
            remember_owner = 0
            swtpm_user = "root"
            swtpm_group = "root"
            security_driver = "none"
            namespaces = [ ]
            cgroup_controllers = [ ]

            """
    }

    private static func invalid(_ object: String, _ message: String) -> HypervisorError {
        HypervisorError(.invalidDefinition, operation: "open", object: object, message: message)
    }
}
