/// The files of /sys and /proc of a machine with one NUMA node a socket.
struct SyntheticProcessors {
    var sockets: Int
    /// Of each socket.
    var cores: Int
    /// Of each core. The second threads of all cores come after the first ones, as firmware counts on x86.
    var threads: Int
    var flags = "fpu vmx ept"
    private var count: Int { sockets * cores * threads }

    init(sockets: Int, cores: Int, threads: Int) {
        self.sockets = sockets
        self.cores = cores
        self.threads = threads
    }

    func id(socket: Int, core: Int, thread: Int) -> Int { (thread * sockets + socket) * cores + core }

    var files: [String: String] {
        var files = [
            "/proc/cpuinfo": (0..<count).map {
                "processor\t: \($0)\nvendor_id\t: GenuineIntel\nmodel name\t: Synthetic\nflags\t\t: \(flags)\n"
            }.joined(separator: "\n"),
            "/sys/devices/system/cpu/online": "0-\(count - 1)\n",
            "/sys/devices/system/node/online": "0-\(sockets - 1)\n",
        ]
        for socket in 0..<sockets {
            let node = "/sys/devices/system/node/node\(socket)"
            let all = (0..<threads).flatMap { thread in
                (0..<cores).map { id(socket: socket, core: $0, thread: thread) }
            }
            files[node + "/cpumap"] = mask(all)
            files[node + "/distance"] = (0..<sockets).map { $0 == socket ? "10" : "21" }.joined(separator: " ")
            files[node + "/meminfo"] = "Node \(socket) MemTotal:       4194304 kB\nNode \(socket) MemFree: 1024 kB\n"
            for core in 0..<cores {
                let own = (0..<threads).map { id(socket: socket, core: core, thread: $0) }
                for cpu in own { add(cpu, core: core, socket: socket, own: own, all: all, to: &files) }
            }
        }
        return files
    }

    private func add(
        _ cpu: Int, core: Int, socket: Int, own: [Int], all: [Int], to files: inout [String: String]
    ) {
        let path = "/sys/devices/system/cpu/cpu\(cpu)"
        for (name, text) in [
            ("core_id", "\(core)"), ("physical_package_id", "\(socket)"), ("core_cpus", mask(own)),
            ("thread_siblings", mask(own)), ("package_cpus", mask(all)), ("core_siblings", mask(all)),
        ] { files["\(path)/topology/\(name)"] = text + "\n" }
        for (index, cache) in [
            ("1", "Data", "48K", own), ("1", "Instruction", "32K", own), ("3", "Unified", "36864K", all),
        ]
        .enumerated() {
            let directory = "\(path)/cache/index\(index)"
            files[directory + "/level"] = cache.0 + "\n"
            files[directory + "/type"] = cache.1 + "\n"
            files[directory + "/size"] = cache.2 + "\n"
            files[directory + "/shared_cpu_map"] = mask(cache.3) + "\n"
        }
    }

    /// Words of 32 bits in hexadecimal, the highest first.
    func mask(_ numbers: [Int]) -> String {
        var words = [UInt32](repeating: 0, count: (count + 31) / 32)
        for number in numbers { words[number / 32] |= 1 << UInt32(number % 32) }
        return words.reversed().map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined(separator: ",")
    }
}
