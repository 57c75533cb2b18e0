import FleetModel
import FleetRuntime
import FleetTestSupport
import Testing

@testable import Hypervisor

@Suite(.serialized) struct LibvirtLifecycleTests {
    @Test func smoke() async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, logger: Logger(label: "test"))
        print(await hypervisor.events.next() as Any)
        print(try await hypervisor.information())
        let files = try TemporaryDirectory()
        let spec = Fixtures.guest(files: files.path, tpm: true)
        print(spec.xml())
        let domain = try await hypervisor.define(spec.xml())
        print(domain)
        try await hypervisor.start(domain.id)
        for s in try await hypervisor.statistics() { print(s) }
        try await hypervisor.destroy(domain.id)
        try await hypervisor.undefine(domain.id)
        await hypervisor.close()
        for await e in hypervisor.events { print(e) }
        await libvirt.stop()
    }
}
