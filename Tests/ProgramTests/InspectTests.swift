import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// `virtfleet-agent inspect`, as people and scripts use it: alone, without broker, controller, libvirt or
/// configuration.
@Suite struct InspectTests {
    private let tree: TemporaryDirectory

    init() throws { tree = try TemporaryDirectory() }

    private func inspect(_ arguments: String...) async throws -> Subprocess.Output {
        try await Subprocess.run(
            try BuiltProgram.path("virtfleet-agent"), ["inspect", "--root", tree.path] + arguments)
    }

    private func json(_ output: Subprocess.Output) throws -> JSONValue {
        #expect(output.errorText == "")
        return try FleetJSON.decode(JSONValue.self, from: Data(output.standardOutput))
    }

    private func write(_ path: String, _ text: String) throws {
        let file = URL(filePath: tree.path + path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    @Test func anEmptyTreeIsInspectedAndNothingElseIsOpened() async throws {
        let output = try await traced()
        #expect(output.status == 0)
        let inspection = try json(output)
        #expect(inspection["iommu"]?["status"] == .string("unknown") && inspection["pci"] == .array([]))
        #expect(try await filesOpenedElsewhere() == [])
    }

    @Test func linksOfATreeLeadNowhereElse() async throws {
        for (path, target) in [
            ("/etc", "/etc"), ("/proc/cpuinfo", "/proc/cpuinfo"), ("/boot", "../../../../../../boot"),
            ("/sys/devices", "/sys/devices"), ("/sys/bus/pci/devices/0000:00:02.0", "../../../../../../../etc"),
            ("/usr/share/misc", "/usr/share/misc"), ("/var/lib", "../../../../../../var/lib"),
            ("/run", "/run"), ("/sys/class/net", "/sys/class/net"),
        ] {
            let file = URL(filePath: tree.path + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
        }
        let output = try await traced()
        #expect(output.status == 0)
        let inspection = try json(output)
        #expect(inspection["software"]?["osName"] == nil && inspection["cpu"]?["model"] == nil)
        #expect(try await filesOpenedElsewhere() == [])
    }

    /// Runs it below strace(1), which notes every call that takes a path.
    private func traced() async throws -> Subprocess.Output {
        try await Subprocess.run(
            "strace",
            ["-f", "-qq", "-s", "4096", "-e", "trace=%file,openat2", "-o", tree.path + ".trace"]
                + [try BuiltProgram.path("virtfleet-agent"), "inspect", "--root", tree.path, "--output", "json"])
    }

    /// What the runtime reads for itself while it works.
    private static let allowed = ["/proc/self/", "/proc/thread-self/", "/sys/devices/system/cpu/possible"]

    /// Absolute paths of this machine that were looked at after the tree was opened, apart from those. Before that the
    /// loader and the libraries' constructors are at work, which know of no tree.
    private func filesOpenedElsewhere() async throws -> [String] {
        let path = tree.path + ".trace"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let trace = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let lines = trace.split(separator: "\n").map(String.init)
        let opened = try #require(lines.firstIndex { $0.contains("open") && Self.path(in: $0) == tree.path })
        #expect(lines[opened...].contains { $0.contains("openat2(") }, "the trace shows the inspection")
        return lines[opened...].filter { line in
            // openat2 resolves below the tree's descriptor; HostRootTests show that it does.
            guard !line.contains("openat2("), let path = Self.path(in: line), path.hasPrefix("/") else { return false }
            return path != tree.path && !path.hasPrefix(tree.path + "/")
                && !Self.allowed.contains { path.hasPrefix($0) }
        }
    }

    /// The first text in quotes.
    private static func path(in line: String) -> String? {
        let parts = line.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }

    @Test func aTreeThatCannotBeReadIsSaid() async throws {
        let output = try await Subprocess.run(
            try BuiltProgram.path("virtfleet-agent"), ["inspect", "--root", tree.path + "/none", "-o", "json"])
        #expect(output.status == 2 && output.text == "")
        #expect(output.errorText.hasPrefix("virtfleet-agent: cannot inspect '\(tree.path)/none': "))
    }

    @Test func thisMachineIsInspectedWithoutRootsRights() async throws {
        let output = try await inspectAsNobody("--output", "json")
        #expect(output.status == 0)
        let inspection = try json(output)
        #expect(inspection["version"] == .integer(1) && inspection["cpu"]?["threads"] != nil)
        let limitations = try #require(inspection["limitations"])
        #expect(
            limitations.elements.contains { $0["needs"]?.stringValue?.hasPrefix("run as root") == true },
            "what root would see is named: \(limitations)")
        let table = try await inspectAsNobody()
        #expect(table.status == 0 && table.text.contains("Processor:") && table.text.contains("NOT SEEN"))
    }

    /// This machine, with a copy of the program: the checkout may lie where only its owner can go.
    private func inspectAsNobody(_ arguments: String...) async throws -> Subprocess.Output {
        let copy = tree.file("virtfleet-agent")
        if !FileManager.default.fileExists(atPath: copy) {
            try FileManager.default.copyItem(atPath: try BuiltProgram.path("virtfleet-agent"), toPath: copy)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tree.path)
        }
        let command = try Isolation.nobodysCommand([copy, "inspect"] + arguments)
        return try await Subprocess.run(command[0], Array(command.dropFirst()))
    }

    @Test func aProfileFitsOrNotAndTheExitStatusTells() async throws {
        try write("/proc/meminfo", "MemTotal: 4194304 kB\n")
        try write("/profiles/huge.yaml", "memoryMiB: 999999\n")
        let huge = try await inspect("--for", tree.path + "/profiles/huge.yaml", "-o", "json")
        #expect(huge.status == 1)
        let fit = try #require(try json(huge)["readiness"]?["profiles"]?.elements.first)
        #expect(fit["profile"] == .string("huge") && fit["answer"] == .string("does-not-fit"))
        #expect(fit["nearestFix"]?.stringValue?.isEmpty == false)
        let unknown = try await inspect("--for", "nobodys")
        #expect(unknown.status == 2 && unknown.errorText.contains("there is no profile 'nobodys' in /etc/virtfleet"))
        let missing = try await inspect("--for", "./nobodys.yaml")
        #expect(missing.status == 2 && missing.errorText.contains("./nobodys.yaml: cannot be opened"))
    }
}

extension JSONValue {
    fileprivate var elements: [JSONValue] { if case .array(let items) = self { items } else { [] } }
}
