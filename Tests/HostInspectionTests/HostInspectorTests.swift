import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import HostInspection

@Suite struct HostInspectorTests {
    private let laptop = [
        "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: 13th Gen Intel(R) Core(TM) i7\n"
            + "flags\t\t: fpu vme vmx ept\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: other\n",
        "/proc/meminfo":
            "MemTotal:       65536000 kB\nMemFree:        1 kB\nSwapTotal:       2048 kB\nHugePages_Total:   4\n",
        "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "4\n",
        "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "16\n",
        "/sys/devices/system/cpu/cpu0/topology/core_id": "0\n",
        "/sys/devices/system/cpu/cpu0/topology/physical_package_id": "0\n",
        "/sys/devices/system/cpu/cpu1/topology/core_id": "0\n",
        "/sys/devices/system/cpu/cpu1/topology/physical_package_id": "0\n",
        "/sys/devices/system/cpu/cpu10/topology/core_id": "8\n",
        "/sys/devices/system/cpu/cpu10/topology/physical_package_id": "0\n",
        "/sys/devices/system/cpu/cpu11/online": "0\n",
        "/sys/devices/system/cpu/cpufreq/boost": "1\n",
        "/etc/os-release": "# comment\nPRETTY_NAME=\"Debian \\\"12\\\"\"\nID=debian\nVERSION_ID='12'\nBROKEN\n",
        "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
        "/proc/sys/kernel/hostname": "bench-07\n",
        "/proc/self/mountinfo": "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
            + "23 22 8:2 / /var/lib/virtfleet-agent rw,relatime shared:5 - btrfs /dev/sda2 rw\n"
            + "24 22 8:3 / /var/lib/virtfleet-agent\\040old rw - xfs /dev/sda3 rw\nshort line\n",
        "/var/lib/virtfleet-agent/images/.keep": "",
    ]

    @Test func processorsAreCountedByCore() throws {
        let machine = try FixtureMachine(laptop)
        let cpu = machine.cpu
        #expect(cpu.vendor == "GenuineIntel" && cpu.model == "13th Gen Intel(R) Core(TM) i7")
        #expect(cpu.sockets == 1 && cpu.cores == 2 && cpu.threads == 3)
        #expect(cpu.virtualisation == "vmx" && cpu.nestedPaging == true && !cpu.isGuest && cpu.kvm == nil)
    }

    @Test func memoryIsInBytes() throws {
        let machine = try FixtureMachine(laptop)
        let memory = MemoryInspector().inspect(machine.subject)
        #expect(memory.totalBytes == 65_536_000 << 10 && memory.swapBytes == 2048 << 10)
        #expect(
            memory.hugePages == [.init(sizeBytes: 2 << 20, count: 4), .init(sizeBytes: 1 << 30, count: 16)])
    }

    @Test func theImagesDirectoryIsOnItsNearestMount() throws {
        let machine = try FixtureMachine(laptop)
        let storage = machine.storage()
        #expect(storage.images.fileSystem == "btrfs" && storage.images.mountPoint == "/var/lib/virtfleet-agent")
        #expect((storage.images.capacityBytes ?? 0) > 0)
        #expect(storage.pools.map(\.name) == ["a", "b"])
    }

    @Test func anEmptyMachineIsNotAnError() async throws {
        let machine = try FixtureMachine([:])
        let documents = try await HostInspector().inspect(machine.subject).documents()
        #expect(Set(documents.map(\.part)) == Set(InventoryPart.allCases).subtracting([.templates]))
        let cpu = machine.cpu
        #expect(cpu == CPUDocument(isGuest: false))
    }

    @Test func theDigestChangesWithTheFactsAndOnlyWithThem() async throws {
        let machine = try FixtureMachine(laptop)
        let inspector = HostInspector()
        let first = try await inspector.inspect(machine.subject).documents()
        #expect(try await inspector.inspect(machine.subject).documents() == first)
        try machine.write(
            "/proc/meminfo", "MemTotal:       65536000 kB\nMemFree:        9999 kB\nSwapTotal:       2048 kB\n")
        #expect(try await inspector.inspect(machine.subject).documents() == first, "free memory is a metric")
        try machine.write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n")
        let changed = try await inspector.inspect(machine.subject).documents()
        #expect(zip(first, changed).filter { $0 != $1 }.map(\.1.part) == [.memory])
        #expect(zip(first, changed).filter { $0.digest != $1.digest }.map(\.1.part) == [.memory])
    }
}
