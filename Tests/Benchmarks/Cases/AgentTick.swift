import CLibvirt
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Subprocess
import Telemetry

/// CPU time of one metrics tick, from asking libvirt to the bytes of the batch, beside the one bulk call that it cannot
/// do without and beside `virsh domstats`.
struct AgentTick: Benchmark {
    static let name = "agent-tick"
    static let summary = "CPU time of an agent's metrics tick with 1 and 20 VMs"
    private static let ticks = 40

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let disks = try TemporaryDirectory()
        var measurements: [Measurement] = []
        var made = 0
        for count in [1, 20] {
            while made < count {
                try await IdleVM(index: made, directory: disks.path).boot(libvirt.uri)
                made += 1
            }
            measurements += try await measure(vms: count, libvirt.uri, disks.path, context)
        }
        await libvirt.stop()
        return measurements
    }

    private func measure(
        vms: Int, _ uri: String, _ images: String, _ context: BenchmarkContext
    ) async throws -> [Measurement] {
        let hypervisor = try LibvirtHypervisor(uri: uri, logger: Logger(label: "bench", level: .error))
        guard case .connected = await hypervisor.events.next() else { throw BenchmarkFailure("no libvirt at \(uri)") }
        let telemetry = Telemetry(imageDirectory: images)
        let bare = try BareStatistics(uri)
        var ours: [Double] = []
        var limit: [Double] = []
        var virsh: [Double] = []
        for _ in 0..<context.runs {
            limit.append(try await milliseconds { try bare.call(expecting: vms) })
            ours.append(
                try await milliseconds {
                    let batch = await telemetry.sample(hypervisor)
                    guard batch.vms.count == vms else { throw BenchmarkFailure("\(batch.vms.count) VMs in the batch") }
                    _ = try FleetJSON.encode(batch)
                })
            let before = ProcessUsage.children()
            for _ in 0..<5 {
                try await ChildProcess("/usr/bin/virsh", ["-r", "-c", uri, "domstats", "--nowait"]).wait()
            }
            virsh.append((ProcessUsage.children() - before) / 5 * 1000)
        }
        await hypervisor.close()
        let beyond = zip(ours, limit).map { $0 - $1 }
        let allowed = 3 + 0.2 * Double(vms)
        return [
            Measurement(
                "tick, \(vms) VM, CPU", ours, unit: "ms", versus: "bare virConnectGetAllDomainStats", reference: limit),
            Measurement("tick, \(vms) VM, beyond the bare call", beyond, unit: "ms")
                .goal("≤ 3 ms + 0.2 ms a VM = \(allowed) ms") { $0.value <= allowed },
            Measurement("tick, \(vms) VM, beside virsh", ours, unit: "ms", versus: "virsh domstats", reference: virsh),
        ]
    }

    /// CPU time of this process for one call, averaged over many.
    private func milliseconds(_ body: () async throws -> Void) async throws -> Double {
        try await body()
        let before = ProcessUsage.own()
        for _ in 0..<Self.ticks { try await body() }
        return (ProcessUsage.own() - before) / Double(Self.ticks) * 1000
    }
}

/// The limit: the same call with the same flags, and nothing made of its result.
final class BareStatistics {
    private let connection: virConnectPtr

    init(_ uri: String) throws {
        guard let connection = virConnectOpenReadOnly(uri) else { throw BenchmarkFailure("cannot open \(uri)") }
        self.connection = connection
    }

    deinit { virConnectClose(connection) }

    func call(expecting count: Int) throws {
        var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        let kinds =
            VIR_DOMAIN_STATS_STATE.rawValue | VIR_DOMAIN_STATS_CPU_TOTAL.rawValue | VIR_DOMAIN_STATS_BALLOON.rawValue
            | VIR_DOMAIN_STATS_VCPU.rawValue | VIR_DOMAIN_STATS_INTERFACE.rawValue | VIR_DOMAIN_STATS_BLOCK.rawValue
        let found = virConnectGetAllDomainStats(
            connection, kinds, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT.rawValue)
        guard found == count else { throw BenchmarkFailure("\(found) domains instead of \(count)") }
        virDomainStatsRecordListFree(records)
    }
}
