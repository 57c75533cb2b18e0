import FleetModel
import FoundationEssentials

/// What a VM shall be, complete enough to become libvirt's domain XML. It describes and decides nothing: paths, MACs and
/// identifiers are chosen by whoever makes it.
public struct DomainSpecification: Equatable, Sendable {
    public enum Accelerator: String, Codable, CaseIterable, Sendable {
        case kvm
        /// QEMU's own translation, where the host has no working /dev/kvm.
        case tcg
    }

    /// UEFI by explicit paths: libvirt 9.0 forgets the NVRAM path of an automatically chosen firmware.
    public struct Firmware: Equatable, Sendable {
        /// The read-only firmware code (OVMF_CODE*.fd).
        public var loaderPath: String
        /// The VM's own variable store; libvirt copies the template there at the first start.
        public var nvramPath: String
        /// The variable store to start from (OVMF_VARS*.fd).
        public var nvramTemplatePath: String
        /// The loader enforces Secure Boot (and needs SMM for it).
        public var secureBoot: Bool

        public init(loaderPath: String, nvramPath: String, nvramTemplatePath: String, secureBoot: Bool) {
            self.loaderPath = loaderPath
            self.nvramPath = nvramPath
            self.nvramTemplatePath = nvramTemplatePath
            self.secureBoot = secureBoot
        }
    }

    /// A disk in a file, or a block device. Discards reach it, so that a file shrinks again.
    public struct Disk: Equatable, Sendable {
        public var path: String
        public var format: ImageReference.Format
        public var bus: DiskBus
        public var isBlockDevice: Bool
        public var isReadOnly: Bool
        /// Otherwise it stays as it is when a snapshot is made, and when the VM goes back to one.
        public var isInSnapshots: Bool

        public init(
            path: String, format: ImageReference.Format, bus: DiskBus = .scsi, isBlockDevice: Bool = false,
            isReadOnly: Bool = false, isInSnapshots: Bool = true
        ) {
            self.path = path
            self.format = format
            self.bus = bus
            self.isBlockDevice = isBlockDevice
            self.isReadOnly = isReadOnly
            self.isInSnapshots = isInSnapshots
        }
    }

    /// What the guest is told to give back at once.
    public struct DiscardGranularity: Equatable, Sendable {
        public enum Form: String, Codable, Sendable {
            /// An attribute of `<blockio>`; see `LibvirtFeature.discardGranularity`.
            case blockio
            /// QEMU's property, past libvirt, which marks the domain as tainted for that.
            case override
        }

        public var bytes: Int
        public var form: Form

        public init(bytes: Int, form: Form) {
            self.bytes = bytes
            self.form = form
        }
    }

    /// A directory of the host, by virtiofs.
    public struct Share: Equatable, Sendable {
        public var directory: String
        /// What the guest mounts it by.
        public var tag: String

        public init(directory: String, tag: String) {
            self.directory = directory
            self.tag = tag
        }
    }

    /// A read-only disc in a drive, which is not booted from.
    public struct Disc: Equatable, Sendable {
        /// What libvirt calls the drive: the last of the six ports that the machine's SATA controller has, so that no disk is in
        /// its way.
        public static let target = "sdf"
        public var path: String
        /// `sata`, which every Windows has a driver for, or `scsi`: the kernel of cloud images knows no SATA.
        public var bus: DiskBus

        public init(path: String, bus: DiskBus) {
            self.path = path
            self.bus = bus
        }
    }

    public struct Network: Equatable, Sendable {
        public enum Kind: Equatable, Sendable {
            /// QEMU's user-mode network: outgoing only, no privileges needed.
            case user
            /// A bridge of the host, by name, and the VLAN that the card is in. libvirt puts it into one from 11.0 on.
            case bridge(String, vlan: Int? = nil)
            /// A macvtap in mode bridge on an interface of the host, by name.
            case macvtap(String)
            /// A network that libvirt manages, by name.
            case network(String)
        }
        public var mac: MACAddress
        public var kind: Kind

        public init(mac: MACAddress, kind: Kind) {
            self.mac = mac
            self.kind = kind
        }
    }

    public var name: String
    public var id: VMID
    public var memoryBytes: UInt64
    public var vcpus: Int
    /// The guest's generation ID: another one tells Windows that it is a copy.
    public var genID: UUID
    public var accelerator: Accelerator
    public var guestOS: GuestOS
    /// The guest is not told that it is in a VM, for drivers that refuse to work there.
    public var hidesHypervisor: Bool
    public var firmware: Firmware
    /// A TPM 2.0 (swtpm) with state of its own.
    public var tpm: Bool
    /// In boot order.
    public var disks: [Disk]
    public var diskCache: DiskCache
    /// Absent: what QEMU says by itself.
    public var discardGranularity: DiscardGranularity?
    public var shares: [Share]
    /// By which the guest learns who it is.
    public var seed: Disc?
    public var networks: [Network]
    /// Of the host, which the VM has whenever they are plugged in.
    public var usbDevices: [USBDeviceID]
    public var console: VMConsole
    /// USB devices that a SPICE console can hand over at a time.
    public var usbRedirections: Int
    /// A folder of who looks at a SPICE console, as a WebDAV drive.
    public var webDAV: Bool
    /// The disks' work is spread over so many threads; 0 leaves it to QEMU's main loop.
    public var ioThreads: Int
    /// Where the serial console is appended to; a pseudo-terminal without it.
    public var consoleLogPath: String?
    /// Kept in the domain's metadata; `Domain.origin` reads it back.
    public var origin: VMDocument.Origin
    /// Likewise; `Domain.demand` reads it back.
    public var demand: VMDemand?
    /// Likewise; `Domain.power` reads it back.
    public var power: HostPowerPolicy
    /// The profile that it is made by, as a document; likewise.
    public var profile: [String: JSONValue]?
    /// What it gets of its host, its memory among it. Without one nothing is bound to any part of the host.
    public var placement: VMPlacement?

    public init(
        name: String, id: VMID, memoryBytes: UInt64, vcpus: Int, genID: UUID, accelerator: Accelerator,
        guestOS: GuestOS = .linux, hidesHypervisor: Bool = false, firmware: Firmware, tpm: Bool, disks: [Disk],
        diskCache: DiskCache = .writeback, discardGranularity: DiscardGranularity? = nil, seed: Disc? = nil,
        shares: [Share] = [], networks: [Network], usbDevices: [USBDeviceID] = [],
        console: VMConsole = .none, usbRedirections: Int = 2,
        webDAV: Bool = false, ioThreads: Int = 0, consoleLogPath: String? = nil,
        origin: VMDocument.Origin, demand: VMDemand? = nil, power: HostPowerPolicy = HostPowerPolicy(),
        profile: [String: JSONValue]? = nil,
        placement: VMPlacement? = nil
    ) {
        self.name = name
        self.id = id
        self.memoryBytes = memoryBytes
        self.vcpus = vcpus
        self.genID = genID
        self.accelerator = accelerator
        self.guestOS = guestOS
        self.hidesHypervisor = hidesHypervisor
        self.firmware = firmware
        self.tpm = tpm
        self.disks = disks
        self.diskCache = diskCache
        self.discardGranularity = discardGranularity
        self.shares = shares
        self.seed = seed
        self.networks = networks
        self.usbDevices = usbDevices
        self.console = console
        self.usbRedirections = usbRedirections
        self.webDAV = webDAV
        self.ioThreads = ioThreads
        self.consoleLogPath = consoleLogPath
        self.origin = origin
        self.demand = demand
        self.power = power
        self.profile = profile
        self.placement = placement
    }
}
