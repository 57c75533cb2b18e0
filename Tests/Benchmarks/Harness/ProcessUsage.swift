import Foundation
import Glibc

/// What the kernel says a process has used.
enum ProcessUsage {
    /// CPU seconds, user and system, of a living process and its threads (proc(5), stat fields 14 and 15).
    static func cpuSeconds(_ pid: pid_t) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Sums of /proc/PID/smaps_rollup, bytes.
    static func memory(_ pid: pid_t) -> (pss: Double, privateDirty: Double) {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)) ?? ""
        func value(_ key: String) -> Double {
            for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
                return (Double(line.split(separator: " ")[1]) ?? 0) * 1024
            }
            return .nan
        }
        return (value("Pss"), value("Private_Dirty"))
    }

    /// The most that was ever resident, bytes (VmHWM of /proc/PID/status, proc(5)).
    static func peakMemory(_ pid: pid_t) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropLast().last).flatMap { Double($0) }.map { $0 * 1024 } ?? .nan
    }

    /// CPU seconds of this process.
    static func own() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// CPU seconds of the calling thread.
    static func ownThread() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// CPU seconds of all children that have ended.
    static func children() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// A process that this one has started, by its name; any thread may have started it.
    static func child(of pid: pid_t, named name: String) -> pid_t? {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        let children = threads.flatMap { thread in
            ((try? String(contentsOfFile: "/proc/\(pid)/task/\(thread)/children", encoding: .utf8)) ?? "")
                .split(separator: " ").compactMap { pid_t($0) }
        }
        return children.first { child in
            (try? String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8)) == name + "\n"
        }
    }
}
