import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import HostInspection

@Suite struct CPUInspectorTests {
    @Test func twoSocketsAreTwoNodes() throws {
        let cpu = try FixtureMachine(SyntheticProcessors(sockets: 2, cores: 4, threads: 2).files).cpu
        #expect(cpu.sockets == 2 && cpu.cores == 8 && cpu.threads == 16)
        #expect(
            cpu.nodes == [
                .init(id: 0, threads: [0, 1, 2, 3, 8, 9, 10, 11], memoryBytes: 4 << 30, distances: [10, 21]),
                .init(id: 1, threads: [4, 5, 6, 7, 12, 13, 14, 15], memoryBytes: 4 << 30, distances: [21, 10]),
            ])
        let siblings = cpu.threadList.filter { $0.core == 5 }
        #expect(siblings.map(\.id) == [5, 13] && siblings.allSatisfy { $0.package == 1 && $0.node == 1 })
        #expect(
            cpu.caches.filter { $0.level == 3 } == [
                .init(level: 3, kind: .unified, sizeBytes: 36 << 20, threads: [0, 1, 2, 3, 8, 9, 10, 11]),
                .init(level: 3, kind: .unified, sizeBytes: 36 << 20, threads: [4, 5, 6, 7, 12, 13, 14, 15]),
            ])
        #expect(cpu.caches.filter { $0.kind == .instruction }.map(\.sizeBytes) == Array(repeating: 32 << 10, count: 8))
        #expect(cpu.coreKinds == [])
    }

    @Test func coresOfTwoDesignsAreTwoKinds() throws {
        let processors = SyntheticProcessors(sockets: 1, cores: 6, threads: 1)
        let machine = try FixtureMachine(processors.files)
        try machine.write("/sys/devices/cpu_core/cpus", "0-1\n")
        try machine.write("/sys/devices/cpu_atom/cpus", "2-5\n")
        for id in 0..<6 {
            let path = "/sys/devices/system/cpu/cpu\(id)/cpufreq"
            try machine.write(path + "/cpuinfo_max_freq", id < 2 ? "5000000\n" : "3800000\n")
            try machine.write(path + "/cpuinfo_min_freq", "800000\n")
            try machine.write(path + "/scaling_driver", "intel_pstate\n")
            try machine.write(path + "/scaling_governor", "powersave\n")
            try machine.write(path + "/scaling_available_governors", "performance powersave\n")
        }
        try machine.write("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n")
        let cpu = machine.cpu
        #expect(
            cpu.coreKinds == [
                .init(name: "efficiency", threads: [2, 3, 4, 5], maximumFrequency: 3_800_000),
                .init(name: "performance", threads: [0, 1], maximumFrequency: 5_000_000),
            ])
        #expect(
            cpu.frequency
                == .init(
                    driver: "intel_pstate", governor: "powersave", availableGovernors: ["performance", "powersave"],
                    boost: true, minimum: 800_000, maximum: 5_000_000))
    }

    @Test func eightSocketsAreCountedWhole() throws {
        let cpu = try FixtureMachine(SyntheticProcessors(sockets: 8, cores: 32, threads: 2).files).cpu
        #expect(cpu.sockets == 8 && cpu.cores == 256 && cpu.threads == 512 && cpu.nodes.count == 8)
        #expect(cpu.threadList.map(\.id) == Array(0..<512))
        #expect(cpu.nodes.allSatisfy { $0.threads.count == 64 })
        #expect(cpu.caches.filter { $0.level == 1 }.count == 512)
    }

    @Test func inspectionsAtTheSameTimeKeepTheirRoots() async throws {
        let sizes = [1, 2, 3, 4, 5, 6]
        let machines = try sizes.map {
            try FixtureMachine(SyntheticProcessors(sockets: $0, cores: 1, threads: 1).files)
        }
        let counts = await withTaskGroup(of: (Int, Int?).self) { group in
            for (index, machine) in machines.enumerated() {
                group.addTask { (index, HardwareTopology(machine.root)?.nodes.count) }
            }
            return await group.reduce(into: [Int?](repeating: nil, count: sizes.count)) { $0[$1.0] = $1.1 }
        }
        #expect(counts == sizes)
    }

    @Test func aTreeWithoutProcessorsIsNotThisMachine() throws {
        #expect(HardwareTopology(try FixtureMachine([:]).root) == nil)
        #expect(HardwareTopology(try FixtureMachine(["/proc/cpuinfo": "processor\t: 0\n"]).root) == nil)
        #expect(HardwareTopology(HostRoot("/no/such/tree")) == nil)
    }

    @Test(arguments: [
        "/sys/devices/system/cpu/cpu0/cache", "/sys/devices/system/node", "/proc/cpuinfo", "/sys/class/dmi",
    ])
    func aLinkOutOfTheTreeKeepsHwlocFromIt(path: String) throws {
        let files = SyntheticProcessors(sockets: 1, cores: 2, threads: 1).files
        let machine = try FixtureMachine(files.filter { !$0.key.hasPrefix(path) })
        try machine.link(path, to: path)
        #expect(HardwareTopology(machine.root) == nil)
        #expect(machine.cpu.threads == 2)
    }

    @Test func theProcessorsWordsAreTaken() throws {
        let machine = try FixtureMachine([
            "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 33\n"
                + "model name\t: AMD Ryzen 9 5900X\nstepping\t: 2\nmicrocode\t: 0xa201205\nphysical id\t: 0\n"
                + "core id\t\t: 0\nflags\t\t: fpu svm npt\n\nprocessor\t: 1\nphysical id\t: 0\ncore id\t\t: 0\n\n"
                + "processor\t: 2\nphysical id\t: 0\ncore id\t\t: 4\n",
            "/sys/module/kvm_amd/parameters/nested": "1\n",
        ])
        let cpu = machine.cpu
        #expect(cpu.family == 25 && cpu.modelNumber == 33 && cpu.stepping == 2 && cpu.microcode == "0xa201205")
        #expect(cpu.virtualisation == "svm" && cpu.nestedPaging == true && cpu.nested == true)
        // Without /sys the processors' own words count them.
        #expect(cpu.sockets == 1 && cpu.cores == 2 && cpu.threads == 3)
    }

    @Test func aCopyHasNoKVMToAsk() async throws {
        #expect(await HostInspector().inspect(try FixtureMachine([:]).subject).cpu.kvm == nil)
    }

    @Test func garbageIsAbsent() throws {
        let garbage = ["", "\n", "-1", "99999999999999999999", "-9223372036854775808", "\u{0}\u{1}", ",,,-", "0x"]
        for text in garbage {
            var files = SyntheticProcessors(sockets: 1, cores: 2, threads: 1).files
            for key in files.keys { files[key] = text }
            let cpu = try FixtureMachine(files).cpu
            #expect(cpu.vendor == nil && cpu.virtualisation == nil)
        }
    }
}
