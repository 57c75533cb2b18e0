import FleetModel
import FleetRuntime
import Hypervisor
import ImageStore
import Placement
import Subprocess

/// What jobs work with and on.
public struct JobHost: Sendable {
    public var hypervisor: any Hypervisor
    public var images: any ImageStore
    /// Where images come from; asked at each download, as the token may be renewed.
    public var imageSource: @Sendable () -> ImageSource
    public var profiles: [ResourceName: Profile]
    /// One directory per VM lies below it, named by the job that made the VM.
    public var vmDirectory: String
    /// One directory per exported VM lies below it, named by the job that exported it.
    public var exportDirectory: String
    public var facilities: HostFacilities
    public var time: any TimeSource
    /// What a guest with much to write may take to come to rest. Windows gives up after 10 s by itself.
    public var quiesceLimit = Duration.seconds(60)
    let files = BlockingPool(name: "jobs-files", width: 3)
    /// Between looking who has what of the machine and having it.
    let placing = Turnstile()

    public init(
        hypervisor: any Hypervisor, images: any ImageStore, imageSource: @escaping @Sendable () -> ImageSource,
        profiles: [ResourceName: Profile], vmDirectory: String, exportDirectory: String, facilities: HostFacilities,
        time: any TimeSource = SystemTimeSource()
    ) {
        self.hypervisor = hypervisor
        self.images = images
        self.imageSource = imageSource
        self.profiles = profiles
        self.vmDirectory = vmDirectory
        self.exportDirectory = exportDirectory
        self.facilities = facilities
        self.time = time
    }

    func onFiles<Result: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await files.run(body)
    }
}

/// What the machine offers, as far as jobs ask.
public struct HostFacilities: Sendable {
    /// In front of every path below /usr, /sys and /run; empty on a real host.
    public var root: String
    /// The path of an installed program.
    public var program: @Sendable (String) -> String?
    /// What guests run on.
    public var accelerator: @Sendable () async -> DomainSpecification.Accelerator
    /// The machine as it is now, to a VM that may have all that is not assigned; nil when it cannot be seen, so that no
    /// VM can be bound to parts of it.
    public var inventory: @Sendable (_ assignments: [PCIAddress: String]) async -> MachineInventory?
    /// libvirt runs as root, and puts guests into control groups.
    public var weighsGuests: Bool
    /// Whether the machine is on mains power; nil when it does not tell.
    public var isOnMains: @Sendable () -> Bool?
    /// Whether the connection to the network is metered; nil when nobody says so.
    public var isMetered: @Sendable () async -> Bool?
    /// The names of programs that ask that the person at the machine be left alone.
    public var idleInhibitors: @Sendable () async throws -> [String]
    /// Writes a setting of the kernel's below /sys.
    public var set: @Sendable (_ path: String, _ value: String) throws -> Void

    public init(
        root: String = "", program: @escaping @Sendable (String) -> String? = Subprocess.find,
        accelerator: @escaping @Sendable () async -> DomainSpecification.Accelerator,
        inventory: @escaping @Sendable (_ assignments: [PCIAddress: String]) async -> MachineInventory? = { _ in nil },
        weighsGuests: Bool = false, isOnMains: @escaping @Sendable () -> Bool? = { nil },
        isMetered: @escaping @Sendable () async -> Bool? = { nil },
        idleInhibitors: @escaping @Sendable () async throws -> [String] = { [] },
        set: @escaping @Sendable (_ path: String, _ value: String) throws -> Void = KernelSetting.write
    ) {
        self.root = root
        self.program = program
        self.accelerator = accelerator
        self.inventory = inventory
        self.weighsGuests = weighsGuests
        self.isOnMains = isOnMains
        self.isMetered = isMetered
        self.idleInhibitors = idleInhibitors
        self.set = set
    }
}
