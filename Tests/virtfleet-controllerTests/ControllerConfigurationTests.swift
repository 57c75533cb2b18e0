import AgentSetup
import Configuration
import FleetModel

import FleetTestSupport
import FoundationEssentials
import Signing
import Testing

@testable import FleetServer
@testable import virtfleet_controller

@Suite struct ControllerConfigurationTests {
    @Test func theExampleIsInOrderAndShowsTheDefaults() throws {
        let path =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/config/controller.yaml"
        let loaded = ConfigurationLoader.load(ControllerConfiguration.self, path: path)
        #expect(loaded.problems.isEmpty && loaded.warnings.isEmpty)
        #expect(try FleetJSON.encode(loaded.value) == FleetJSON.encode(ControllerConfiguration()))
    }

    @Test func whatCannotBeIsToldAtOnce() {
        let text = """
            api: {socket: here, tcp: {}}
            broker: {external: {tls: {key: /k}}}
            images: {publicURL: "controller:8621"}
            """
        let loaded = ConfigurationLoader.load(ControllerConfiguration.self, text: text, name: "c.yaml")
        #expect(
            loaded.problems.map(\.key) == [
                "api.socket", "api.tcp.tokenFile", "broker.external.host", "broker.external.tls.certificate",
                "images.publicURL",
            ])
    }

    @Test(arguments: [nil, "/etc/virtfleet/tls/controller.pem"])
    func whatAHostIsGivenIsACompleteConfiguration(certificate: String?) throws {
        var tls = TLSFiles()
        tls.certificate = certificate
        let keys = try [SigningKey.generate().verifyingKey, SigningKey.generate().verifyingKey]
        let host = HostID.random()
        let text = HostConfigurationText(
            fleet: try #require(FleetName("plant")), brokerHost: "broker.example", brokerPort: 8883,
            brokerTLS: tls, imagesURL: "http://it's:1")
        let secrets = HostSecrets(
            host: host, name: try #require(ResourceName("bench-07")), busPassword: "p'a: #s",
            imageToken: "\(host).token", keys: keys)
        let loaded = ConfigurationLoader.load(AgentConfiguration.self, text: text.text(secrets), name: "agent.yaml")
        #expect(loaded.problems.isEmpty && loaded.warnings.isEmpty)
        #expect(loaded.value.host == host && loaded.value.broker.password == "p'a: #s")
        #expect(loaded.value.controllerKeys == keys && loaded.value.images.url == "http://it's:1")
        #expect(loaded.value.broker.tls?.ca == "/etc/virtfleet/tls/ca.pem")
        #expect((loaded.value.broker.tls?.certificate != nil) == (certificate != nil))
    }

    @Test func secretsAreMadeOnceAndKept() throws {
        let directory = try TemporaryDirectory()
        let state = StateDirectory(path: directory.path)
        let first = try ControllerSecrets(in: state)
        let second = try ControllerSecrets(in: state)
        #expect(first.keys.current.verifyingKeys == second.keys.current.verifyingKeys)
        #expect(first.busPassword == second.busPassword && first.busPassword.count >= 32)
    }
}
