import FleetClient
import FleetModel
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Testing

/// Both programs on the broker that config/mosquitto shows, each with a certificate of its own.
@Suite struct SecureBrokerTests {
    @Test func aJobGoesThroughABrokerThatAsksForCertificates() async throws {
        let (authority, otherAuthority) = (try await CertificateAuthority(), try await CertificateAuthority())
        defer { withExtendedLifetime((authority, otherAuthority)) {} }
        let broker = try await MosquittoBroker(example: authority)
        let controller = try await ControllerUnderTest(
            broker: .init(port: broker.port, tls: try await authority.issue("controller")))
        let registration = try await controller.register("ada")
        let host = registration.host.id
        let identity = try await authority.issue(host.description)

        let stranger = try await otherAuthority.issue(host.description)
        for (tls, reason) in [
            // The broker is not whom the host trusts; the host is not whom the broker trusts; nobody at all.
            (
                MosquittoConfiguration.TLS(
                    caFile: stranger.caFile, certificateFile: identity.certificateFile, keyFile: identity.keyFile),
                "certificate verify failed"
            ),
            (
                MosquittoConfiguration.TLS(
                    caFile: identity.caFile, certificateFile: stranger.certificateFile, keyFile: stranger.keyFile),
                "each side's certificate is signed by"
            ),
        ] {
            let refused = try AgentUnderTest(registration, of: controller, libvirt: "test:///default", tls: tls)
            try refused.program.start()
            try await refused.program.until("it says why it cannot connect") {
                refused.program.log.contains("no TLS connection: ") && refused.program.log.contains(reason)
            }
            #expect(await refused.stop() == .status(0))
        }
        #expect(try await controller.client.host("ada").state == .never)

        let agent = try AgentUnderTest(registration, of: controller, libvirt: "test:///default", tls: identity)
        try await agent.start()
        try await agent.program.until("its VM is known") { try await !controller.client.vms().isEmpty }
        let vm = try await controller.client.vms()[0].vm.id
        let job = try await controller.client.requestJob(
            JobRequest(host: "ada", kind: "vm.start", arguments: .object(["vm": .string(vm.description)])))
        #expect(try await controller.client.waitForJob(job.id).state == .succeeded)
        #expect(await agent.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
    }
}
