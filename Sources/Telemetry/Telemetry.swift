import FleetModel
import FleetRuntime
import FoundationEssentials
import HostInspection
import Hypervisor

/// Measures the host and its VMs. On a thread of its own: a file system that does not answer holds up nothing else.
public actor Telemetry {
    private let executor = ThreadExecutor(name: "telemetry")
    nonisolated public var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let files: HostRoot
    private let imageDirectory: String
    private let time: any TimeSource

    /// - Parameters:
    ///   - root: what all paths lie below; another than `/` in tests.
    ///   - imageDirectory: where the agent's images lie; the room there is measured.
    public init(root: String = "/", imageDirectory: String, time: any TimeSource = SystemTimeSource()) {
        files = HostRoot(root)
        self.imageDirectory = imageDirectory
        self.time = time
    }

    /// One batch. Without a hypervisor it has the host alone, and `virtfleet_host_hypervisor_up` is 0.
    public func sample(_ hypervisor: any Hypervisor) async -> MetricsBatch {
        let statistics: [DomainStatistics]?
        do throws(HypervisorError) {
            statistics = try await hypervisor.statistics()
        } catch {
            // The connection's own log and events say why.
            statistics = nil
        }
        let now = time.now()
        var vms: [VMID: [String: Double]] = [:]
        for domain in statistics ?? [] {
            let input = VMCollector.Input(statistics: domain, files: files, now: now.timeIntervalSince1970)
            var samples = Samples()
            for collector in VMCollector.all { collector.collect(input, &samples) }
            vms[domain.id] = samples.values
        }
        return MetricsBatch(time: now, host: host(hypervisorUp: statistics != nil), vms: vms)
    }

    private func host(hypervisorUp: Bool) -> [String: Double] {
        var samples = Samples()
        samples.add(.hypervisorUp, hypervisorUp ? 1 : 0)
        let input = HostCollector.Input(files: files, imageDirectory: imageDirectory)
        for collector in HostCollector.all { collector.collect(input, &samples) }
        return samples.values
    }
}
