import FleetModel
import FleetTestSupport
import Foundation
import Subprocess

/// Clones, snapshots, reverts and deletions as an operator asks for them, beside what virsh and qemu-img take for the same on
/// the same libvirt, in turns. "On the host" is from the agent's first step to its last, journal included; the rest of
/// `--wait` is what `job-latency` measures.
struct Snapshots: Benchmark {
    static let name = "snapshots"
    static let summary = "clone, snapshot create, revert and delete beside virsh and qemu-img"
    private static let iterations = 4

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let directory = try TemporaryDirectory()
        let controller = try await ControllerProcess(context)
        let agent = try await AgentProcess(
            try await controller.register(1)[0], of: controller, libvirt: libvirt.uri, context)
        let site = Site(libvirt: libvirt, directory: directory, controller: controller, context: context)
        try await site.prepare()
        var figures = Figures()
        for run in 1...context.runs {
            figures.begin()
            for iteration in 0..<Self.iterations {
                try await measure("\(run)-\(iteration)", site, &figures)
            }
            context.say("run \(run) of \(context.runs)")
        }
        await agent.stop()
        await controller.stop()
        await libvirt.stop()
        return figures.measurements
    }

    private func measure(_ label: String, _ site: Site, _ figures: inout Figures) async throws {
        let clone = try await site.job(
            "vm", "clone", "blank:1", "c-\(label)", "--profile", "idle", "--host", "host-0", "--no-start")
        figures.add("clone to defined VM, on the host", clone.onHost, try await site.makeByHand("clone-\(label)"))
        try await site.job("vm", "delete", "c-\(label)", "--yes")

        let create = try await site.job("snapshot", "create", "office", "s-\(label)")
        figures.add("snapshot create, on the host", create.onHost, try await site.snapshotByHand(label))
        figures.add("snapshot create, the guest is paused", try await site.pause())
        try await site.untilSnapshots(["s-\(label)"])
        let delete = try await site.job("snapshot", "delete", "office", "s-\(label)", "--yes")
        figures.add("snapshot delete, on the host", delete.onHost, try await site.commitByHand())

        try await site.job("snapshot", "create", "still", "r-\(label)")
        try await site.untilSnapshots(["r-\(label)"], of: "still")
        let revert = try await site.job("snapshot", "revert", "still", "r-\(label)", "--yes")
        figures.add("snapshot revert, VM off, on the host", revert.onHost, try await site.makeByHand("revert-\(label)"))
        try await site.job("snapshot", "delete", "still", "r-\(label)", "--yes")
        try await site.untilSnapshots([])
        try await site.untilSnapshots([], of: "still")
    }
}

/// Milliseconds by figure, run by run.
private struct Figures {
    private static let order = [
        ("clone to defined VM, on the host", "qemu-img create; virsh define"),
        ("snapshot create, on the host", "virsh snapshot-create-as --disk-only"),
        ("snapshot create, the guest is paused", nil),
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
            case Self.order[0].0: figure.goal("≤ 1.2×") { $0.ratio ?? .infinity <= 1.2 }
            case Self.order[2].0: figure.goal("< 1 s") { $0.value < 1000 }
            default: figure
            }
        }
    }
}

/// The programs, a VM `office` that runs, one `still` that does not, and one by hand.
private struct Site {
    let libvirt: PrivateLibvirt
    let directory: TemporaryDirectory
    let controller: ControllerProcess
    let context: BenchmarkContext

    private static let byHand = IdleVM.name(0)
    private var image: String { directory.file("blank.qcow2") }

