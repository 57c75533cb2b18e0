import FleetModel
import FoundationEssentials
import Testing

/// docs/asyncapi.json says what the code says: the same topics, the same payloads.
@Suite struct AsyncAPITests {
    private let document: AsyncAPIDocument

    init() throws { document = try AsyncAPIDocument() }

    @Test func describesEveryTopic() throws {
        let fleet = try #require(FleetName("plant"))
        let channels = try #require(document["channels"]?.members)
        #expect(Set(channels.keys) == Set(BusSamples.topics.map(BusSamples.channel)))
        for topic in BusSamples.topics {
            var address = try #require(channels[BusSamples.channel(of: topic)]?["address"]?.stringValue)
            for (name, value) in ["fleet": "plant"].merging(BusSamples.parameters(of: topic), uniquingKeysWith: { $1 })
            {
                address.replace("{\(name)}", with: value)
            }
            #expect(address == topic.name(in: fleet))
        }
    }

    @Test func namesTheSchemaOfEveryTopicsPayload() throws {
        for topic in BusSamples.topics {
            let payload = document["components"]?["messages"]?[BusSamples.channel(of: topic)]?["payload"]?["$ref"]
            #expect(payload?.stringValue == "#/components/schemas/\(BusSamples.schema(of: topic))")
        }
    }

    @Test(arguments: BusSamples.payloads)
    func describesExactlyTheMembersOf(_ payload: BusSamples.Payload) throws {
        let schema = try document.schema(payload.schema)
        let members = Mirror(reflecting: payload.value).children.map { child in
            (name: child.label ?? "", optional: Mirror(reflecting: child.value).displayStyle == .optional)
        }
        #expect(Set(try #require(schema["properties"]?.members).keys) == Set(members.map(\.name)))
        let required = try #require(schema["required"]?.elements).compactMap(\.stringValue)
        #expect(Set(required) == Set(members.filter { !$0.optional }.map(\.name)))
        #expect(document.violations(of: schema, by: try FleetJSON.value(payload.value)) == [])
    }

    @Test func describesEverySchemaOfThePayloads() throws {
        let schemas = try #require(document["components"]?["schemas"]?.members)
        let open: Set = ["StreamRecord", "InventoryDocument"]
        #expect(Set(schemas.keys) == open.union(BusSamples.payloads.map(\.schema)))
    }

    @Test func listsEveryWordOfTheClosedSets() throws {
        func words(_ schema: String, _ member: String) throws -> Set<String> {
            let property = try document.schema(schema)["properties"]?[member]
            let list = property?["enum"] ?? property?["items"]?["enum"] ?? property?["examples"]
            return Set(try #require(list?.elements).compactMap(\.stringValue))
        }
        #expect(try words("Presence", "state") == Set(Presence.State.allCases.map(\.rawValue)))
        #expect(try words("VMDocument", "state") == Set(VMDocument.State.allCases.map(\.rawValue)))
        #expect(try words("VMDemand", "pinning") == Set(VMDemand.Pinning.allCases.map(\.rawValue)))
        #expect(try words("MemoryDemand", "hugePages") == Set(MemoryDemand.HugePages.allCases.map(\.rawValue)))
        #expect(try words("NodeBinding", "mode") == Set(VMPlacement.NodeBinding.Mode.allCases.map(\.rawValue)))
        #expect(
            try words("JobReport", "state") == Set(JobState.allCases.filter(\.isReportedByAgent).map(\.rawValue)))
        #expect(try words("VMDemand", "graphics") == Set(GraphicsDemand.allCases.map(\.rawValue)))
        #expect(
            try words("HostPowerPolicy", "onSleep") == Set(HostPowerPolicy.SleepAction.allCases.map(\.rawValue)))
        #expect(
            try words("HostPowerPolicy", "onShutdown")
                == Set(HostPowerPolicy.ShutdownAction.allCases.map(\.rawValue)))
        #expect(try words("Request", "call") == Set(Request.Call.allCases.map(\.rawValue)))
        #expect(try words("Request", "parts") == Set(InventoryPart.allCases.map(\.rawValue)))
        #expect(try words("ImageReference", "format") == Set(ImageReference.Format.allCases.map(\.rawValue)))
        #expect(try words("Job", "kind") == Set(JobKindName.allCases.map(\.rawValue)))
        #expect(try words("StreamHeader", "type") == Set(EventType.known.map(\.rawValue)))
        let parts = document["components"]?["parameters"]?["part"]?["enum"]?.elements?.compactMap(\.stringValue)
        #expect(parts == InventoryPart.allCases.map(\.rawValue))
    }

    /// The check above is only worth something when it finds what is wrong.
    @Test func findsWhatIsWrong() throws {
        let schema = try document.schema("StreamPosition")
        let store = JSONValue.string(StoreID.random().description)
        let violations = { (members: [String: JSONValue]) in document.violations(of: schema, by: .object(members)) }
        #expect(violations(["store": store, "epoch": store, "seq": .integer(1)]) == [])
        #expect(violations(["store": store, "epoch": store]) == ["$: seq is missing"])
        #expect(violations(["store": store, "epoch": store, "seq": .string("1")]) == ["$.seq: no integer"])
        #expect(
            violations(["store": store, "epoch": store, "seq": .integer(1), "more": .null])
                == ["$: more is not described"])
        #expect(
            document.violations(of: try document.schema("Request"), by: .object(["call": .string("reboot")]))
                .contains("$.call: not one of the listed words"))
    }
}
