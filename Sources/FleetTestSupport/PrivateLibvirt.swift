import FoundationEssentials
import Glibc
import Subprocess
import Synchronization

/// A libvirtd for one test, in mount and process namespaces of its own: its files, sockets, guests and TPMs are
/// nobody else's, and all end with it. The daemon can be killed and started again; guests live on. Where root is only
/// a mapped user, who may not change to another one, it is that user's session daemon.
public final class PrivateLibvirt: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// What a `LibvirtHypervisor` connects to.
    public let uri: String
    /// Where its TPMs' state lies, as seen from outside.
    public var tpmStates: String {
        directory.file(isSystem ? "lib/libvirt/swtpm" : "config/libvirt/qemu/swtpm")
    }
    /// libvirtd's own log.
    public let logPath: String
    private let isSystem: Bool
    private let directory: TemporaryDirectory
    private let world: ChildProcess
    private let daemon = Mutex<ChildProcess?>(nil)

    /// Makes the namespaces; `start()` starts the daemon.
    public init() throws {
        try Isolation.require()
        directory = try TemporaryDirectory()
        isSystem = try Isolation.hasAllUsers()
        uri = "qemu:///\(isSystem ? "system" : "session")?socket=\(directory.path)/libvirt-sock"
        logPath = directory.file("libvirtd.log")
        try Data(Self.daemonConfiguration(directory.path).utf8).write(
            to: URL(filePath: directory.file("libvirtd.conf")))
        for name in ["run", "config/libvirt", "cache", "lib/swtpm-localca"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(name), withIntermediateDirectories: true)
        }
        let guestConfiguration = Self.logging + (isSystem ? Self.systemGuests : "")
        try Data(guestConfiguration.utf8).write(to: URL(filePath: directory.file("config/libvirt/qemu.conf")))
        world = try ChildProcess(
            "/usr/bin/unshare",
            [
                "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "--",
                "/bin/sh", "-ec", Self.worldScript, "sh", directory.path, try Self.capabilities(),
            ], output: .file(logPath))
    }

    deinit { world.signal(SIGKILL) }

    /// Starts libvirtd and returns when it listens.
    public func start() async throws {
        guard try await eventually({ FileManager.default.fileExists(atPath: directory.file("ready")) }) else {
            throw Failure(description: "the namespaces were not made: \(log)")
        }
        let command = [
            "/usr/sbin/libvirtd", "--config", directory.file("libvirtd.conf"), "--pid-file",
            directory.file("libvirtd.pid"),
        ]
        let process = try inside(isSystem ? command : ordinaryUser + command)
        daemon.withLock { $0 = process }
        let listens = try await eventually { process.exit != nil || connects(directory.file("libvirt-sock")) }
        guard listens, process.exit == nil else { throw Failure(description: "libvirtd did not start: \(log)") }
    }

    /// SIGKILL to libvirtd alone.
    public func kill() async throws {
        let process = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        try await inside(["/bin/sh", "-c", "kill -9 $(cat \(directory.file("libvirtd.pid")))"]).wait()
        await process?.wait()
    }

    /// A power cut: daemon, guests and TPMs end at once, and the host comes up again with nothing in /run.
    public func reboot() async throws {
        let process = daemon.withLock { daemon in
            defer { daemon = nil }
            return daemon
        }
        let command = """
            while pkill -KILL -x 'libvirtd|qemu-system-x86|swtpm'; do sleep 0.1; done
            find /run -mindepth 1 -delete
            """
        let ended = try inside(["/bin/sh", "-c", command])
        await ended.wait()
        await process?.wait()
        try await start()
    }

    /// Ends the daemon and all guests.
    public func stop() async { await world.kill() }

    /// Runs a program where libvirtd runs.
    @discardableResult
    public func inside(_ command: [String]) throws -> ChildProcess {
        // unshare has one child, the first process of the namespaces.
        let children = try String(contentsOfFile: "/proc/\(world.pid)/task/\(world.pid)/children", encoding: .utf8)
        guard let first = children.split(separator: " ").first else {
            throw Failure(description: "the namespaces are gone: \(log)")
        }
        return try ChildProcess(
            "/usr/bin/nsenter", ["--target", String(first), "--mount", "--pid", "--"] + command, output: .file(logPath))
    }

    private var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "no log" }

    /// Where all libvirts of a test run keep what QEMU can do. Without it each asks every QEMU of this machine anew, which
    /// costs seconds, and now and then never ends: QEMU 7.2 can wait for ever for the connection of who asks.
    public static func capabilities() throws -> String {
        guard let cache = getenv("XDG_CACHE_HOME") else { throw Failure(description: "XDG_CACHE_HOME is not set") }
        let path = String(cString: cache) + "/libvirt-capabilities"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Its shell is the first process of the namespaces and collects what is left behind there: libvirt waits for the
    /// daemons that it ends to be gone altogether.
    private static let worldScript = """
        for directory in /run /var/cache /var/log /etc/libvirt; do
            mount -t tmpfs -o mode=755 private-libvirt $directory
        done
        mount --bind "$1/lib" /var/lib
        for cache in /var/cache "$1/cache"; do
            mkdir -p $cache/libvirt/qemu/capabilities
            mount --bind "$2" $cache/libvirt/qemu/capabilities
        done
        cp "$1/config/libvirt/qemu.conf" /etc/libvirt/qemu.conf
        touch "$1/ready"
        sleep infinity &
        wait
        """

    private static func daemonConfiguration(_ directory: String) -> String {
        """
        unix_sock_dir = "\(directory)"
        unix_sock_rw_perms = "0700"
        auth_unix_rw = "none"
        auth_unix_ro = "none"
        log_filters = "3:qemu 3:util 4:*"
        log_outputs = "3:stderr"

        """
    }

    /// There is no virtlogd.
    private static let logging = "stdio_handler = \"file\"\n"

    /// Guests run as root too, and nothing outside the namespaces is asked for.
    private static let systemGuests = """
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

    /// Runs a command as somebody who is not root, with a home in the directory.
    private var ordinaryUser: [String] {
        [
            "/usr/bin/unshare", "--user", "--map-user=1000", "--map-group=1000", "--", "/usr/bin/env",
            "HOME=\(directory.path)", "XDG_RUNTIME_DIR=\(directory.file("run"))",
            "XDG_CONFIG_HOME=\(directory.file("config"))", "XDG_CACHE_HOME=\(directory.file("cache"))",
        ]
    }
}

/// Whether somebody listens on a Unix socket.
private func connects(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
    }
}
