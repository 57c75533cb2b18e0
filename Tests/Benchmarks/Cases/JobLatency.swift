import FleetModel
import FleetTestSupport
import Foundation
import Subprocess

/// From pressing return to knowing that it is done: `virtfleet vm start --wait` (command, job, agent, libvirt, durable
/// record, committed status) beside `virsh start` on the same libvirt, in turns; the same for cutting the power. Each
/// command finds its host idle.
struct JobLatency: Benchmark {
    static let name = "job-latency"
    static let summary = "CLI command to VM action to committed status"
    private static let iterations = 20
    /// Before each command. With virsh in between, ours are a second apart: a host gets no more job sets than that.
    private static let pause: Duration = .milliseconds(500)

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let directory = try TemporaryDirectory()
        let uri = libvirt.uri
        for index in 0...1 { try await IdleVM(index: index, directory: directory.path).define(uri) }
        let controller = try await ControllerProcess(context)
        let agent = try await AgentProcess(
            try await controller.register(1)[0], of: controller, libvirt: libvirt, context)
        guard try await eventually({ try await controller.client.vms().count == 2 }) else {
            throw BenchmarkFailure("the controller does not learn of the VMs")
        }
        let environment = ["VIRTFLEET_CONTROLLER": controller.address, "HOME": directory.path, "PATH": "/usr/bin:/bin"]
        func virtfleet(_ arguments: [String]) async throws -> Double {
            try await milliseconds(
                context.binaries + "/virtfleet", ["vm"] + arguments + ["--wait"], environment)
        }
        func virsh(_ arguments: [String]) async throws -> Double {
            try await milliseconds("/usr/bin/virsh", ["-c", uri] + arguments, nil)
        }
        var start = Latencies(action: "vm start", direct: "virsh start")
        var stop = Latencies(action: "vm stop --force", direct: "virsh destroy")
        for run in 1...context.runs {
            start.begin()
            stop.begin()
            for _ in 0..<Self.iterations {
                start.add(try await virtfleet(["start", IdleVM.name(0)]), try await virsh(["start", IdleVM.name(1)]))
                stop.add(
                    try await virtfleet(["stop", IdleVM.name(0), "--force"]),
                    try await virsh(["destroy", IdleVM.name(1)]))
            }
            context.say("run \(run) of \(context.runs)")
        }
        await agent.stop()
        await controller.stop()
        await libvirt.stop()
        return start.measurements + stop.measurements
    }

    /// Wall time of a program that must succeed.
    private func milliseconds(
        _ program: String, _ arguments: [String], _ environment: [String: String]?
    ) async throws -> Double {
        let clock = ContinuousClock()
        try await clock.sleep(for: Self.pause)
        let start = clock.now
        _ = try await Subprocess.run(program, arguments, environment: environment).successful()
        return (clock.now - start) / .milliseconds(1)
    }
}

/// Milliseconds of one action, ours and direct, run by run.
private struct Latencies {
    let action: String
    let direct: String
    private var ours: [[Double]] = []
    private var theirs: [[Double]] = []

    init(action: String, direct: String) {
        self.action = action
        self.direct = direct
    }

    mutating func begin() {
        ours.append([])
        theirs.append([])
    }

    mutating func add(_ our: Double, _ their: Double) {
        ours[ours.count - 1].append(our)
        theirs[theirs.count - 1].append(their)
    }

    var measurements: [Measurement] {
        [("p50", 0.5), ("p99", 0.99)].map { name, fraction in
            Measurement(
                "\(action) --wait, \(name)", ours.map { $0.percentile(fraction) }, unit: "ms", versus: direct,
                reference: theirs.map { $0.percentile(fraction) })
        }
    }
}
