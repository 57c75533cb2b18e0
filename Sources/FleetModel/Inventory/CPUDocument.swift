/// `inventory/cpu`.
public struct CPUDocument: Codable, Equatable, Sendable {
    public var vendor: String?
    public var model: String?
    /// As the processor counts itself (CPUID leaf 1), decimal.
    public var family: Int?
    public var modelNumber: Int?
    public var stepping: Int?
    /// Its revision: `0x2b000571`.
    public var microcode: String?
    public var sockets: Int?
    /// Physical cores of all sockets.
    public var cores: Int?
    /// Hardware threads that are online.
    public var threads: Int?
    /// `vmx` or `svm`: what the processor says it can; whether KVM works is `kvm`.
    public var virtualisation: String?
    /// EPT or NPT: the processor translates a guest's addresses itself.
    public var nestedPaging: Bool?
    /// Guests may run VMs: the parameter `nested` of kvm_intel or kvm_amd, absent while neither is loaded.
    public var nested: Bool?
    /// What /dev/kvm answered; absent when a copy of a tree was inspected.
    public var kvm: KVMState?
    /// The machine is itself a guest.
    public var isGuest: Bool
    public var frequency: Frequency?
    /// The online threads by number: packages, NUMA nodes, cores and kinds can be drawn from it and the lists below.
    public var threadList: [Thread] = []
    /// From small to large, as the kernel lists them.
    public var caches: [Cache] = []
    public var nodes: [Node] = []
    /// The slowest first; empty when all cores are alike.
    public var coreKinds: [CoreKind] = []

    public init(
        vendor: String? = nil, model: String? = nil, family: Int? = nil, modelNumber: Int? = nil, stepping: Int? = nil,
        microcode: String? = nil, sockets: Int? = nil, cores: Int? = nil, threads: Int? = nil,
        virtualisation: String? = nil, nestedPaging: Bool? = nil, nested: Bool? = nil, kvm: KVMState? = nil,
        isGuest: Bool, frequency: Frequency? = nil, threadList: [Thread] = [], caches: [Cache] = [],
        nodes: [Node] = [], coreKinds: [CoreKind] = []
    ) {
        self.vendor = vendor
        self.model = model
        self.family = family
        self.modelNumber = modelNumber
        self.stepping = stepping
        self.microcode = microcode
        self.sockets = sockets
        self.cores = cores
        self.threads = threads
        self.virtualisation = virtualisation
        self.nestedPaging = nestedPaging
        self.nested = nested
        self.kvm = kvm
        self.isGuest = isGuest
        self.frequency = frequency
        self.threadList = threadList
        self.caches = caches
        self.nodes = nodes
        self.coreKinds = coreKinds
    }

    /// A hardware thread: what the kernel calls a CPU.
    public struct Thread: Codable, Equatable, Sendable {
        /// The kernel's number, as in pinning.
        public var id: Int
        public var package: Int
        /// Within its package.
        public var die: Int?
        /// Counted over the whole machine from 0, unlike the kernel's core_id; threads of one core share it.
        public var core: Int
        public var node: Int?
        /// kHz.
        public var maximumFrequency: Int?

        public init(id: Int, package: Int, die: Int? = nil, core: Int, node: Int? = nil, maximumFrequency: Int? = nil) {
            self.id = id
            self.package = package
            self.die = die
            self.core = core
            self.node = node
            self.maximumFrequency = maximumFrequency
        }
    }

    public struct Cache: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable { case unified, data, instruction }

        public var level: Int
        public var kind: Kind
        public var sizeBytes: UInt64
        /// The threads that share it, each a number of `threadList`.
        public var threads: [Int]

        public init(level: Int, kind: Kind, sizeBytes: UInt64, threads: [Int]) {
            self.level = level
            self.kind = kind
            self.sizeBytes = sizeBytes
            self.threads = threads
        }
    }

    /// A NUMA node.
    public struct Node: Codable, Equatable, Sendable {
        public var id: Int
        public var threads: [Int]
        public var memoryBytes: UInt64?
        /// To each node in the order of `nodes`, 10 to itself (ACPI SLIT); empty when the firmware does not tell.
        public var distances: [Int]

        public init(id: Int, threads: [Int], memoryBytes: UInt64? = nil, distances: [Int]) {
            self.id = id
            self.threads = threads
            self.memoryBytes = memoryBytes
            self.distances = distances
        }
    }

    /// Cores of one design in a processor that mixes several.
    public struct CoreKind: Codable, Equatable, Sendable {
        /// `performance`, `efficiency`, or `kind 1` where there are more than two.
        public var name: String
        public var threads: [Int]
        /// kHz.
        public var maximumFrequency: Int?

        public init(name: String, threads: [Int], maximumFrequency: Int? = nil) {
            self.name = name
            self.threads = threads
            self.maximumFrequency = maximumFrequency
        }
    }

    public struct Frequency: Codable, Equatable, Sendable {
        /// `intel_pstate`, `amd-pstate-epp`, `acpi-cpufreq`.
        public var driver: String?
        /// Of the first thread: `powersave`, `performance`, `schedutil`.
        public var governor: String?
        public var availableGovernors: [String]
        /// Higher clocks than the nominal one are allowed.
        public var boost: Bool?
        /// kHz, the lowest and highest of all threads.
        public var minimum: Int?
        public var maximum: Int?

        public init(
            driver: String? = nil, governor: String? = nil, availableGovernors: [String], boost: Bool? = nil,
            minimum: Int? = nil, maximum: Int? = nil
        ) {
            self.driver = driver
            self.governor = governor
            self.availableGovernors = availableGovernors
            self.boost = boost
            self.minimum = minimum
            self.maximum = maximum
        }
    }
}
