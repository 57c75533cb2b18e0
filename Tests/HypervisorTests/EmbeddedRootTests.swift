import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import Hypervisor

@Suite struct EmbeddedRootTests {
    @Test func aRootIsReadFromItsURI() throws {
        #expect(try EmbeddedRoot(uri: "qemu:///embed?root=/tmp/vf-a")?.path == "/tmp/vf-a")
        #expect(try EmbeddedRoot(uri: "qemu:///system") == nil)
        #expect(try EmbeddedRoot(uri: "test:///default") == nil)
    }

    @Test(arguments: [
        "qemu:///embed", "qemu:///embed?root=", "qemu:///embed?root=relative",
        "qemu:///embed?root=/a/path/that/is/too/long/for/sockets",
    ])
    func aRootThatCannotWorkIsRefused(_ uri: String) {
        let error = #expect(throws: HypervisorError.self) { try EmbeddedRoot(uri: uri) }
        #expect(error?.code == .invalidDefinition)
    }

    /// In a process of its own: an embedded driver takes the place of every other connection to QEMU in its process.
    @Test func guestsRunInsideTheProcessAndOutliveTheConnection() async {
        await #expect(processExitsWith: .success) {
            try Isolation.require()
            let directory = try TemporaryDirectory()
            let uri = "qemu:///embed?root=\(directory.path)"
            try FileManager.default.createDirectory(
                atPath: directory.file("cache/qemu"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("cache/qemu/capabilities"),
                withDestinationPath: try PrivateLibvirt.capabilities())
            let guest = Fixtures.guest(files: directory.path, tpm: true)
            let first = try LibvirtHypervisor(uri: uri, logger: .silent)
            #expect(await first.events.next() == .connected([]))
            #expect(try await first.storagePools() == [])
            #expect(try await first.networks() == [])
            _ = try await first.define(guest.xml())
            try await first.start(guest.id)
            #expect(try await first.statistics().map(\.id) == [guest.id])
            // More talks than libvirt takes registrations of one driver in a process's life.
            for _ in 0..<25 { #expect(try await first.guestAgentAnswers(guest.id, within: .seconds(1)) == false) }
            await first.close()

            let second = try LibvirtHypervisor(uri: uri, logger: .silent)
            let domains = await next(second) { event -> [Domain]? in
                guard case .connected(let domains) = event else { return nil }
                return domains
            }
            #expect(domains?.map(\.state) == [.running])
            let tpm = "\(directory.path)/lib/swtpm/\(guest.id)"
            #expect(FileManager.default.fileExists(atPath: tpm))
            try await second.destroy(guest.id)
            try await second.undefine(guest.id)
            #expect(!FileManager.default.fileExists(atPath: tpm))
            await second.close()
        }
    }
}
