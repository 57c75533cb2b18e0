/// What a VM gets of its host: the parts of its domain XML that depend on the machine.
public struct VMPlacement: Codable, Equatable, Sendable {
    public var processors: Processors
    public var memory: Memory
    /// By address.
    public var devices: [Device]
    /// In the order of its demand.
    public var mediatedDevices: [MediatedDevice]

    public init(
        processors: Processors, memory: Memory, devices: [Device] = [], mediatedDevices: [MediatedDevice] = []
    ) {
        self.processors = processors
        self.memory = memory
        self.devices = devices
        self.mediatedDevices = mediatedDevices
    }

    /// An older agent's placement has no mediated devices.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            processors: try values.decode(Processors.self, forKey: .processors),
            memory: try values.decode(Memory.self, forKey: .memory),
            devices: try values.decode([Device].self, forKey: .devices),
            mediatedDevices: try values.decodeIfPresent([MediatedDevice].self, forKey: .mediatedDevices) ?? [])
    }

    public struct Processors: Codable, Equatable, Sendable {
        public var topology: GuestTopology
        /// Nobody else is on the cores of its vCPUs, each of which has one thread. Else they float.
        public var ownsCores: Bool
        /// Of each vCPU, in the guest's order.
        public var vcpus: [CPUSet]
        public var emulator: CPUSet
        /// Of each I/O thread.
        public var ioThreads: [CPUSet]
        /// cgroup v2's cpu.weight, 1 to 10,000.
        public var weight: Int

        public init(
            topology: GuestTopology, ownsCores: Bool, vcpus: [CPUSet], emulator: CPUSet, ioThreads: [CPUSet] = [],
            weight: Int
        ) {
            self.topology = topology
            self.ownsCores = ownsCores
            self.vcpus = vcpus
            self.emulator = emulator
            self.ioThreads = ioThreads
            self.weight = weight
        }
    }

    /// As the guest sees its processors: the product is the number of its vCPUs.
    public struct GuestTopology: Codable, Equatable, Sendable {
        public var sockets: Int
        /// In each socket.
        public var dies: Int
        /// In each die.
        public var cores: Int
        /// In each core.
        public var threads: Int

        public init(sockets: Int = 1, dies: Int = 1, cores: Int, threads: Int = 1) {
            self.sockets = sockets
            self.dies = dies
            self.cores = cores
            self.threads = threads
        }

        /// What is not said is 1.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            func number(_ key: CodingKeys) throws -> Int { try values.decodeIfPresent(Int.self, forKey: key) ?? 1 }
            self.init(
                sockets: try number(.sockets), dies: try number(.dies), cores: try number(.cores),
                threads: try number(.threads))
        }

        /// Saturates.
        public var vcpus: Int {
            [sockets, dies, cores, threads].reduce(1) { product, factor in
                let (result, overflows) = product.multipliedReportingOverflow(by: factor)
                return overflows ? .max : result
            }
        }
    }

    public struct Memory: Codable, Equatable, Sendable {
        public var bytes: UInt64
        /// Absent: ordinary pages.
        public var hugePages: HugePages?
        /// Absent: wherever the kernel finds it.
        public var binding: NodeBinding?

        public init(bytes: UInt64, hugePages: HugePages? = nil, binding: NodeBinding? = nil) {
            self.bytes = bytes
            self.hugePages = hugePages
            self.binding = binding
        }
    }

    public struct HugePages: Codable, Equatable, Sendable {
        public var sizeBytes: UInt64
        /// The nodes that it has pages of.
        public var nodes: [NodePages]

        public init(sizeBytes: UInt64, nodes: [NodePages]) {
            self.sizeBytes = sizeBytes
            self.nodes = nodes
        }
    }

    public struct NodePages: Codable, Equatable, Sendable {
        public var node: Int
        public var count: UInt64

        public init(node: Int, count: UInt64) {
            self.node = node
            self.count = count
        }
    }

    /// libvirt's `numatune`.
    public struct NodeBinding: Codable, Equatable, Sendable {
        public enum Mode: String, Codable, Sendable, CaseIterable { case strict, preferred }

        public var mode: Mode
        public var nodes: [Int]

        public init(mode: Mode, nodes: [Int]) {
            self.mode = mode
            self.nodes = nodes
        }
    }

    public struct Device: Codable, Equatable, Sendable {
        public var address: PCIAddress
        /// What goes along with it.
        public var companions: [PCIAddress]
        /// As a network card with this address.
        public var mac: MACAddress?

        public init(address: PCIAddress, companions: [PCIAddress] = [], mac: MACAddress? = nil) {
            self.address = address
            self.companions = companions
            self.mac = mac
        }

        public var functions: [PCIAddress] { [address] + companions }
    }

    /// A share of a device that the host keeps (Documentation/driver-api/vfio-mediated-device.rst).
    public struct MediatedDevice: Codable, Equatable, Sendable {
        /// Of the device that it is a share of.
        public var parent: PCIAddress
        public var type: MediatedTypeID
        /// Absent in a plan: who carries it out names it.
        public var id: MediatedDeviceID?

        public init(parent: PCIAddress, type: MediatedTypeID, id: MediatedDeviceID? = nil) {
            self.parent = parent
            self.type = type
            self.id = id
        }
    }
}
