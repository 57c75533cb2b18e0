import FleetModel
import FoundationEssentials
import Signing
import Testing

/// One topic of each kind and one payload of each type, with every optional member set.
enum BusSamples {
    struct Payload: Sendable, CustomTestStringConvertible {
        let schema: String
        let value: any Encodable & Sendable
        var testDescription: String { schema }
    }

    private static let host = HostID.random()
    private static let vm = VMID.random()
    private static let time = Date(timeIntervalSince1970: 1_790_000_000)
    private static let position = StreamPosition(store: .random(), epoch: .random(), seq: 7)

    /// A new kind of topic does not compile until it has its place here.
    private static func next(after topic: Topic) -> Topic? {
        switch topic {
        case .presence: .inventory(host, .readiness)
        case .inventory: .vm(host, vm)
        case .vm: .metrics(host)
        case .metrics: .progress(host)
        case .progress: .stream(host)
        case .stream: .reply(host)
        case .reply: .ack(host)
        case .ack: .jobs(host)
        case .jobs: .desired(host)
        case .desired: .request(host)
        case .request: .controller
        case .controller: nil
        }
    }

    static let topics = Array(sequence(first: Topic.presence(host), next: next))

    /// The channel's key in the document: the name of the topic's kind.
    static func channel(of topic: Topic) -> String {
        Mirror(reflecting: topic).children.first?.label ?? "\(topic)"
    }

    static func parameters(of topic: Topic) -> [String: String] {
        var parameters = topic.host.map { ["host": $0.description] } ?? [:]
        switch topic {
        case .inventory(_, let part): parameters["part"] = part.rawValue
        case .vm(_, let vm): parameters["vm"] = vm.description
        default: break
        }
        return parameters
    }

    static func schema(of topic: Topic) -> String {
        switch topic {
        case .presence: "Presence"
        case .inventory: "InventoryDocument"
        case .vm: "VMDocument"
        case .metrics: "MetricsBatch"
        case .progress: "JobProgress"
        case .stream: "StreamRecord"
        case .reply: "Reply"
        case .ack: "StreamPosition"
        case .jobs, .desired: "Envelope"
        case .request: "Request"
        case .controller: "ControllerPresence"
        }
    }

