import FleetModel
import FleetTestSupport
import Foundation
import Subprocess

/// Snapshots, reverts and deletions as an operator asks for them, beside what virsh and qemu-img take for the same on the same
/// libvirt, in turns. "On the host" is from the agent's first step to its last, journal included; the rest of `--wait` is
/// what `job-latency` measures.
struct Snapshots: Benchmark {
    static let name = "snapshots"
    static let summary = "snapshot create, revert and delete beside virsh and qemu-img"
    private static let iterations = 4

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let site = try await ClonedSite(below: "/tmp", context)
        for (name, start) in [("office", []), ("still", ["--no-start"])] {
            try await site.job(["vm", "clone", "blank:1", name, "--profile", "idle", "--host", "host-0"] + start)
        }
        try await site.virsh("start", ClonedSite.byHand)
        try await site.bootGuest("guest")
        var figures = Figures()
        for run in 1...context.runs {
            figures.begin()
            for iteration in 0..<Self.iterations {
                try await measure("\(run)-\(iteration)", site, &figures)
            }
            context.say("run \(run) of \(context.runs)")
        }
        await site.close()
        return figures.measurements
    }

    private func measure(_ label: String, _ site: ClonedSite, _ figures: inout Figures) async throws {
        let create = try await site.job("snapshot", "create", "office", "s-\(label)")
        figures.add("snapshot create, on the host", create.onHost, try await site.snapshotByHand(label))
        figures.add("snapshot create, the guest is paused", try await site.pause(of: "office"))
        try await site.untilSnapshots(["s-\(label)"])
        let delete = try await site.job("snapshot", "delete", "office", "s-\(label)", "--yes")
        figures.add("snapshot delete, on the host", delete.onHost, try await site.commitByHand())

        try await site.job("snapshot", "create", "still", "r-\(label)")
        try await site.untilSnapshots(["r-\(label)"], of: "still")
        let revert = try await site.job("snapshot", "revert", "still", "r-\(label)", "--yes")
        figures.add(
            "snapshot revert, VM off, on the host", revert.onHost, try await site.overlayByHand("revert-\(label)"))
        try await site.job("snapshot", "delete", "still", "r-\(label)", "--yes")
        try await site.untilSnapshots([])
        try await site.untilSnapshots([], of: "still")

        try await site.job("snapshot", "create", "guest", "g-\(label)")
        figures.add("snapshot create, one with agent and TPM is paused", try await site.pause(of: "guest"))
        try await site.untilSnapshots(["g-\(label)"], of: "guest")
        try await site.job("snapshot", "delete", "guest", "g-\(label)", "--yes")
        try await site.untilSnapshots([], of: "guest")
    }
}

/// Milliseconds by figure, run by run.
private struct Figures {
    private static let order = [
        ("snapshot create, on the host", "virsh snapshot-create-as --disk-only"),
        ("snapshot create, the guest is paused", nil),
        ("snapshot create, one with agent and TPM is paused", nil),
        ("snapshot delete, on the host", "virsh blockcommit --active --pivot"),
        ("snapshot revert, VM off, on the host", "qemu-img create; virsh define"),
    ]
    private var runs: [[String: (ours: [Double], theirs: [Double])]] = []

    mutating func begin() { runs.append([:]) }

    mutating func add(_ name: String, _ our: Double, _ their: Double? = nil) {
        runs[runs.count - 1][name, default: ([], [])].ours.append(our)
        if let their { runs[runs.count - 1][name]?.theirs.append(their) }
    }

    var measurements: [Measurement] {
        Self.order.map { name, direct in
            let ours = runs.map { $0[name]?.ours.median ?? .nan }
            let theirs = direct == nil ? [] : runs.map { $0[name]?.theirs.median ?? .nan }
            let figure = Measurement(name, ours, unit: "ms", versus: direct, reference: theirs)
            return switch name {
            case Self.order[1].0, Self.order[2].0: figure.goal("< 1 s") { $0.value < 1000 }
            default: figure
            }
        }
    }
}

extension ClonedSite {
    /// How long the VM was paused last, in milliseconds.
    fileprivate func pause(of name: String) async throws -> Double {
        let events = try await controller.client.events(host: "host-0", type: .vmLifecycle, limit: 40).map { event in
            (event.time, try FleetJSON.decode(VMEvent.self, from: event.body))
        }.filter { $0.1.name == name }.map { ($0.0, $0.1.event) }
        guard let end = events.first(where: { $0.1 == "resumed" })?.0,
            let begin = events.first(where: { $0.1 == "suspended" && $0.0 <= end })?.0
        else { throw BenchmarkFailure("the VM was not paused") }
        return end.timeIntervalSince(begin) * 1000
    }

    fileprivate func untilSnapshots(_ names: [String], of name: String = "office") async throws {
        let known = try await eventually {
            try await controller.client.vms().first { $0.vm.name == name }?.vm.snapshots?.map(\.name.description)
                == names
        }
        guard known else { throw BenchmarkFailure("the controller does not learn of the snapshots \(names)") }
    }

    fileprivate func snapshotByHand(_ label: String) async throws -> Double {
        try await milliseconds {
            try await virsh(
                "snapshot-create-as", Self.byHand, "--disk-only", "--atomic", "--no-metadata", "--diskspec",
                "sda,file=\(file("hand-\(label).qcow2"))")
        }
    }

    fileprivate func commitByHand() async throws -> Double {
        try await milliseconds { try await virsh("blockcommit", Self.byHand, "sda", "--active", "--pivot") }
    }
}
