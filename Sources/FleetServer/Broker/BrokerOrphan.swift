import FleetRuntime
import FoundationEssentials
import Glibc

/// A broker that outlived its controller: it runs with our configuration file, and nobody watches it.
enum BrokerOrphan {
    /// Ends it, so that a new one can have the port and the data. The path of the configuration file identifies it.
    static func end(configurationPath: String, logger: Logger) async {
        for pid in find(configurationPath) {
            logger.notice("ending the broker that an earlier controller left behind, process \(pid)")
            kill(pid, SIGTERM)
            for attempt in 0..<500 where find(configurationPath).contains(pid) {
                if attempt == 400 { kill(pid, SIGKILL) }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// The processes that run mosquitto with this configuration file.
    static func find(_ configurationPath: String) -> [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.filter { pid in
            guard let arguments = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline")) else {
                return false
            }
            let words = arguments.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasSuffix("mosquitto") == true && words.dropFirst() == ["-c", configurationPath]
        }
    }
}
