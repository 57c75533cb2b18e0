import HostInspection
import Hypervisor

/// One room of what libvirt's statistics say of a VM. A new one is a file here and a line in `all`.
struct VMCollector: Sendable {
    /// One domain's statistics at one moment.
    struct Input {
        let statistics: DomainStatistics
        let files: HostRoot
        /// Unix time.
        let now: Double

        /// A number by libvirt's name; nil when libvirt does not report it.
        func number(_ name: String) -> Double? {
            switch statistics.values[name] {
            case .integer(let value): Double(value)
            case .unsigned(let value): Double(value)
            case .number(let value): value
            case .text, .flag, nil: nil
            }
        }

        func text(_ name: String) -> String? {
            if case .text(let text)? = statistics.values[name] { text } else { nil }
        }

        func seconds(nanoseconds name: String) -> Double? { number(name).map { $0 / 1e9 } }
        func bytes(kibibytes name: String) -> Double? { number(name).map { $0 * 1024 } }
        func count(_ name: String) -> Int { number(name).map { Int($0) } ?? 0 }
    }

    let name: String
    let collect: @Sendable (Input, inout Samples) -> Void

    static let all: [VMCollector] = [.cpu, .memory, .block, .network]
}
