import FleetModel
import FleetRuntime
import FoundationEssentials
import Rollouts
import Testing

@Suite struct SelectorTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private static let facts: HostFacts = {
        var host = HostResource(
            id: HostID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!, name: ResourceName("ada-laptop")!,
            labels: ["site": "plant-1", "example.org/ring": "early"], state: .online, lastSeenAt: now - 7200,
            createdAt: now, agentVersion: "1.10.0", vmCount: 2)
        host.inventory = [
            .memory: .object(["totalBytes": .integer(32 << 30)]),
            .iommu: .object(["enabled": .bool(true)]),
            .software: .object(["components": .object(["libvirt": .object(["version": .string("9.10.1")])])]),
        ]
        var office = VMDocument(
            id: .random(), name: "office", state: .running, memoryBytes: 12 << 30, vcpus: 4, persistent: true,
            autostart: false)
        office.origin = .init(
            job: JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, template: Digest(String(repeating: "a", count: 64))!,
            profile: "office", profileVersion: 3)
        let other = VMDocument(
            id: .random(), name: "scratch", state: .shutoff, memoryBytes: 1 << 30, vcpus: 1, persistent: true,
            autostart: false)
        return HostFacts(host, vms: [office, other], now: now)
    }()

    @Test(arguments: [
        "", "name = ada-laptop", "name = ada-*", "name = '*laptop'", "state in (online, sleeping)",
        "labels.site = plant-1 and labels.example.org/ring = early", "labels.site = *",
        "memory.totalBytes >= 32GiB", "memory.totalBytes>31GiB", "unseen < 3h", "unseen >= 120m",
        "agentVersion >= 1.9", "software.components.libvirt.version > 9.9", "iommu.enabled = true",
        "vms.profile = office and vms.state = shutoff", "vms.profileVersion < 4", "not vms.profile = rockwell",
        "vms.profile != rockwell", "labels.team != sales", "name = x or (name = y or name = ada-laptop)",
        "not (name = x or not name = ada-laptop)", "vms.memoryBytes <= 1GiB",
    ])
    func meets(_ text: String) throws { #expect(try Selector(parsing: text).matches(Self.facts)) }

    @Test(arguments: [
        "name = ada", "state = offline", "labels.team = *", "memory.totalBytes < 32GiB", "unseen > 2d",
        "agentVersion >= 1.11", "not name = ada-laptop", "vms.profile != office", "labels.site != plant-1",
        "iommu.enabled = false", "name = x or name = y and name = ada-laptop", "vms.template = b*",
        "memory.totalBytes = abc", "memory > 1", "labels.site > plant-2",
    ])
    func doesNotMeet(_ text: String) throws { #expect(try !Selector(parsing: text).matches(Self.facts)) }

    @Test(arguments: [
        ("name", "at character 5: expected one of = != < <= > >=, or 'in', found the end"),
        ("name =", "at character 7: expected a value, found the end"),
        ("name = a b", "at character 10: expected 'and', 'or' or the end, found 'b'"),
        ("(name = a", "at character 10: expected ')', found the end"),
        ("nmae = a", "at character 1: nothing of a host is called 'nmae'"),
        ("labels..x = a", "at character 1: 'labels..x' has an empty part between its dots"),
        ("name = 'a", "at character 8: the quote is not closed"),
        ("name in a", "at character 9: expected '(', found 'a'"),
        ("= a", "at character 1: expected what is asked of a host"),
    ])
    func saysWhatIsWrong(_ text: String, _ message: String) {
        let problem = #expect(throws: SelectorProblem.self) { try Selector(parsing: text) }
        #expect(problem?.description.hasPrefix(message) == true, "\(problem?.description ?? "")")
    }

    @Test func depthAndLengthAreBounded() {
        let deep = String(repeating: "(", count: 2000) + "name = a" + String(repeating: ")", count: 2000)
        #expect(throws: SelectorProblem.self) { try Selector(parsing: deep) }
        #expect(throws: SelectorProblem.self) { try Selector(parsing: String(repeating: "name = a and ", count: 1000)) }
    }

    @Test func tellsWhatItAsksFor() throws {
        let selector = try Selector(parsing: "labels.a = b and (memory.totalBytes > 1 or not vms.name = x)")
        #expect(selector.members == ["labels", "memory", "vms"])
    }

    /// Whatever it is given it ends, and what it takes it takes again.
    @Test func takesAnyText() throws {
        let words = [
            "name", "labels.x", "=", "!=", "(", ")", "and", "or", "not", "in", ",", "'a b'", "10%", "\"", "ä", "*",
        ]
        for seed in 0..<2000 {
            var random = SeededGenerator(seed: UInt64(seed))
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in words.randomElement(using: &random)! }
                .joined(separator: Bool.random(using: &random) ? " " : "")
            guard let selector = Selector(text) else { continue }
            #expect(Selector(selector.description) == selector, "seed \(seed): \(text)")
            _ = selector.matches(Self.facts)
        }
    }
}
