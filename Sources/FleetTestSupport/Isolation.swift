import FleetRuntime
import FoundationEssentials
import Glibc

/// The proof that a test runs where this machine's own daemons are out of reach (tools/isolated).
public enum Isolation {
    public struct Missing: Error, CustomStringConvertible {
        let reason: String
        public var description: String { "\(reason); run the tests through tools/isolated" }
    }

    public struct NotRoot: Error, CustomStringConvertible {
        let what: String
        public var description: String { "\(what) needs root, and this is only mapped to it; run the tests as root" }
    }

    /// For what a root that is only mapped (user_namespaces(7)) cannot do, such as starting services as other users.
    public static func requireRoot(for what: String) throws {
        guard try hasAllUsers() else { throw NotRoot(what: what) }
    }

    /// Whether root here may become any user (user_namespaces(7)).
    static func hasAllUsers() throws -> Bool {
        let map = try String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8)
        return map.split { $0 == " " || $0 == "\n" } == ["0", "0", "4294967295"]
    }

    /// A command line that runs another one as a user who owns nothing (setpriv(1)). A root that is only mapped can become
    /// nobody else, and has no rights outside of its namespace anyway: its user goes into one more, without root.
    public static func nobodysCommand(_ command: [String]) throws -> [String] {
        let change =
            try hasAllUsers()
            ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            : ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
        return change + ["--"] + command
    }

    /// proc_pid_mountinfo(5). Foundation takes the first short read for the end of a file, which /proc gives every 4 KiB.
    static func mountInfo() throws -> String {
        String(decoding: try DurableFile.bytes(of: "/proc/self/mountinfo"), as: UTF8.self)
    }

    /// Interfaces that may be here: loopback, bridges and cables of tests, and what libvirt gives their guests.
    private static let ownInterfaces = ["lo:", "vf-", "vnet", "macvtap"]

    /// Every launcher of a real daemon calls this first.
    public static func require() throws {
        guard let flag = getenv("VIRTFLEET_ISOLATED"), String(cString: flag) == "1" else {
            throw Missing(reason: "VIRTFLEET_ISOLATED is not set")
        }
        let mounts = try mountInfo()
        // "... <mount point> <options> ... - <type> <source> <options>" (proc(5)); the last mount on /run is the seen one.
        let run = mounts.split(separator: "\n").map { $0.split(separator: " ") }.last {
            $0.count > 4 && $0[4] == "/run"
        }
        guard let run, run.contains("virtfleet-run") else {
            throw Missing(reason: "/run is this machine's own, where its libvirtd and mosquitto have their sockets")
        }
        let interfaces = try String(contentsOfFile: "/proc/net/dev", encoding: .utf8)
            .split(separator: "\n").filter { $0.contains(":") }
        let isOwn = { (line: Substring) in
            ownInterfaces.contains(where: line.drop { $0 == " " }.hasPrefix)
        }
        guard interfaces.allSatisfy(isOwn) else {
            throw Missing(reason: "there is a network beside loopback")
        }
        guard access("/dev/kvm", F_OK) != 0 else { throw Missing(reason: "/dev/kvm is in reach") }
    }
}
