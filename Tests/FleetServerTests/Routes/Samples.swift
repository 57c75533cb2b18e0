import FleetModel
import FoundationEssentials
import Testing

/// One of every resource with everything set, and one with everything absent that may be.
enum Samples {
    static func all() throws -> [(schema: String, full: JSONValue, bare: JSONValue)] {
        let name = try #require(ResourceName("ws-1"))
        let host = HostID.random()
        let vm = VMID.random()
        let now = Date(timeIntervalSince1970: 1_790_000_000)
        let digest = try #require(Digest(String(repeating: "0f", count: 32)))
        let job = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        let image = ImageReference(
            template: name, version: name, digest: digest, format: .raw, sizeBytes: 1, virtualSizeBytes: 2)
        var seal = TemplateSeal()
        (seal.guestOS, seal.memoryMiB, seal.vcpus, seal.secureBoot) = (.windows, 4096, 2, true)
        (seal.tpm, seal.diskBus, seal.profile) = (true, .scsi, name)
        var sealedImage = image
        sealedImage.variables = FileReference(digest: digest, sizeBytes: 512)
        sealedImage.seal = seal
        let fullHost = HostResource(
            id: host, name: name, labels: ["a": "b"], state: .online, lastSeenAt: now, createdAt: now,
            agentVersion: "1", vmCount: 1, inventory: [.cpu: .object([:])])
        let bareHost = HostResource(
            id: host, name: name, labels: [:], state: .never, lastSeenAt: nil, createdAt: now, agentVersion: nil,
            vmCount: 0)
        let bareSnapshot = VMSnapshot(id: job, name: name, createdAt: now, consistency: .crash, sizeBytes: 1)
        var snapshot = bareSnapshot
        snapshot.parent = job
        snapshot.policy = name
        snapshot.expiresAt = now
        snapshot.memoryBytes = 1
        snapshot.notHeld = [VMSnapshot.LeftOutDisk(target: "sdb", backing: "block device /dev/sdb")]
        let barePlacement = VMPlacement(
            processors: .init(
                topology: .init(cores: 1), ownsCores: true, vcpus: [CPUSet([1])], emulator: CPUSet([0]),
                ioThreads: [CPUSet([0])], weight: 100),
            memory: .init(bytes: 1),
            devices: [.init(address: PCIAddress("0000:01:00.0")!, companions: [PCIAddress("0000:01:00.1")!])],
            mediatedDevices: [
                .init(parent: PCIAddress("0000:00:02.0")!, type: MediatedTypeID("nvidia-1")!, id: .random())
            ])
        var placement = barePlacement
        placement.memory.hugePages = .init(sizeBytes: 2 << 20, nodes: [.init(node: 0, count: 1)])
        placement.memory.binding = .init(mode: .strict, nodes: [0])
        placement.devices[0].mac = MACAddress("52:54:00:00:00:01")
        let bareDemand = VMDemand(
            id: vm, name: "a", vcpus: 1, memory: .init(minimumBytes: 1, maximumBytes: 2), devices: [DeviceSelector()])
        var demand = bareDemand
        demand.weight = 100
        demand.topology = .init(cores: 1)
        demand.graphics = .auto
        demand.running = placement
        demand.devices = [
            .init(
                role: .gpu, deviceClass: PCIClass("0300"), id: PCIDeviceID("10de:2504"), portPath: "0000:00/01.0",
                virtualFunction: true, mdevType: MediatedTypeID("nvidia-1"), mac: MACAddress("52:54:00:00:00:01"),
                snapshot: .no)
        ]
        let obstacle = PlacementObstacle(reason: "r", fix: "f")
        let plan = PlacementPlan(
            vms: [
                VMPlan(
                    id: vm, name: "a", placement: placement, obstacles: [obstacle], warnings: ["w"],
                    passedOver: [obstacle])
            ],
            hostThreads: CPUSet([0]), pool: CPUSet([1]),
            reservations: [HugePageReservation(node: 0, sizeBytes: 2 << 20, count: 1)],
            virtualFunctions: [
                VirtualFunctionReservation(physicalFunction: PCIAddress("0000:01:00.0")!, count: 1)
            ], warnings: ["w"])
        var barePlan = plan
        barePlan.vms = [VMPlan(id: vm, name: "a", placement: nil)]
        let fit = HostFit(
            answer: .fitsAfterStops, stops: ["b"], obstacles: [obstacle], nearestFix: "f",
            passedOver: [obstacle])
        let difference = SettingDifference(setting: "s", found: "f", wanted: "w", isFixable: true)
        let bareDifference = SettingDifference(setting: "s", found: nil, wanted: nil, isFixable: false)
        let selector = DeviceSelector(
            role: .nic, deviceClass: PCIClass("0200")!, id: PCIDeviceID("8086:1533")!, portPath: "p",
            virtualFunction: true, mdevType: MediatedTypeID("nvidia-1"), mac: MACAddress("52:54:00:00:00:01")!,
            snapshot: .no)
        let override = ProfileOverride(
            memoryMiB: 1, maximumMemoryMiB: 2, vcpus: 3, hostDevices: [selector],
            usbDevices: [USBDeviceID("064f:2af9")!])
        let command = GuestCommand(name: name, path: "/p", arguments: ["a"])
        let bareResult = GuestCommandResult(exitStatus: nil, output: "", errorOutput: "", isCut: false)
        let result = GuestCommandResult(exitStatus: 1, signal: 9, output: "o", errorOutput: "e", isCut: true)
        let document = VMDocument(
            id: vm, name: "a", state: .running, memoryBytes: 1, vcpus: 1, persistent: true, autostart: false,
            guestAgent: true, origin: VMDocument.Origin(job: job, template: digest, profile: "p", profileVersion: 1),
            genID: UUID(), macAddresses: [MACAddress("52:54:00:00:00:01")!],
            guest: GuestInformation(
                hostname: "h", osName: "o", osVersion: "v", kernel: "k",
                interfaces: [.init(name: "i", macAddress: MACAddress("52:54:00:00:00:01")!, addresses: ["a"])],
                fileSystems: [.init(mountPoint: "/", type: "t", sizeBytes: 1)], users: ["u"]),
            snapshots: [snapshot], foreignSnapshots: ["f"], unkeptBytes: 1 << 20, demand: demand,
            drift: [difference], guestCommands: [command], override: override,
            power: HostPowerPolicy())
        let bareDocument = VMDocument(
            id: vm, name: "a", state: .pmSuspended, memoryBytes: 1, vcpus: 1, persistent: true, autostart: false)
        func vmResource(_ document: VMDocument, _ metrics: [String: Double]?) -> VMResource {
            VMResource(
                vm: document, host: host, hostName: name, hostState: .lost, lastSeenAt: now, metrics: metrics,
                metricsAt: metrics.map { _ in now })
        }
        var sharingVM = vmResource(document, ["a": 1])
        sharingVM.sharedIdentities = [.init(kind: .mac, value: "v", vm: vm, name: "b", hostName: name)]
        let bareJob = JobResource(
            id: job, host: host, hostName: name, kind: "vm.start", arguments: .object([:]), state: .planned,
            cancelRequested: false, createdAt: now, updatedAt: now, expiresAt: now)
        var fullJob = bareJob
        fullJob.reason = "r"
        fullJob.message = "m"
        fullJob.step = JobReport.Step(index: 1, count: 2, name: "s")
        fullJob.progress = JobProgress(job: job, activity: "a", percent: 1.5, bytesPerSecond: 2)
        fullJob.vm = vm
        fullJob.result = .command(result)
        let notice = JobNotice(seconds: 60, deferrals: 1)
        let conditions = JobConditions(
            notBefore: now, window: name, windows: [Occurrence(start: now, end: now + 1)], forceAfter: 1,
            requirements: [.disk(mebibytes: 1)], notice: notice)
        fullJob.conditions = conditions
        fullJob.rank = 1
        fullJob.policy = name
        fullJob.rollout = name
        let policyHost = PolicyHostResource(
            host: host, hostName: name, timeZone: "UTC", times: [now], obstacle: "o")
        let window = DocumentResource(name: name, document: ["a": .integer(1)], createdAt: now, updatedAt: now)
        func event(_ name: ResourceName?) -> EventResource {
            EventResource(
                id: 1, host: host, hostName: name, type: .vmLifecycle, time: now, receivedAt: now, epoch: .random(),
                seq: 1, body: .null)
        }
        func audit(_ origin: String?, _ object: String?) -> AuditResource {
            AuditResource(
                id: 1, time: now, who: "anna", origin: origin, action: "host.add", object: object,
                result: AuditResource.done)
        }
        let metrics = MetricsResource(
            host: host, receivedAt: now, batch: MetricsBatch(time: now, host: ["a": 1.5], vms: [vm: ["b": 2]]))
        func series(_ vm: VMID?) -> SeriesResource {
            SeriesResource(host: host, vm: vm, key: "k", samples: [SeriesResource.Sample(time: now, value: 1)])
        }
        let profile = ProfileResource(
            name: name, version: 1, digest: digest, document: ["vcpus": .integer(2)], createdAt: now)
        return [
            try sample("Host", fullHost, bareHost),
            try sample("HostRegistrationRequest", HostRegistrationRequest(name: name)),
            try sample("HostRegistration", HostRegistration(host: fullHost, agentConfiguration: "a")),
            try sample("HostChange", HostChange(labels: ["a": "b", "c": nil])),
            try sample("Metrics", metrics), try sample("JobConditions", conditions, JobConditions()),
            try sample("JobNotice", notice),
            try sample(
                "PolicyHost", policyHost, PolicyHostResource(host: host, hostName: name, timeZone: nil, times: [])),
            try sample("JobMove", JobMove(before: job), JobMove(before: nil)), try sample("Document", window),
            try sample("DocumentApplication", DocumentApplication(applied: window, changed: true)),
            try sample(
                "WindowOccurrences",
                WindowOccurrences(timeZone: "UTC", occurrences: [Occurrence(start: now, end: now + 1)])),
            try sample("Series", series(vm), series(nil)),
            try sample("VM", sharingVM, vmResource(bareDocument, nil)),
            try sample("VMDocument", document, bareDocument), try sample("VMSnapshot", snapshot, bareSnapshot),
            try sample("SettingDifference", difference, bareDifference),
            try sample("GuestCommand", command, command),
            try sample("DeviceSelector", selector, DeviceSelector()),
            try sample("ProfileOverride", override, ProfileOverride()),
            try sample("GuestCommandResult", result, bareResult),
            try sample(
                "ExportReference", ExportReference(digest: digest, name: "a", directory: "/e", sizeBytes: 1)),
            try sample("Job", fullJob, bareJob),
            try sample(
                "JobRequest",
                JobRequest(
                    host: "a", kind: "k", arguments: .null, expiresInSeconds: 1, notBefore: now, window: name,
                    forceAfter: 1, requirements: [.idle], notice: notice),
                JobRequest(host: "a", kind: "k", arguments: .null)),
            try sample("Event", event(name), event(nil)),
            try sample(
                "Key",
                KeyResource(
                    id: "0123456789abcdef", key: VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))!, hosts: [name],
                    missing: [name])),
            try sample("AuditEntry", audit("local socket", "ws-1"), audit(nil, nil)),
            try sample(
                "Template", TemplateResource(image: sealedImage, createdAt: now),
                TemplateResource(image: image, createdAt: now)),
            try sample("Image", sealedImage, image), try sample("TemplateSeal", seal, TemplateSeal()),
            try sample("File", sealedImage.variables),
            try sample("Profile", profile),
            try sample("ProfileApplication", ProfileApplication(profile: profile, changed: true)),
            try sample(
                "HostPlan", HostPlanResource(fullHost, plan: plan, vm: vm, fit: fit),
                HostPlanResource(bareHost, plan: barePlan)),
            try sample(
                "ProfileFit", ProfileFitResource(fullHost, fit: fit),
                ProfileFitResource(bareHost, fit: HostFit(answer: .unknown))),
            try sample("HostFit", fit, HostFit(answer: .fits)),
            try sample("PlacementPlan", plan, barePlan), try sample("VMPlacement", placement, barePlacement),
            try sample("PlacementObstacle", obstacle, PlacementObstacle(reason: "r")),
            try sample("VMDemand", demand, bareDemand),
            try sample(
                "TemplateImport",
                TemplateImport(name: name, version: name, upload: .random(), variables: .random(), seal: seal),
                TemplateImport(name: name, version: name, upload: .random())),
            try sample(
                "Upload", UploadResource(id: .random(), receivedBytes: 1, totalBytes: 2),
                UploadResource(id: .random(), receivedBytes: 0, totalBytes: nil)),
        ] + (try rollouts(host, name, digest, job, now)) + [
            try sample(
                "Problem", Problem(status: 400, code: "c", title: "t", detail: "d"),
                Problem(status: 400, code: "c", title: "t"))
        ]
    }

    private static func rollouts(
        _ host: HostID, _ name: ResourceName, _ digest: Digest, _ job: JobID, _ now: Date
    ) throws -> [(schema: String, full: JSONValue, bare: JSONValue)] {
        func rollout(_ reason: String?) -> RolloutResource {
            RolloutResource(
                name: name, intent: ["kind": .string("vm.start")], plan: digest, state: .halted, reason: reason,
                wave: 1,
                waves: 2, soakUntil: reason.map { _ in now }, deadline: now, hosts: [.pending: 1], createdAt: now,
                createdBy: "ada", updatedAt: now, approvedBy: ["bob"], approvals: 1)
        }
        func hostOfRollout(_ message: String?) -> RolloutHostResource {
            RolloutHostResource(
                host: host, hostName: name, hostState: .online, lastSeenAt: message.map { _ in now }, state: .failed,
                wave: message.map { _ in 1 }, attempts: 1, misses: 0, jobs: [job], reason: message, message: message,
                updatedAt: now)
        }
        func plan(_ obstacle: PlacementObstacle?) -> RolloutPlanResource {
            let window = obstacle.map { _ in Occurrence(start: now, end: now + 60) }
            return RolloutPlanResource(
                plan: digest, intent: [:], waves: [1],
                hosts: [
                    .init(
                        host: host, hostName: name, hostState: .online, lastSeenAt: obstacle.map { _ in now },
                        changes: ["c"], bytes: 1, window: window, obstacle: obstacle)
                ])
        }
        return [
            try sample("Rollout", rollout("r"), rollout(nil)),
            try sample("RolloutHost", hostOfRollout("m"), hostOfRollout(nil)),
            try sample("RolloutPlan", plan(PlacementObstacle(reason: "r", fix: "f")), plan(nil)),
            try sample(
                "RolloutApplication", RolloutApplication(intent: [:], plan: digest), RolloutApplication(intent: [:])),
            try sample("RolloutRetry", RolloutRetry(hosts: ["a"]), RolloutRetry()),
        ]
    }

    private static func sample<Value: Encodable>(
        _ schema: String, _ full: Value, _ bare: Value? = nil
    ) throws -> (schema: String, full: JSONValue, bare: JSONValue) {
        (schema, try FleetJSON.value(full), try FleetJSON.value(bare ?? full))
    }
}
