import AgentSetup
import Configuration
import FleetModel
import FoundationEssentials
import Testing

@Suite struct AgentConfigurationTests {
    private static let host = "host: 1b4e28ba-2fa1-41d2-883f-0016d3cca427\n"

    private func problems(_ text: String) -> [String] {
        ConfigurationLoader.load(AgentConfiguration.self, text: text, name: "agent.yaml").problems.map(\.description)
    }

    @Test func theExampleIsInOrder() throws {
        let loaded = ConfigurationLoader.load(AgentConfiguration.self, path: repository("config/agent.yaml"))
        #expect(loaded.problems.isEmpty && loaded.warnings.isEmpty)
    }

    /// Every key that the example shows as a comment exists.
    @Test func theExampleNamesNoKeyThatIsNotThere() throws {
        let text = try String(contentsOfFile: repository("config/agent.yaml"), encoding: .utf8)
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            // A commented key begins with a small letter and a colon ends its first word; its items are indented.
            guard let hash = line.firstIndex(of: "#"), line[..<hash].allSatisfy({ $0 == " " }) else {
                return String(line)
            }
            let rest = line[line.index(after: hash)...].drop { $0 == " " }
            let isKey =
                rest.first?.isLowercase == true && rest.prefix { $0.isLetter }.endIndex == rest.firstIndex(of: ":")
            return isKey || rest.hasPrefix("- ") ? String(line[..<hash] + line[hash...].dropFirst(2)) : String(line)
        }
        let loaded = ConfigurationLoader.load(
            AgentConfiguration.self, text: uncommented.joined(separator: "\n"), name: "agent.yaml")
        #expect(loaded.warnings.isEmpty)
        #expect(
            loaded.problems.map(\.key) == ["broker.passwordFile", "images.tokenFile"],
            "both ways to give a secret are shown, and only one may be given")
    }

    @Test func theHostAloneMustBeGiven() {
        #expect(problems(Self.host).isEmpty)
        #expect(
            problems("{}") == [
                "agent.yaml:1:1: host: is missing; 'virtfleet host add NAME' on the controller prints a complete file"
            ])
    }

    @Test func whatCannotBeIsToldAtOnce() {
        let text =
            Self.host + """
                broker: {port: 70000, tls: {certificate: /c.pem}}
                images: {url: "ftp://x"}
                metrics: {interval: 0s}
                stateDirectory: here
                jobs: {allow: [vm.clone, vm.explode]}
                controllerKeys: [abc]
                """
        #expect(
            problems(text).map { $0.split(separator: ":").dropFirst(3).joined(separator: ":") } == [
                " broker.port: expected an integer from 1 to 65535, got \"70000\"",
                " broker.tls.key: certificate and key belong together",
                " images.url: expected an http:// or https:// URL, got \"ftp://x\"",
                " metrics.interval: expected 1s to 1h, got 0ms",
                " stateDirectory: expected an absolute path, got \"here\"",
                " jobs.allow[1]: expected one of \(JobKindName.allCases.map(\.rawValue).joined(separator: ", ")), got \"vm.explode\"",
                " controllerKeys[0]: expected the base64 of 32 bytes (an Ed25519 public key), got 'abc'",
            ])
    }

    private func repository(_ path: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .path + "/" + path
    }
}
