import FoundationEssentials
import Glibc
import Subprocess

/// A systemd of a test's own: the first process of namespaces in which it may write to /usr, /etc, /var and /run
/// without this machine seeing any of it, with a network of its own. It starts nothing by itself; the kernel's settings
/// are read-only to it. Everything it runs ends with it.
public final class PrivateSystemd: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let directory: TemporaryDirectory
    private let world: ChildProcess
    private let group: String

    /// Returns when systemd takes commands.
    public init() async throws {
        try Isolation.require()
        try Isolation.requireRoot(for: "a systemd of a test's own")
        directory = try TemporaryDirectory()
        group = "\(try Self.groupsRoot())/virtfleet-\(URL(filePath: directory.path).lastPathComponent)"
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        world = try ChildProcess(
            "/bin/sh", ["-ec", Self.outerScript, "sh", group, directory.path, Self.innerScript],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "container": "virtfleet-test"],
            output: .file(directory.file("log")))
        let answers = try await eventually {
            if let exit = world.exit { throw Failure(description: "systemd \(exit): \(log)") }
            return (try? await run("systemctl", "is-active", "--quiet", "tests.target").status) == 0
        }
        guard answers else { throw Failure(description: "systemd did not start: \(log)") }
    }

    /// Ends everything inside and removes what is left of it.
    public func stop() async {
        await world.kill()
        _ = try? await eventually {
            // The kernel empties the groups a moment after the last process has ended.
            for path in subgroups().reversed() { rmdir(path) }
            return rmdir(group) == 0 || errno == ENOENT
        }
    }

    deinit { world.signal(SIGKILL) }

    /// Runs a program where systemd runs, as its root.
    public func run(_ arguments: String...) async throws -> Subprocess.Output {
        // unshare has one child, the first process of the namespaces.
        let children = try String(contentsOfFile: "/proc/\(world.pid)/task/\(world.pid)/children", encoding: .utf8)
        guard let first = children.split(separator: " ").first else {
            throw Failure(description: "the namespaces are gone: \(log)")
        }
        return try await Subprocess.run(
            "nsenter", ["--target", String(first), "--mount", "--net", "--pid", "--cgroup", "--"] + arguments,
            timeout: .seconds(300))
    }

    /// Writes a file that only the inside sees.
    public func write(_ text: String, to path: String) async throws {
        let script = "mkdir -p \"$(dirname \"$2\")\"; printf %s \"$1\" > \"$2\""
        _ = try await run("sh", "-ec", script, "sh", text, path).successful()
    }

    /// What systemd and all services have said.
    public var log: String { (try? String(contentsOfFile: directory.file("log"), encoding: .utf8)) ?? "no log" }

    private func subgroups() -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: group)) ?? []
        return names.map { "\(group)/\($0)" }.sorted()
    }

    /// Where control groups version 2 are mounted: alone, or beside those of version 1.
    private static func groupsRoot() throws -> String {
        let mounts = try Isolation.mountInfo()
        let line = mounts.split(separator: "\n").map { $0.split(separator: " ") }.last { $0.contains("cgroup2") }
        guard let line, line.count > 4 else { throw Failure(description: "there are no control groups version 2") }
        return String(line[4])
    }

    private static let outerScript = """
        echo $$ > "$1/cgroup.procs"
        exec unshare --mount --net --pid --cgroup --fork --kill-child --mount-proc --propagation private -- \\
            /bin/sh -ec "$3" sh "$2"
        """

    private static let innerScript = """
        ip link set lo up
        mkdir "$1/layers"
        mount -t tmpfs -o mode=755 private-systemd "$1/layers"
        for name in usr etc; do
            mkdir "$1/layers/$name" "$1/layers/$name.work"
            mount -t overlay -o lowerdir=/$name,upperdir="$1/layers/$name",workdir="$1/layers/$name.work" \\
                private-systemd /$name
        done
        for name in run var/lib var/cache var/log; do
            mount -t tmpfs -o mode=755 private-systemd /$name
        done
        # Of /sys only what a unit may ask to write to.
        mount --bind /sys/devices /sys/devices
        mount -o remount,bind,ro /sys
        mount --bind -o ro /proc/sys /proc/sys
        mount -o remount,bind,ro /proc/sys
        mount -t cgroup2 private-systemd /sys/fs/cgroup
        # Nothing of this machine's is started, by whatever name.
        rm -rf /usr/lib/systemd/system/*.wants /usr/lib/systemd/system-generators /etc/systemd/system
        mkdir -p /etc/systemd/system/service.d
        printf '[Unit]\\nDefaultDependencies=no\\n' > /etc/systemd/system/tests.target
        printf '[Service]\\nStandardOutput=append:%s/log\\nStandardError=append:%s/log\\n' "$1" "$1" \\
            > /etc/systemd/system/service.d/log.conf
        exec /usr/lib/systemd/systemd --system --unit=tests.target --show-status=no
        """
}