    func prepare() async throws {
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "20G"]).successful()
        try "memoryMiB: 256\nvcpus: 1\nfreeDiskMiB: 64\ntpm: false\n".write(
            toFile: directory.file("idle.yaml"), atomically: true, encoding: .utf8)
        try await virtfleet("template", "import", image, "--name", "blank", "--version", "1")
        try await virtfleet("profile", "apply", directory.file("idle.yaml"))
        for (name, start) in [("office", []), ("still", ["--no-start"])] {
            try await virtfleet(
                ["vm", "clone", "blank:1", name, "--profile", "idle", "--host", "host-0", "--wait"] + start)
        }
        try await IdleVM(index: 0, directory: directory.path).define(libvirt.uri)
        try await virsh("start", Self.byHand)
    }

    struct Job {
        /// From the agent's first step to its last, in milliseconds.
        let onHost: Double
    }

    /// Runs a command to its job's end.
    @discardableResult
    func job(_ arguments: String...) async throws -> Job {
        // A host gets one job set a second at most.
        try await Task.sleep(for: .seconds(1))
        try await virtfleet(arguments + ["--wait"])
        let newest = try await controller.client.jobs(limit: 1)[0].id
        let reports = try await controller.client.events(host: "host-0", type: .jobStatus, limit: 40).compactMap {
            event in
            (event.time, try FleetJSON.decode(JobReport.self, from: event.body))
        }.filter { $0.1.job == newest }
        guard let begin = reports.filter({ $0.1.state == .applying }).map(\.0).min(),
            let end = reports.first(where: { $0.1.state == .succeeded })?.0
        else { throw BenchmarkFailure("the reports of job \(newest) have not come") }
        return Job(onHost: end.timeIntervalSince(begin) * 1000)
    }

    /// How long the VM was paused last, in milliseconds.
    func pause() async throws -> Double {
        let events = try await controller.client.events(host: "host-0", type: .vmLifecycle, limit: 20).map { event in
            (event.time, try FleetJSON.decode(VMEvent.self, from: event.body).event)
        }
        guard let end = events.first(where: { $0.1 == "resumed" })?.0,
            let begin = events.first(where: { $0.1 == "suspended" && $0.0 <= end })?.0
        else { throw BenchmarkFailure("the VM was not paused") }
        return end.timeIntervalSince(begin) * 1000
    }

    func untilSnapshots(_ names: [String], of name: String = "office") async throws {
        let known = try await eventually {
            try await controller.client.vms().first { $0.vm.name == name }?.vm.snapshots?.map(\.name.description)
                == names
        }
        guard known else { throw BenchmarkFailure("the controller does not learn of the snapshots \(names)") }
    }

    /// An overlay on the image and a domain with it, in milliseconds.
    func makeByHand(_ label: String) async throws -> Double {
        let overlay = directory.file("\(label).qcow2")
        let definition = directory.file("\(label).xml")
        let like = try String(contentsOfFile: directory.file("0.xml"), encoding: .utf8)
        try like.replacing(directory.file("0.qcow2"), with: overlay).replacing("idle-0", with: label).write(
            toFile: definition, atomically: true, encoding: .utf8)
        let time = try await milliseconds {
            _ = try await Subprocess.run(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, overlay]
            ).successful()
            try await virsh("define", definition)
        }
        try await virsh("undefine", label)
        return time
    }

    func snapshotByHand(_ label: String) async throws -> Double {
        try await milliseconds {
            try await virsh(
                "snapshot-create-as", Self.byHand, "--disk-only", "--atomic", "--no-metadata", "--diskspec",
                "sda,file=\(directory.file("hand-\(label).qcow2"))")
        }
    }

    func commitByHand() async throws -> Double {
        try await milliseconds { try await virsh("blockcommit", Self.byHand, "sda", "--active", "--pivot") }
    }

    private func milliseconds(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start) / .milliseconds(1)
    }

    private func virtfleet(_ arguments: String...) async throws { try await virtfleet(arguments) }

    private func virtfleet(_ arguments: [String]) async throws {
        let environment = ["VIRTFLEET_CONTROLLER": controller.address, "HOME": directory.path, "PATH": "/usr/bin:/bin"]
        _ = try await Subprocess.run(context.binaries + "/virtfleet", arguments, environment: environment).successful()
    }

    private func virsh(_ arguments: String...) async throws {
        _ = try await Subprocess.run("virsh", ["-q", "-c", libvirt.uri] + arguments).successful()
    }
}
