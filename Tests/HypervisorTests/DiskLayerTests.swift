import FleetModel
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Subprocess
import Testing

/// The layers of running domains' disks, in memory and for real.
@Suite struct DiskLayerTests {
    @Test(arguments: HypervisorKind.allCases)
    func anOverlayTakesTheWritesUntilItIsCommitted(_ kind: HypervisorKind) async throws {
        try await running(kind) { hypervisor, guest, files in
            let disk = guest.disks[0].path
            try await hypervisor.overlayDisks(guest.id, ["sda": files.file("one.qcow2")])
            #expect(try await layers(hypervisor, guest.id) == [files.file("one.qcow2"), disk])
            #expect(try await hypervisor.blockJob(guest.id, disk: "sda") == nil)

            try await hypervisor.startCommit(guest.id, disk: "sda", of: files.file("one.qcow2"), into: disk)
            #expect(try await eventually { try await hypervisor.blockJob(guest.id, disk: "sda")?.isReady == true })
            #expect(try await layers(hypervisor, guest.id).first == files.file("one.qcow2"))
            try await hypervisor.pivot(guest.id, disk: "sda")
            #expect(try await eventually { try await layers(hypervisor, guest.id) == [disk] })
            #expect(try await hypervisor.blockJob(guest.id, disk: "sda") == nil)
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aLayerBelowIsCommittedByItself(_ kind: HypervisorKind) async throws {
        try await running(kind) { hypervisor, guest, files in
            let disk = guest.disks[0].path
            for layer in ["one.qcow2", "two.qcow2"] {
                try await hypervisor.overlayDisks(guest.id, ["sda": files.file(layer)])
            }
            #expect(
                try await layers(hypervisor, guest.id) == [files.file("two.qcow2"), files.file("one.qcow2"), disk])
            try await hypervisor.startCommit(guest.id, disk: "sda", of: files.file("one.qcow2"), into: disk)
            #expect(try await eventually { try await layers(hypervisor, guest.id) == [files.file("two.qcow2"), disk] })
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aCopyTakesThePlaceOfAllLayers(_ kind: HypervisorKind) async throws {
        try await running(kind) { hypervisor, guest, files in
            try await hypervisor.overlayDisks(guest.id, ["sda": files.file("one.qcow2")])
            try await hypervisor.startCopy(guest.id, disk: "sda", to: files.file("copy.qcow2"))
            #expect(try await eventually { try await hypervisor.blockJob(guest.id, disk: "sda")?.isReady == true })
            #expect(try await layers(hypervisor, guest.id).first == files.file("one.qcow2"))
            try await hypervisor.pivot(guest.id, disk: "sda")
            #expect(try await eventually { try await layers(hypervisor, guest.id) == [files.file("copy.qcow2")] })
            #expect(
                try await DomainDefinition(xml: hypervisor.definition(of: guest.id)).disks.map(\.file)
                    == [files.file("copy.qcow2")])
            #expect(try await hypervisor.blockJob(guest.id, disk: "sda") == nil)
        }
    }

    /// QEMU 7.2 does not survive the end of a block pull at which somebody asks for the statistics of its disks; it has to
    /// survive those of all jobs that virtfleet has it do.
    @Test func jobsOnDisksEndWhileTheDisksAreWatched() async throws {
        try await running(.libvirt) { hypervisor, guest, files in
            let watch = Task { while !Task.isCancelled { _ = try? await hypervisor.statistics() } }
            defer { watch.cancel() }
            var active = guest.disks[0].path
            for round in 0..<25 {
                let (lower, upper, copy) = (
                    files.file("lower\(round).qcow2"), files.file("upper\(round).qcow2"),
                    files.file("copy\(round).qcow2")
                )
                for overlay in [lower, upper] { try await hypervisor.overlayDisks(guest.id, ["sda": overlay]) }
                try await hypervisor.startCommit(guest.id, disk: "sda", of: lower, into: active)
                #expect(try await eventually { try await hypervisor.blockJob(guest.id, disk: "sda") == nil })
                #expect(try await layers(hypervisor, guest.id) == [upper, active])
                try await hypervisor.startCommit(guest.id, disk: "sda", of: upper, into: active)
                try await pivot(hypervisor, guest.id)
                for isAborted in [true, false] {
                    try await hypervisor.startCopy(guest.id, disk: "sda", to: copy)
                    guard isAborted else { continue }
                    try await hypervisor.abortBlockJob(guest.id, disk: "sda")
                    #expect(try await layers(hypervisor, guest.id) == [active])
                    try FileManager.default.removeItem(atPath: copy)
                }
                try await pivot(hypervisor, guest.id)
                #expect(try await hypervisor.domain(guest.id).state == .running, "round \(round)")
                active = copy
            }
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aDiskThatIsLeftOutGetsNoOverlay(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            var guest = try await guest(files)
            guest.disks.append(DomainSpecification.Disk(path: files.file("data.raw"), format: .raw))
            _ = try await Subprocess.run("qemu-img", ["create", "-q", guest.disks[1].path, "1M"]).successful()
            let parts = guest.xml().split(separator: "<disk ")
            let xml = parts[...1].joined(separator: "<disk ") + "<disk snapshot='no' " + parts[2]
            _ = try await hypervisor.define(xml)
            try await hypervisor.start(guest.id)
            try await hypervisor.overlayDisks(guest.id, ["sda": files.file("one.qcow2")])
            for xml in [
                try await hypervisor.definition(of: guest.id), try await hypervisor.liveDefinition(of: guest.id),
            ] {
                let disks = try DomainDefinition(xml: xml).disks
                #expect(disks.map(\.isLeftOut) == [false, true])
                #expect(disks[1].file == guest.disks[1].path)
            }
            try await hypervisor.destroy(guest.id)
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func memoryIsKeptWithTheDisksAndRestoredOnOtherLayers(_ kind: HypervisorKind) async throws {
        try await running(kind) { hypervisor, guest, files in
            let (memory, other) = (files.file("memory"), files.file("other.qcow2"))
            #expect(try await !hypervisor.isBusy(guest.id))
            try await hypervisor.suspend(guest.id)
            try await hypervisor.overlayDisks(guest.id, ["sda": files.file("one.qcow2")], memory: memory)
            #expect(try await hypervisor.domain(guest.id).state == .paused)
            #expect(try await layers(hypervisor, guest.id) == [files.file("one.qcow2"), guest.disks[0].path])
            await #expect(throws: HypervisorError.self) {
                try await hypervisor.restore(guest.id, from: memory, DomainEdit())
            }
            try await hypervisor.destroy(guest.id)
            #expect(try await !hypervisor.isBusy(guest.id))
            _ = try await Subprocess.run(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", guest.disks[0].path, other]
            ).successful()
            let edit = DomainEdit(files: ["sda": other])
            _ = try await hypervisor.define(edit.applied(to: guest.xml()))
            try await hypervisor.restore(guest.id, from: memory, edit)
            #expect(try await hypervisor.domain(guest.id).state == .running)
            #expect(try await layers(hypervisor, guest.id) == [other, guest.disks[0].path])
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func whatIsKeptOfADomain(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path, tpm: true)
            _ = try await hypervisor.define(guest.xml())
            #expect(try await !hypervisor.hasManagedSave(guest.id))
            try await hypervisor.removeManagedSave(guest.id)
            #expect(try await hypervisor.foreignSnapshots(guest.id) == [])
            let states = try #require(hypervisor.tpmStateDirectory(of: guest.id))
            #expect(!FileManager.default.fileExists(atPath: states))
            try await hypervisor.start(guest.id)
            #expect(FileManager.default.fileExists(atPath: "\(states)/tpm2/tpm2-00.permall"))
            try await hypervisor.destroy(guest.id)
            try await hypervisor.undefine(guest.id)
            #expect(!FileManager.default.fileExists(atPath: states))
        }
    }

    @Test func snapshotsThatAPersonMadeAreNamed() async throws {
        let files = try TemporaryDirectory()
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, logger: .silent)
        _ = await hypervisor.events.next()
        let guest = try await guest(files)
        _ = try await hypervisor.define(guest.xml())
        try await hypervisor.start(guest.id)
        let virsh = ["-c", libvirt.uri, "snapshot-create-as", guest.name, "by-hand", "--disk-only"]
        _ = try await Subprocess.run("virsh", virsh).successful()
        #expect(try await hypervisor.foreignSnapshots(guest.id) == ["by-hand"])
        _ = try await Subprocess.run("virsh", ["-c", libvirt.uri, "managedsave", guest.name]).successful()
        #expect(try await hypervisor.hasManagedSave(guest.id))
        try await hypervisor.removeManagedSave(guest.id)
        #expect(try await !hypervisor.hasManagedSave(guest.id))
        await hypervisor.close()
        await libvirt.stop()
    }

    // Helpers

    private func running(
        _ kind: HypervisorKind, _ body: (any Hypervisor, DomainSpecification, TemporaryDirectory) async throws -> Void
    ) async throws {
        try await kind.run { hypervisor, files in
            let guest = try await guest(files)
            _ = try await hypervisor.define(guest.xml())
            try await hypervisor.start(guest.id)
            try await body(hypervisor, guest, files)
            try await hypervisor.destroy(guest.id)
        }
    }

    private func pivot(_ hypervisor: any Hypervisor, _ id: VMID) async throws {
        #expect(try await eventually { try await hypervisor.blockJob(id, disk: "sda")?.isReady == true })
        try await hypervisor.pivot(id, disk: "sda")
        #expect(try await eventually { try await hypervisor.blockJob(id, disk: "sda") == nil })
    }

    private func guest(_ files: TemporaryDirectory) async throws -> DomainSpecification {
        let disk = files.file("disk.qcow2")
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", disk, "8M"]).successful()
        var guest = Fixtures.guest(files: files.path)
        guest.disks = [DomainSpecification.Disk(path: disk, format: .qcow2)]
        return guest
    }

    /// The files of the guest's disk, from the one that it writes to downwards.
    private func layers(_ hypervisor: any Hypervisor, _ id: VMID) async throws -> [String] {
        struct Layer: Decodable {
            let filename: String
        }
        let definition = try DomainDefinition(xml: try await hypervisor.liveDefinition(of: id))
        let file = try #require(definition.disks.first?.file)
        let arguments = ["info", "-U", "--backing-chain", "--output=json", file]
        let text = try await Subprocess.run("qemu-img", arguments).successful().text
        return try JSONDecoder().decode([Layer].self, from: Data(text.utf8)).map(\.filename)
    }
}
