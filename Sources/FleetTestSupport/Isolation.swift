import FoundationEssentials
import Glibc

/// The proof that a test runs where this machine's own daemons are out of reach (tools/isolated).
public enum Isolation {
    public struct Missing: Error, CustomStringConvertible {
        let reason: String
        public var description: String { "\(reason); run the tests through tools/isolated" }
    }

    /// Every launcher of a real daemon calls this first.
    public static func require() throws {
        guard let flag = getenv("VIRTFLEET_ISOLATED"), String(cString: flag) == "1" else {
            throw Missing(reason: "VIRTFLEET_ISOLATED is not set")
        }
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        // "... <mount point> <options> ... - <type> <source> <options>" (proc(5)); the last mount on /run is the seen one.
        let run = mounts.split(separator: "\n").map { $0.split(separator: " ") }.last {
            $0.count > 4 && $0[4] == "/run"
        }
        guard let run, run.contains("virtfleet-run") else {
            throw Missing(reason: "/run is this machine's own, where its libvirtd and mosquitto have their sockets")
        }
        let interfaces = try String(contentsOfFile: "/proc/net/dev", encoding: .utf8)
            .split(separator: "\n").filter { $0.contains(":") }
        guard interfaces.allSatisfy({ $0.drop { $0 == " " }.hasPrefix("lo:") }) else {
            throw Missing(reason: "there is a network beside loopback")
        }
        guard access("/dev/kvm", F_OK) != 0 else { throw Missing(reason: "/dev/kvm is in reach") }
    }
}
