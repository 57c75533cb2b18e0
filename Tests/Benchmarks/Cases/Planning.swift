import FleetModel
import Foundation
import Placement

/// Time to plan 64 VMs on a host with two sockets and 128 threads: all new, and again when the foreground changes.
struct Planning: Benchmark {
    static let name = "placement"
    static let summary = "time to plan 64 VMs on 128 CPUs"

    private static let vms = 64
    /// Plans in a run, of which the mean counts.
    private static let repetitions = 100

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let new = Self.request
        let plan = PlacementPlan(for: new)
        guard plan.vms.allSatisfy({ $0.placement != nil }) else {
            throw BenchmarkFailure("the host is too small: \(plan.vms.flatMap(\.obstacles).map(\.reason))")
        }
        var running = new
        for index in running.vms.indices {
            running.vms[index].running = plan.vms.first { $0.id == running.vms[index].id }?.placement
        }
        running.foreground = running.vms.first { $0.pinning == .focus }?.id
        var starts: [Double] = []
        var changes: [Double] = []
        for _ in 0..<context.runs {
            starts.append(milliseconds { _ = PlacementPlan(for: new) })
            changes.append(milliseconds { _ = PlacementPlan(for: running) })
        }
        return [
            Measurement("plan, 64 VMs on 128 CPUs", starts, unit: "ms").goal("< 5 ms") { $0.value < 5 },
            Measurement(
                "plan, another foreground", changes, unit: "ms", versus: "the first plan", reference: starts),
        ]
    }

    /// Every VM has a virtual function of a network card; a few own their cores, a few follow the foreground.
    private static var request: PlacementRequest {
        var cpu = CPUDocument(isGuest: false)
        cpu.threadList = (0..<128).map {
            .init(id: $0, package: $0 % 64 / 32, die: 0, core: $0 % 64, node: $0 % 64 / 32)
        }
        let nodes = (0..<2).map { MemoryDocument.Node(id: $0, totalBytes: 512 << 30, hugePages: []) }
        return PlacementRequest(
            cpu: cpu, memory: MemoryDocument(totalBytes: 1024 << 30, hugePages: [], nodes: nodes),
            pci: (0..<vms).compactMap(networkFunction),
            vms: (0..<vms).map { number in
                VMDemand(
                    id: VMID.random(), name: "vm-\(number)", vcpus: 4,
                    memory: MemoryDemand(minimumBytes: 8 << 30, maximumBytes: 8 << 30),
                    pinning: number % 8 == 0 ? .dedicated : number % 8 == 1 ? .focus : .shared,
                    devices: [DeviceSelector(role: .nic)])
            })
    }

    private static func networkFunction(_ number: Int) -> PCIDevice? {
        let bus = String(0x10 + number / 8, radix: 16)
        guard let address = PCIAddress("0000:\(bus):00.\(number % 8)") else { return nil }
        var device = PCIDevice(
            address: address, deviceClass: PCIClass("0200"), vendor: "8086", device: "1520",
            passthrough: .init(verdict: .pass, reason: "It is alone in its group."))
        device.iommuGroup = number
        device.numaNode = number / 32
        return device
    }

    private func milliseconds(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        for _ in 0..<Self.repetitions { body() }
        return (ContinuousClock.now - start) / .milliseconds(1) / Double(Self.repetitions)
    }
}
