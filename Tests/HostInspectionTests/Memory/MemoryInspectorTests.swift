import Testing

@testable import HostInspection

@Suite struct MemoryInspectorTests {
    private let files = [
        "/proc/meminfo":
            "MemTotal:       65536000 kB\nMemFree:        10 kB\nMemAvailable:   1024 kB\nSwapTotal: 8 kB\n",
        "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "512\n",
        "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "12\n",
        "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:       32768 kB\nNode 0 MemFree:       16 kB\n",
        "/sys/devices/system/node/node10/meminfo": "Node 10 MemTotal:       65536 kB\n",
        "/sys/devices/system/node/node2/hugepages/hugepages-1048576kB/nr_hugepages": "4\n",
        "/sys/devices/system/node/node2/hugepages/hugepages-1048576kB/free_hugepages": "1\n",
        "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
        "/sys/kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise [madvise] never\n",
        "/sys/kernel/mm/ksm/run": "1\n", "/sys/kernel/mm/ksm/pages_sharing": "777\n",
        "/proc/swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
            + "/dev/zram0                              partition\t8388604\t\t0\t\t100\n"
            + "/swap\\040file                          file\t\t1024\t\t0\t\t-2\n",
        "/proc/self/limits": "Limit                     Soft Limit           Hard Limit           Units     \n"
            + "Max locked memory         8388608              unlimited            bytes     \n",
        "/proc/sys/vm/overcommit_memory": "2\n",
    ]

    @Test func whatTheMachineIsComesWithoutWhatItDoes() throws {
        let memory = try FixtureMachine(files).memory()
        #expect(memory.totalBytes == 65_536_000 << 10 && memory.availableBytes == nil)
        #expect(memory.hugePages == [.init(sizeBytes: 2 << 20, count: 512)])
        #expect(
            memory.nodes == [
                .init(id: 0, totalBytes: 32 << 20, hugePages: []),
                .init(id: 2, totalBytes: nil, hugePages: [.init(sizeBytes: 1 << 30, count: 4)]),
                .init(id: 10, totalBytes: 64 << 20, hugePages: []),
            ])
        #expect(memory.transparentHugePages == .init(enabled: "madvise", defrag: "madvise"))
        #expect(memory.pageMerging == .init(isRunning: true))
        #expect(
            memory.swaps == [
                .init(path: "/dev/zram0", kind: .zram, sizeBytes: 8_388_604 << 10),
                .init(path: "/swap file", kind: .file, sizeBytes: 1 << 20),
            ])
        #expect(memory.lockLimit == .init(softBytes: 8 << 20, hardBytes: nil))
        #expect(memory.overcommit == "never")
    }

    @Test func momentaryFactsComeWhenAskedFor() throws {
        let memory = try FixtureMachine(files).memory(momentary: true)
        #expect(memory.availableBytes == 1 << 20 && memory.hugePages.first?.free == 12)
        #expect(memory.nodes.first?.freeBytes == 16 << 10 && memory.nodes.dropFirst().first?.hugePages.first?.free == 1)
        #expect(memory.pageMerging?.sharingPages == 777)
    }

    @Test(arguments: [
        "", "\n\n", "[", "[]", "-1", "Max locked memory", "Max locked memory x y", "18446744073709551615 kB", "a b c d",
    ])
    func garbageIsAbsent(text: String) throws {
        let memory = try FixtureMachine(files.mapValues { _ in text }).memory(momentary: true)
        #expect(memory.totalBytes == nil && memory.swaps == [] && memory.lockLimit == nil && memory.overcommit == nil)
        #expect(memory.transparentHugePages == nil)
    }
}
