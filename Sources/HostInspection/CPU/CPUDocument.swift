import FleetModel

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
    }

    public struct Cache: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable { case unified, data, instruction }

        public var level: Int
        public var kind: Kind
        public var sizeBytes: UInt64
        /// The threads that share it, each a number of `threadList`.
        public var threads: [Int]
    }

    /// A NUMA node.
    public struct Node: Codable, Equatable, Sendable {
        public var id: Int
        public var threads: [Int]
        public var memoryBytes: UInt64?
        /// To each node in the order of `nodes`, 10 to itself (ACPI SLIT); empty when the firmware does not tell.
        public var distances: [Int]
    }

    /// Cores of one design in a processor that mixes several.
    public struct CoreKind: Codable, Equatable, Sendable {
        /// `performance`, `efficiency`, or `kind 1` where there are more than two.
        public var name: String
        public var threads: [Int]
        /// kHz.
        public var maximumFrequency: Int?
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
    }
}
