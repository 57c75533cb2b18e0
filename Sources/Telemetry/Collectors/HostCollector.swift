import HostInspection

/// One room of host facts. A new one is a file here and a line in `all`.
struct HostCollector: Sendable {
    struct Input {
        let files: HostRoot
        /// Where the agent's images lie.
        let imageDirectory: String
    }

    let name: String
    let collect: @Sendable (Input, inout Samples) -> Void

    static let all: [HostCollector] = [.cpu, .load, .memory, .filesystem, .uptime, .network, .agent]
}
