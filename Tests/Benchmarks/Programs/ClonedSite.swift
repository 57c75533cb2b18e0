import FleetModel
import FleetTestSupport
import Foundation
import Subprocess

/// The programs with a template `blank:1`, a profile `idle` and one host, and the same image and a VM by hand on its libvirt.
struct ClonedSite {
    let libvirt: PrivateLibvirt
    let controller: ControllerProcess
    private let agent: AgentProcess
    private let directory: TemporaryDirectory
    private let context: BenchmarkContext

    static let byHand = IdleVM.name(0)
    private var image: String { directory.file("blank.qcow2") }

    /// - Parameters:
    ///   - parent: on the file system that images and VMs shall lie on.
    ///   - dataMiB: how much of the image's 20 GiB holds data.
    init(below parent: String, dataMiB: Int = 0, _ context: BenchmarkContext) async throws {
        self.context = context
        libvirt = try PrivateLibvirt()
        try await libvirt.start()
        directory = try TemporaryDirectory(below: parent)
        controller = try await ControllerProcess(context)
        agent = try await AgentProcess(
            try await controller.register(1)[0], of: controller, libvirt: libvirt, below: parent, context)
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "20G"]).successful()
        if dataMiB > 0 {
            let writes = (0..<dataMiB / 256).map { "write -P 1 \($0 * 1024)M 256M" }
            _ = try await Subprocess.run("qemu-io", writes.flatMap { ["-c", $0] } + [image]).successful()
        }
        try "memoryMiB: 256\nvcpus: 1\nfreeDiskMiB: 64\ntpm: false\n".write(
            toFile: directory.file("idle.yaml"), atomically: true, encoding: .utf8)
        try await virtfleet(["template", "import", image, "--name", "blank", "--version", "1"])
        try await virtfleet(["profile", "apply", directory.file("idle.yaml")])
        try await IdleVM(index: 0, directory: directory.path).define(libvirt.uri)
    }

    /// A clone of the guest that boots, with a TPM, when its agent answers.
    func bootGuest(_ name: String) async throws {
        try "memoryMiB: 256\nvcpus: 1\nfreeDiskMiB: 64\n".write(
            toFile: directory.file("tiny.yaml"), atomically: true, encoding: .utf8)
        try await virtfleet(["template", "import", GuestImage.path, "--name", "tiny", "--version", "1"])
        try await virtfleet(["profile", "apply", directory.file("tiny.yaml")])
        try await job("vm", "clone", "tiny:1", name, "--profile", "tiny", "--host", "host-0")
        let guest = GuestShell(uri: libvirt.uri, name: name)
        let answers = try await eventually(within: .seconds(300)) { (try? await guest.output("true")) != nil }
        guard answers else { throw BenchmarkFailure("the guest \(name) does not answer") }
    }

    func close() async {
        await agent.stop()
        await controller.stop()
        await libvirt.stop()
    }

    struct Job {
        /// From the agent's first step to its last, in milliseconds.
        let onHost: Double
    }

    @discardableResult
    func job(_ arguments: String...) async throws -> Job { try await job(arguments) }

    /// Runs a command to its job's end.
    @discardableResult
    func job(_ arguments: [String]) async throws -> Job {
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

    /// An overlay on the image and a domain with it, in milliseconds.
    func overlayByHand(_ label: String) async throws -> Double {
        try await byHand(label) { disk in
            _ = try await Subprocess.run(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, disk]
            ).successful()
        }
    }

    /// A reflink of the image and a domain with it, in milliseconds.
    func reflinkByHand(_ label: String) async throws -> Double {
        try await byHand(label) { disk in
            _ = try await Subprocess.run("cp", ["--reflink=always", image, disk]).successful()
        }
    }

    private func byHand(_ label: String, _ makeDisk: (String) async throws -> Void) async throws -> Double {
        let disk = directory.file("\(label).qcow2")
        let definition = try define(label, on: disk)
        let time = try await milliseconds {
            try await makeDisk(disk)
            try await virsh("define", definition)
        }
        try await virsh("undefine", label)
        try FileManager.default.removeItem(atPath: disk)
        return time
    }

    /// The file with the definition of a VM like the one by hand.
    private func define(_ label: String, on disk: String) throws -> String {
        let definition = directory.file("\(label).xml")
        let like = try String(contentsOfFile: directory.file("0.xml"), encoding: .utf8)
        try like.replacing(directory.file("0.qcow2"), with: disk).replacing("idle-0", with: label).write(
            toFile: definition, atomically: true, encoding: .utf8)
        return definition
    }

    /// What virt-clone takes to make a VM like one on the image itself, in milliseconds. It copies: libvirt 9.0 refuses its
    /// `--reflink` for qcow2.
    func virtClone(_ label: String) async throws -> Double {
        let original = "original-\(label)"
        try await virsh("define", try define(original, on: image))
        let disk = directory.file("\(label).qcow2")
        let time = try await milliseconds {
            _ = try await Subprocess.run(
                "virt-clone",
                ["--connect", libvirt.uri, "--original", original, "--name", label, "--file", disk],
                environment: ["HOME": directory.path, "PATH": "/usr/bin:/bin"], timeout: .seconds(300)
            ).successful()
        }
        try await virsh("undefine", label)
        try await virsh("undefine", original)
        try FileManager.default.removeItem(atPath: disk)
        return time
    }

    func milliseconds(_ body: () async throws -> Void) async throws -> Double {
        try await ContinuousClock().measure(body) / .milliseconds(1)
    }

    func virsh(_ arguments: String...) async throws {
        _ = try await Subprocess.run("virsh", ["-q", "-c", libvirt.uri] + arguments).successful()
    }

    /// The file of a layer that is made by hand.
    func file(_ name: String) -> String { directory.file(name) }

    private func virtfleet(_ arguments: [String]) async throws {
        let environment = ["VIRTFLEET_CONTROLLER": controller.address, "HOME": directory.path, "PATH": "/usr/bin:/bin"]
        _ = try await Subprocess.run(
            context.binaries + "/virtfleet", arguments, environment: environment, timeout: .seconds(300)
        ).successful()
    }
}
