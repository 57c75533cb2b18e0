/// A machine of any size that never was, with something in every file that an inspection reads.
public struct SyntheticMachine: Sendable {
    public var sockets: Int
    /// Hardware threads, two a core.
    public var threads: Int
    /// PCI functions, in groups of one.
    public var devices: Int

    public init(sockets: Int, threads: Int, devices: Int) {
        self.sockets = sockets
        self.threads = threads
        self.devices = devices
    }

    /// Of the size of a laptop.
    public static let laptop = SyntheticMachine(sockets: 1, threads: 16, devices: 30)
    /// As large as x86 machines get.
    public static let largest = SyntheticMachine(sockets: 8, threads: 512, devices: 600)

    static let release = "6.1.0-18-amd64"

    public var tree: HostTree {
        var tree = HostTree()
        addProcessors(to: &tree)
        addMemory(to: &tree)
        addDevices(to: &tree)
        addStorage(to: &tree)
        addNetwork(to: &tree)
        addChassis(to: &tree)
        addKernel(to: &tree)
        addSoftware(to: &tree)
        return tree
    }

    private func addProcessors(to tree: inout HostTree) {
        let perSocket = max(1, threads / sockets)
        let directory = "/sys/devices/system/cpu"
        tree.write(
            "/proc/cpuinfo",
            (0..<threads).map { thread in
                "processor\t: \(thread)\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n"
                    + "model name\t: Synthetic(R) 8490H\nstepping\t: 8\nmicrocode\t: 0x2b0001b0\n"
                    + "physical id\t: \(thread / perSocket)\ncore id\t\t: \(thread % perSocket / 2)\n"
                    + "flags\t\t: fpu vme msr pae vmx ept x2apic\nvmx flags\t: ept vpid\n\n"
            }.joined())
        tree.write(directory + "/online", "0-\(threads - 1)\n")
        tree.write(directory + "/possible", "0-\(threads - 1)\n")
        tree.write(directory + "/intel_pstate/no_turbo", "0\n")
        for thread in 0..<threads {
            let cpu = "\(directory)/cpu\(thread)"
            let socket = thread / perSocket
            let siblings = thread / 2 * 2
            tree.write(cpu + "/topology/core_id", "\(thread % perSocket / 2)\n")
            tree.write(cpu + "/topology/physical_package_id", "\(socket)\n")
            tree.write(cpu + "/topology/die_id", "0\n")
            tree.write(cpu + "/topology/core_cpus_list", "\(siblings)-\(siblings + 1)\n")
            tree.write(cpu + "/topology/thread_siblings", mask(siblings...siblings + 1))
            tree.write(cpu + "/topology/core_siblings", mask(socket * perSocket...(socket + 1) * perSocket - 1))
            tree.write(cpu + "/cpufreq/cpuinfo_max_freq", "4000000\n")
            tree.write(cpu + "/cpufreq/cpuinfo_min_freq", "800000\n")
            tree.write(cpu + "/cpufreq/scaling_driver", "intel_pstate\n")
            tree.write(cpu + "/cpufreq/scaling_governor", "powersave\n")
            tree.write(cpu + "/cpufreq/scaling_available_governors", "performance powersave\n")
            tree.write(cpu + "/thermal_throttle/core_throttle_count", "3\n")
            tree.write(cpu + "/thermal_throttle/package_throttle_count", "7\n")
            for (index, (level, kind)) in [(1, "Data"), (1, "Instruction"), (2, "Unified"), (3, "Unified")].enumerated()
            {
                let shared = level == 3 ? socket * perSocket...(socket + 1) * perSocket - 1 : siblings...siblings + 1
                let cache = "\(cpu)/cache/index\(index)"
                tree.write(cache + "/level", "\(level)\n")
                tree.write(cache + "/type", "\(kind)\n")
                tree.write(cache + "/size", "\(level * level * 512)K\n")
                tree.write(cache + "/shared_cpu_map", mask(shared))
            }
        }
    }

    /// `00000000,00000003`, as bitmap files of /sys.
    private func mask(_ range: ClosedRange<Int>) -> String {
        (0...(threads - 1) / 32).reversed().map { word in
            let bits = (0..<32).reduce(UInt32(0)) { range.contains(word * 32 + $1) ? $0 | 1 << UInt32($1) : $0 }
            let text = String(bits, radix: 16)
            return String(repeating: "0", count: 8 - text.utf8.count) + text
        }.joined(separator: ",") + "\n"
    }

    private func addMemory(to tree: inout HostTree) {
        let perSocket = max(1, threads / sockets)
        tree.write("/proc/meminfo", "MemTotal: 65536000 kB\nMemAvailable: 5000 kB\nSwapTotal: 2048 kB\n")
        tree.write(
            "/proc/swaps",
            "Filename Type Size Used Priority\n/dev/nvme0n1p3 partition 8388604 0 -2\n/swap\\040file file 9 0 1\n")
        tree.write("/proc/self/limits", "Max locked memory  8388608  unlimited  bytes\n")
        tree.write("/proc/sys/vm/overcommit_memory", "0\n")
        tree.write("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n")
        tree.write("/sys/kernel/mm/transparent_hugepage/defrag", "always defer [madvise] never\n")
        tree.write("/sys/kernel/mm/ksm/run", "1\n")
        tree.write("/sys/kernel/mm/ksm/pages_sharing", "100\n")
        tree.write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64\n")
        tree.write("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "60\n")
        for node in 0..<sockets {
            let path = "/sys/devices/system/node/node\(node)"
            tree.write(path + "/cpumap", mask(node * perSocket...(node + 1) * perSocket - 1))
            tree.write(path + "/meminfo", "Node \(node) MemTotal: 8192000 kB\nNode \(node) MemFree: 9 kB\n")
            tree.write(path + "/distance", (0..<sockets).map { $0 == node ? "10" : "21" }.joined(separator: " ") + "\n")
            tree.write(path + "/hugepages/hugepages-2048kB/nr_hugepages", "8\n")
        }
        tree.write("/sys/devices/system/node/online", "0-\(sockets - 1)\n")
    }
}
