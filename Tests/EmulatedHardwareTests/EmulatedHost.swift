import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess

/// A machine made by QEMU, without KVM, that boots Debian's kernel and lets the agent inspect it.
struct EmulatedHost {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Two at a time, as many as the smallest machine that runs the tests has processors.
    private static let places = Places(2)
    private static let repository = #filePath.replacing("/Tests/EmulatedHardwareTests/EmulatedHost.swift", with: "")
    /// Made by tools/emulated-host.
    private static let parts = repository + "/.build/emulated"
    /// Packed once in each run of the tests: the agent is as it was just built.
    private static let initrd = Task {
        guard FileManager.default.fileExists(atPath: parts + "/system.img") else {
            throw Failure(description: "\(parts) is not there: run tools/emulated-host \(parts)")
        }
        let pack = repository + "/Tests/EmulatedHardwareTests/Guest/pack-initrd"
        let file = parts + "/initrd"
        _ = try await Subprocess.run(pack, [BuiltProgram.path("virtfleet-agent"), parts + "/base.cpio", file])
            .successful()
        return file
    }

    let scenario: Scenario
    /// What the run leaves: `console.log`, `inspection.json`, `capture.tar.gz`, `qemu.log`.
    let directory: String

    init(_ name: String) throws {
        try Isolation.require()
        scenario = try Scenario.load(name)
        directory = Self.parts + "/runs/" + name
    }

    /// Builds the machine, runs it to its end and returns what the agent said in it.
    func inspect() async throws -> JSONValue {
        let initrd = try await Self.initrd.value
        try? FileManager.default.removeItem(atPath: directory)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(scenario.steps.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: file("steps")))
        let output = try await Self.places.withPlace {
            // The limit only ends a machine that hangs.
            try await Subprocess.run("qemu-system-x86_64", arguments(initrd: initrd), timeout: .seconds(300))
        }
        try Data(output.standardError).write(to: URL(filePath: file("qemu.log")))
        let inspection = FileManager.default.contents(atPath: file("inspection.json")) ?? Data()
        guard let value = try? FleetJSON.decode(JSONValue.self, from: inspection) else {
            let console = (try? String(contentsOfFile: file("console.log"), encoding: .utf8)) ?? ""
            let end = console.split(whereSeparator: \.isNewline).suffix(15).joined(separator: "\n")
            throw Failure(
                description: """
                    the machine ended without an inspection; see \(directory)
                    QEMU exited with \(output.status): \(output.errorText)
                    the console ends:
                    \(end)
                    """)
        }
        return value
    }

    /// What the agent says, here and now, of the copy of the machine's files that tools/capture-host made in it.
    func inspectCapture() async throws -> JSONValue {
        let copy = try TemporaryDirectory()
        _ = try await Subprocess.run("tar", ["-xzf", file("capture.tar.gz"), "-C", copy.path]).successful()
        let output = try await Subprocess.run(
            BuiltProgram.path("virtfleet-agent"), ["inspect", "--root", copy.path, "--output", "json"]
        ).successful()
        return try FleetJSON.decode(JSONValue.self, from: Data(output.standardOutput))
    }

    private func file(_ name: String) -> String { directory + "/" + name }

    private func arguments(initrd: String) -> [String] {
        [
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-accel", "tcg", "-m", "640",
            "-kernel", Self.parts + "/vmlinux", "-initrd", initrd,
            "-append", "console=ttyS0 panic=-1 tsc=reliable no_timer_check random.trust_cpu=on \(scenario.kernel)",
            "-serial", "file:" + file("console.log"), "-serial", "file:" + file("inspection.json"),
            "-serial", "file:" + file("capture.tar.gz"),
            "-fw_cfg", "name=opt/virtfleet/steps,file=" + file("steps"),
            "-drive", "if=none,id=system,format=raw,snapshot=on,file=\(Self.parts)/system.img",
            "-drive", "if=none,id=empty,driver=null-co,size=64M,read-zeroes=on",
        ] + scenario.machine.flatMap { $0.split(separator: " ").map(String.init) }
    }
}

/// So many may work at once; the others wait in turn.
private actor Places {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func withPlace<Value: Sendable>(_ body: @Sendable () async throws -> Value) async rethrows -> Value {
        await take()
        defer { giveBack() }
        return try await body()
    }

    private func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func giveBack() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
