import FleetModel
import FoundationEssentials

/// Two hosts, three VMs: one host at work, one away since yesterday.
enum Fleet {
    /// A little ahead, which is read as now: however slow the machine is, the tables say the same.
    static let now = Date(timeIntervalSinceNow: 600)
    static let anna = HostID("0b6a5c7e-0000-4000-8000-00000000000a")!
    static let ben = HostID("0b6a5c7e-0000-4000-8000-00000000000b")!
    static let job = JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!
    static let digest = Digest(String(repeating: "ab", count: 32))!

    static let hosts = [
        HostResource(
            id: anna, name: ResourceName("anna-laptop")!, labels: ["site": "berlin", "team": "plc"], state: .online,
            lastSeenAt: now, createdAt: now - 40 * 86_400, agentVersion: "0.1.0", vmCount: 2,
            inventory: inventory),
        HostResource(
            id: ben, name: ResourceName("ben-laptop")!, labels: [:], state: .offline, lastSeenAt: now - 12_000,
            createdAt: Date(timeIntervalSince1970: 1_790_000_000),
            agentVersion: nil, vmCount: 1),
    ]

    /// What `host show` asks for: its age is the same on every day.
    static func shown(_ inventory: [InventoryPart: JSONValue]) -> HostResource {
        var host = hosts[0]
        host.createdAt = hosts[1].createdAt
        host.inventory = inventory
        return host
    }

    /// Of VM `office` on anna-laptop, the oldest first.
    static let snapshots = [
        snapshot(1, "clean", .off, days: 30, pinned: true),
        snapshot(2, "nightly-1", .app, days: 2, parent: 1, policy: "nightly"),
        snapshot(3, "nightly-2", .quiesceTimeout, days: 1, parent: 2, policy: "nightly", isCurrent: true),
        snapshot(4, "attempt", .crash, days: 0.1, parent: 1, isBeingDeleted: true),
    ]

    private static func snapshot(
        _ number: Int, _ name: String, _ consistency: VMSnapshot.Consistency, days: Double, parent: Int? = nil,
        policy: String? = nil, pinned: Bool = false, isCurrent: Bool = false, isBeingDeleted: Bool = false
    ) -> VMSnapshot {
        func id(_ number: Int) -> JobID { JobID("01ARZ3NDEKTSV4RRFFQ69G5FB\(number)")! }
        return VMSnapshot(
            id: id(number), name: ResourceName(name)!, createdAt: Date() - days * 86_400, consistency: consistency,
            parent: parent.map(id), isCurrent: isCurrent, policy: policy.flatMap(ResourceName.init), pinned: pinned,
            isBeingDeleted: isBeingDeleted, sizeBytes: UInt64(number) << 28,
            notHeld: pinned ? [VMSnapshot.LeftOutDisk(target: "sdb", backing: "block device /dev/sdb")] : nil,
            memoryBytes: number == 2 ? 1 << 28 : nil)
    }

    private static func keeping(_ vm: VMResource) -> VMResource {
        var vm = vm
        vm.vm.snapshots = snapshots
        vm.vm.foreignSnapshots = ["by-hand"]
        vm.vm.unkeptBytes = 3 << 20
        return vm
    }

    static let vms = [
        keeping(vm(1, "office", on: hosts[0], .running)), vm(2, "plc-line-4", on: hosts[0], .crashed),
        sharing(vm(3, "office", on: hosts[1], .running)),
    ]

    private static func sharing(_ vm: VMResource) -> VMResource {
        var vm = vm
        vm.vm.guest = GuestInformation(
            osName: "Windows 11 Pro",
            interfaces: [.init(name: "Ethernet", macAddress: nil, addresses: ["192.0.2.7/24", "fe80::1/64"])])
        vm.sharedIdentities = [
            .init(
                kind: .mac, value: "52:54:00:00:00:01",
                vm: VMID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1))),
                name: "office", hostName: hosts[0].name)
        ]
        return vm
    }

    static func vm(_ number: UInt8, _ name: String, on host: HostResource, _ state: VMDocument.State) -> VMResource {
        VMResource(
            vm: VMDocument(
                id: VMID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, number))), name: name,
                state: state, memoryBytes: 4 << 30, vcpus: 4, persistent: true, autostart: false,
                guestAgent: state == .running ? true : nil,
                origin: .init(job: job, template: digest, profile: "default"), power: HostPowerPolicy(onSleep: .save)),
            host: host.id, hostName: host.name, hostState: host.state, lastSeenAt: host.lastSeenAt ?? now)
    }

    static func job(_ state: JobState, host: HostResource = hosts[0], message: String? = nil) -> JobResource {
        JobResource(
            id: job, host: host.id, hostName: host.name, kind: "vm.clone",
            arguments: .object(["name": .string("office-2")]), state: state, cancelRequested: false,
            reason: message == nil ? nil : "no-space", message: message, createdAt: now, updatedAt: now,
            expiresAt: now + 86_400)
    }

    static let keys = [
        KeyResource(
            id: "8d4ce1d0a94ebd3e", key: VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))!,
            hosts: hosts.map(\.name), missing: []),
        KeyResource(
            id: "1d3b4a8f90a6f1c2", key: VerifyingKey(bytes: [UInt8](repeating: 2, count: 32))!,
            hosts: [hosts[0].name], missing: [hosts[1].name]),
    ]

    static let audit = [
        AuditResource(
            id: 3, time: Date(timeIntervalSince1970: 1_790_000_003), who: "API token", origin: "127.0.0.1",
            action: "POST /api/v1/hosts", object: nil,
            result: "conflict: a host named 'anna-laptop' is registered already; choose another name or remove it"),
        AuditResource(
            id: 2, time: Date(timeIntervalSince1970: 1_790_000_002), who: "anna", origin: "local socket",
            action: "host.add", object: "anna-laptop", result: AuditResource.done),
        AuditResource(
            id: 1, time: Date(timeIntervalSince1970: 1_790_000_001), who: "API token", origin: nil,
            action: "profile.apply", object: "office 1", result: AuditResource.done),
    ]

    static func event(_ id: Int64, _ what: String) -> EventResource {
        EventResource(
            id: id, host: anna, hostName: hosts[0].name, type: .vmLifecycle,
            time: Date(timeIntervalSince1970: 1_790_000_000 + Double(id)), receivedAt: now,
            epoch: EpochID(UUID()), seq: UInt64(id),
            body: .object(["name": .string("office"), "event": .string(what), "detail": .string("booted")]))
    }
}
