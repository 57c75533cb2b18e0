import FleetModel
import Testing

@Suite struct TopicTests {
    static let fleet = FleetName("plant")!
    static let host = HostID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!
    static let vm = VMID("2ed6657d-e927-568b-95e1-2665a8aea6a2")!
    static let all: [Topic] =
        [
            .presence(host), .vm(host, vm), .metrics(host), .progress(host), .stream(host), .reply(host), .ack(host),
            .jobs(host), .desired(host), .request(host), .controller,
        ] + InventoryPart.allCases.map { .inventory(host, $0) }

    @Test(arguments: all) func `a topic is read as it was written`(topic: Topic) {
        let name = topic.name(in: Self.fleet)
        #expect(Topic(name, in: Self.fleet) == topic)
        #expect(Topic(name, in: FleetName("other")!) == nil)
        #expect(topic.host == (topic == .controller ? nil : Self.host))
        let filters = [
            Topic.everythingUp(in: Self.fleet), Topic.everythingDown(to: Self.host, in: Self.fleet),
            Topic.everythingForAll(in: Self.fleet),
        ]
        #expect(filters.filter { name.hasPrefix($0.dropLast()) }.count == 1)
    }

    @Test func `the names are those of the protocol`() {
        #expect(Topic.stream(Self.host).name(in: Self.fleet) == "vf/1/plant/up/\(Self.host)/stream")
        #expect(Topic.jobs(Self.host).name(in: Self.fleet) == "vf/1/plant/down/\(Self.host)/jobs")
        #expect(Topic.inventory(Self.host, .cpu).name(in: Self.fleet) == "vf/1/plant/up/\(Self.host)/inventory/cpu")
        #expect(Topic.controller.name(in: Self.fleet) == "vf/1/plant/all/controller")
    }

    @Test(arguments: [
        "", "vf/1/plant", "vf/1/plant/", "vf/1/plant/up", "vf/1/plant/up/\(host)", "vf/1/plant/up/\(host)/",
        "vf/1/plant/up/\(host)/nothing", "vf/1/plant/up/\(host)/stream/", "vf/1/plant/up/\(host)/stream/more",
        "vf/1/plant/down/\(host)/stream", "vf/1/plant/up/\(host)/jobs", "vf/1/plant/up/nobody/stream",
        "vf/1/plant/up/1B4E28BA-2FA1-41D2-883F-0016D3CCA427/stream", "vf/2/plant/up/\(host)/stream",
        "vf/1/plant/up/\(host)/inventory/nothing", "vf/1/plant/up/\(host)/vm/nothing", "vf/1/plant/up/\(host)/vm",
        "vf/1/plant/all/nothing", "vf/1/plant/all/controller/", "/vf/1/plant/all/controller",
        "vf/1/plant/up//stream", "vf/1/planty/all/controller",
    ]) func `any other name is none`(name: String) {
        #expect(Topic(name, in: Self.fleet) == nil)
    }
}
