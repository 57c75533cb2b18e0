import FleetModel
import FleetTestSupport
import FoundationEssentials
import Glibc
import HostInspection
import Hypervisor
import Testing

@testable import Telemetry

@Suite struct TelemetryTests {
    private let laptop = #filePath.replacing("TelemetryTests.swift", with: "Fixtures/laptop")
    private let id = VMID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!
    private let time = ManualTimeSource()

    @Test func aLaptopWithARunningVMGivesThisBatch() async throws {
        let batch = try await sample(root: laptop, values: Self.running)
        var host = batch.host
        // What this machine's own disk says cannot be golden.
        for name in ["size", "avail"] {
            let value = host.removeValue(forKey: "virtfleet_host_filesystem_\(name)_bytes{path=\"/\"}")
            #expect((value ?? 0) > 0)
        }
        let text = (host.sorted { $0.key < $1.key } + (batch.vms[id] ?? [:]).sorted { $0.key < $1.key })
            .map { "\($0.key) \($0.value)\n" }.joined()
        #expect(try GoldenFile("laptop.txt").difference(from: text) == nil)
    }

    @Test func everySeriesIsInTheCatalogueAndTheCatalogueHasNoOther() async throws {
        let image = try TemporaryDirectory()
        try Data(count: 8192).write(to: URL(filePath: image.file("disk")))
        var values = Self.running
        values["block.0.path"] = .text(image.file("disk"))
        let vm = try await sample(root: "/", values: values).vms[id] ?? [:]
        let host = try await sample(root: laptop, values: values).host
        for (samples, scope) in [(host, MetricDescription.Scope.host), (vm, .vm)] {
            let described = samples.keys.compactMap(MetricCatalogue.description(ofSeries:))
            #expect(described.count == samples.count)
            #expect(Set(described) == Set(MetricCatalogue.all.filter { $0.scope == scope }))
        }
        #expect(vm["virtfleet_vm_block_used_bytes{device=\"sda\"}"] == 8192)
    }