    static let payloads: [Payload] = {
        var generator = SystemRandomNumberGenerator()
        let job = JobID(milliseconds: 1_790_000_000_000, using: &generator)
        let digest = Digest(bytes: [UInt8](repeating: 0xAB, count: 32))!
        let name = ResourceName("office-1")!
        let image = ImageReference(
            template: name, version: name, digest: digest, format: .qcow2, sizeBytes: 1, virtualSizeBytes: 2)
        let profile = ProfileVersion(version: 3, digest: digest, document: ["vcpus": .integer(2)])
        let clone = CloneArguments(name: name, image: image, profile: name, profileVersion: profile)
        let step = JobReport.Step(index: 1, count: 5, name: "overlay")
        let guest = GuestInformation(
            hostname: "h", osName: "o", osVersion: "v", kernel: "k",
            interfaces: [.init(name: "i", macAddress: MACAddress("52:54:00:00:00:01")!, addresses: ["a"])],
            fileSystems: [.init(mountPoint: "/", type: "t", sizeBytes: 1)], users: ["u"])
        let placement = VMPlacement(
            processors: .init(
                topology: .init(cores: 2), ownsCores: true, vcpus: [CPUSet([1]), CPUSet([2])], emulator: CPUSet([]),
                ioThreads: [CPUSet([0])], weight: 200),
            memory: .init(
                bytes: 4 << 30, hugePages: .init(sizeBytes: 2 << 20, nodes: [.init(node: 0, count: 2048)]),
                binding: .init(mode: .strict, nodes: [0])),
            devices: [.init(address: PCIAddress("0000:01:00.0")!, companions: [PCIAddress("0000:01:00.1")!])],
            mediatedDevices: [
                .init(parent: PCIAddress("0000:00:02.0")!, type: MediatedTypeID("nvidia-256")!, id: .random())
            ])
        let demand = VMDemand(
            id: vm, name: "office-1", vcpus: 2, topology: .init(cores: 2),
            memory: .init(minimumBytes: 4 << 30, maximumBytes: 8 << 30, hugePages: .auto), pinning: .focus,
            weight: 200, ioThreads: 1,
            devices: [
                .init(
                    role: .gpu, deviceClass: PCIClass("0300"), id: PCIDeviceID("10de:2504"), portPath: "0000:00/01.0"),
                .init(mdevType: MediatedTypeID("nvidia-256")),
            ], running: placement)
        let leftOut = VMSnapshot.LeftOutDisk(target: "sdb", backing: "block device /dev/sdb")
        let snapshot = VMSnapshot(
            id: job, name: name, createdAt: time, consistency: .app, parent: job, isCurrent: true, policy: name,
            expiresAt: time, pinned: true, isBeingDeleted: false, sizeBytes: 1,
            notHeld: [leftOut], memoryBytes: 1)
        let difference = SettingDifference(setting: "vcpu", found: "2", wanted: "4", isFixable: true)
        let usb = USBDeviceID("064f:2af9")!
        let override = ProfileOverride(
            memoryMiB: 64, maximumMemoryMiB: 65, vcpus: 1, hostDevices: [DeviceSelector(role: .nic)], usbDevices: [usb])
        let command = GuestCommand(name: name, path: "/usr/bin/true", arguments: ["a"])
        let export = ExportReference(digest: digest, name: "office-1", directory: "/srv/exports/e", sizeBytes: 1)
        let result = GuestCommandResult(exitStatus: 1, signal: 9, output: "o", errorOutput: "e", isCut: true)
        let origin = VMDocument.Origin(job: job, template: digest, profile: "office", profileVersion: 3)
        let queued = Job(
            id: job, kind: "vm.clone", arguments: (try? FleetJSON.value(clone)) ?? .null, notBefore: time,
            expiresAt: time, requirements: ["power"], windows: [Occurrence(start: time, end: time + 3600)],
            rank: 1)
        let envelope = try? Envelope(
            signing: [1], type: JobSet.payloadType, with: [SigningKey(seed: [UInt8](repeating: 1, count: 32))])
        let origins = JobReport.Origin(policy: name, arguments: .object([:]), expiresAt: time)
        let key = VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))!
        let policy = SnapshotPolicy(
            name: name, profiles: [name], vms: ["a"], times: [time], graceSeconds: 60, requirements: ["power"],
            keep: SnapshotRetention(last: 1), minimumFreeMiB: 1, memory: true)
        let update = UpdatePolicy(
            name: name, profiles: [name], vms: ["a"], times: [time], graceSeconds: 60, requirements: ["power"],
            image: image, guestAgentTimeoutSeconds: 300)
        let guestCommand = GuestCommandPolicy(
            name: name, profiles: [name], vms: ["a"], times: [time], graceSeconds: 60, requirements: ["power"],
            command: name)
        let power = PowerPolicy(name: name, profiles: [name], vms: ["a"], power: HostPowerPolicy())
        let values: [(String, (any Encodable & Sendable)?)] = [
            (
                "Presence",
                Presence(
                    state: .online, session: .random(), agentVersion: "1", bootID: "b", time: time, acked: position,
                    inventory: [.cpu: digest], vms: [vm], wantsTime: true, keys: [key])
            ),
            ("ControllerPresence", ControllerPresence(state: .online, session: .random(), version: "1", time: time)),
            ("RecordPosition", RecordPosition(epoch: .random(), seq: 7)),
            ("StreamPosition", position),
            (
                "StreamHeader",
                StreamHeader(
                    epoch: .random(), seq: 9, from: 3, first: 1, time: time, bootID: "b", uptime: 1.5, type: .jobStatus)
            ),
            ("VMEvent", VMEvent(vm: vm, name: "office-1", event: "stopped", detail: "crashed", device: "sda")),
            ("HostEvent", HostEvent(what: "connected", message: "text")),
            ("DroppedRecords", DroppedRecords(count: 1, bytes: 2, message: "text")),
            (
                "JobReport",
                JobReport(
                    job: job, kind: "vm.clone", state: .failed, reason: "no-space", message: "text", step: step, vm: vm,
                    result: .command(result), origin: origins)
            ),
            (
                "JobDeferral",
                JobDeferral(job: job, kind: "vm.clone", by: LocalUser(uid: 1000, name: "anna"), until: time, left: 1)
            ),
            ("LocalUser", LocalUser(uid: 1000, name: "anna")),
            ("JobStep", step), ("GuestCommandResult", result), ("ExportReference", export),
            ("JobProgress", JobProgress(job: job, activity: "fetching", percent: 50, bytesPerSecond: 1.5)),
            ("MetricsBatch", MetricsBatch(time: time, host: ["a": 1], vms: [vm: ["b": 1.5]])),
            (
                "VMDocument",
                VMDocument(
                    id: vm, name: "office-1", state: .running, memoryBytes: 1, vcpus: 2, persistent: true,
                    autostart: false, guestAgent: true, origin: origin, genID: UUID(),
                    macAddresses: [MACAddress("52:54:00:00:00:01")!], guest: guest, snapshots: [snapshot],
                    foreignSnapshots: ["by-hand"], unkeptBytes: 1 << 20, demand: demand, drift: [difference],
                    guestCommands: [command], override: override,
                    power: HostPowerPolicy())
            ),
            ("SettingDifference", difference), ("GuestCommand", command), ("ProfileOverride", override),
            ("HostPowerPolicy", HostPowerPolicy()),
            ("VMDemand", demand), ("MemoryDemand", demand.memory),
            ("VMPlacement", placement), ("PlacedProcessors", placement.processors),
            ("GuestTopology", placement.processors.topology), ("PlacedMemory", placement.memory),
            ("PlacedHugePages", placement.memory.hugePages), ("NodePages", placement.memory.hugePages?.nodes.first),
            ("NodeBinding", placement.memory.binding), ("PlacedDevice", placement.devices[0]),
            ("PlacedMediatedDevice", placement.mediatedDevices[0]),
            ("VMSnapshot", snapshot),
            ("GuestInformation", guest), ("GuestInterface", guest.interfaces[0]),
            ("GuestFileSystem", guest.fileSystems[0]),
            ("VMOrigin", origin),
            ("Envelope", envelope),
            ("Signature", envelope?.signatures.first),
            (
                "JobSet",
                JobSet(
                    fleet: FleetName("plant")!, host: host, revision: 1, issuedAt: time, expiresAt: time, jobs: [queued]
                )
            ),
            (
                "DesiredState",
                DesiredState(
                    fleet: FleetName("plant")!, host: host, revision: 1, issuedAt: time, expiresAt: time,
                    policies: [policy], updates: [update], guestCommands: [guestCommand], power: [power], keys: [key])
            ),
            ("UpdatePolicy", update), ("GuestCommandPolicy", guestCommand), ("PowerPolicy", power),
            ("SnapshotPolicy", policy), ("SnapshotRetention", policy.keep), ("JobOrigin", origins),
            ("Job", queued), ("LeftOutDisk", leftOut),
            ("CloneArguments", clone),
            ("ImageReference", image),
            ("ProfileVersion", profile),
            ("VMArguments", VMArguments(vm: vm)),
            ("RebootArguments", RebootArguments(vm: vm)), ("StopArguments", StopArguments(vm: vm)),
            ("FixArguments", FixArguments(vm: vm, profileVersion: profile)),
            ("SnapshotCreateArguments", SnapshotCreateArguments(vm: vm, name: name, policy: name, memory: true)),
            (
                "UpdateArguments",
                UpdateArguments(vm: vm, image: image, snapshot: name, guestAgentTimeoutSeconds: 9)
            ),
            ("SnapshotRevertArguments", SnapshotRevertArguments(vm: vm, snapshot: job, start: true, memory: false)),
            ("SnapshotArguments", SnapshotArguments(vm: vm, snapshot: job)),
            ("SnapshotPinArguments", SnapshotPinArguments(vm: vm, snapshot: job, pinned: true)),
            (
                "ResizeArguments",
                ResizeArguments(
                    vm: vm, memoryMiB: 64, maximumMemoryMiB: 65, vcpus: 1, systemDiskGiB: 1, dataDiskGiB: 1)
            ),
            ("RenameArguments", RenameArguments(vm: vm, name: name)),
            ("AttachArguments", AttachArguments(vm: vm, device: .usb(usb))),
            ("ExportArguments", ExportArguments(vm: vm, snapshot: job)),
            (
                "ImportArguments",
                ImportArguments(export: job, digest: digest, vm: vm, identity: .move, name: name, start: true)
            ),
            ("ExecArguments", ExecArguments(vm: vm, command: name, arguments: ["a"])),
            ("Request", Request(call: .publishInventory, parts: [.cpu], expiresAt: time)),
            ("Reply", Reply(ok: false, message: "text")),
        ]
        return values.compactMap { schema, value in value.map { Payload(schema: schema, value: $0) } }
    }()
}