    @Test func whatIsAbsentIsMissing() async throws {
        let empty = try TemporaryDirectory()
        let batch = try await sample(root: empty.path, values: ["state.state": .integer(5)])
        #expect(
            Set(batch.host.keys) == [
                "virtfleet_host_hypervisor_up", "virtfleet_host_filesystem_size_bytes{path=\"/\"}",
                "virtfleet_host_filesystem_avail_bytes{path=\"/\"}",
            ])
        #expect(batch.vms[id] == ["virtfleet_vm_state": 5])
    }

    @Test func brokenFilesAreMissingToo() async throws {
        let root = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: root.file("proc/self"), withIntermediateDirectories: true)
        for file in ["stat", "loadavg", "uptime", "meminfo", "self/stat"] {
            try Data("cpu : btime\nMemTotal:\n\u{0}\n(".utf8).write(to: URL(filePath: root.file("proc/\(file)")))
        }
        let batch = try await sample(root: root.path, values: [:])
        #expect(batch.host.keys.allSatisfy { $0.hasPrefix("virtfleet_host_filesystem") || $0.hasSuffix("_up") })
        #expect(batch.vms[id] == [:])
    }

    @Test func aGuestThatStoppedReportingHasNoMemory() async throws {
        var values = Self.running
        values["balloon.last-update"] = .unsigned(1_790_000_000 - 61)
        let vm = try await sample(root: laptop, values: values).vms[id] ?? [:]
        #expect(vm["virtfleet_vm_guest_memory_updated_time_seconds"] == 1_789_999_939)
        #expect(!vm.keys.contains { $0.hasPrefix("virtfleet_vm_guest_memory_u") && !$0.contains("updated") })
        #expect(vm["virtfleet_vm_memory_current_bytes"] != nil)

        values["balloon.last-update"] = .unsigned(0)
        let silent = try await sample(root: laptop, values: values).vms[id] ?? [:]
        #expect(!silent.keys.contains { $0.contains("guest_memory") })
    }

    @Test func withoutAHypervisorTheHostRemains() async throws {
        let hypervisor = try InMemoryHypervisor(directory: TemporaryDirectory().path)
        hypervisor.disconnect()
        let batch = await Telemetry(root: laptop, imageDirectory: "/", time: time).sample(hypervisor)
        #expect(batch.vms == [:])
        #expect(batch.host["virtfleet_host_hypervisor_up"] == 0)
        #expect(batch.host["virtfleet_host_load1"] == 1.25)
    }

    @Test func aSparseFileUsesItsBlocks() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("sparse")
        try Data(count: 4096).write(to: URL(filePath: path))
        #expect(truncate(path, 1 << 30) == 0)
        let files = HostRoot()
        #expect(files.usedBytes(of: path) == 4096)
        #expect(files.usedBytes(of: directory.file("missing")) == nil)
        #expect(files.usedBytes(of: directory.path) == nil)
    }

    private func sample(root: String, values: [String: DomainStatistics.Value]) async throws -> MetricsBatch {
        let directory = try TemporaryDirectory()
        let hypervisor = try InMemoryHypervisor(directory: directory.path)
        _ = try await hypervisor.define(
            "<domain><name>vm</name><uuid>\(id)</uuid><memory>1</memory><vcpu>1</vcpu></domain>")
        hypervisor.setStatistics(values, of: id)
        return await Telemetry(root: root, imageDirectory: "/", time: time).sample(hypervisor)
    }

    /// What libvirt 9.0 reports of a running VM.
    private static let running: [String: DomainStatistics.Value] = [
        "state.state": .integer(1), "state.reason": .integer(1), "cpu.time": .unsigned(123_456_000_000),
        "cpu.user": .unsigned(100_000_000_000), "cpu.system": .unsigned(20_000_000_000),
        "balloon.current": .unsigned(4_194_304), "balloon.maximum": .unsigned(8_388_608),
        "balloon.rss": .unsigned(4_300_000), "balloon.available": .unsigned(4_000_000),
        "balloon.unused": .unsigned(1_000_000), "balloon.usable": .unsigned(2_000_000),
        "balloon.last-update": .unsigned(1_789_999_990),
        "vcpu.current": .unsigned(2), "vcpu.maximum": .unsigned(3), "vcpu.0.time": .unsigned(60_000_000_000),
        "vcpu.0.wait": .unsigned(1_000_000_000), "vcpu.0.delay": .unsigned(500_000_000),
        "vcpu.2.time": .unsigned(50_000_000_000), "vcpu.2.halted": .flag(false),
        "net.count": .unsigned(1), "net.0.name": .text("vnet0"), "net.0.rx.bytes": .unsigned(1000),
        "net.0.rx.pkts": .unsigned(10), "net.0.rx.errs": .unsigned(0), "net.0.rx.drop": .unsigned(1),
        "net.0.tx.bytes": .unsigned(2000), "net.0.tx.pkts": .unsigned(20), "net.0.tx.errs": .unsigned(0),
        "net.0.tx.drop": .unsigned(2),
        "block.count": .unsigned(2), "block.0.name": .text("sda"), "block.0.path": .text("/nowhere/system.qcow2"),
        "block.0.rd.reqs": .unsigned(100), "block.0.rd.bytes": .unsigned(4_096_000),
        "block.0.rd.times": .unsigned(2_500_000_000), "block.0.wr.reqs": .unsigned(50),
        "block.0.wr.bytes": .unsigned(2_048_000), "block.0.wr.times": .unsigned(1_500_000_000),
        "block.0.fl.reqs": .unsigned(5), "block.0.fl.times": .unsigned(250_000_000),
        "block.0.allocation": .unsigned(10_000_000), "block.0.capacity": .unsigned(64_000_000_000),
        "block.0.physical": .unsigned(9_000_000), "block.1.name": .text("sdb \"odd\""),
        "block.1.capacity": .unsigned(0),
    ]
}
