import FleetModel
import FoundationEssentials
import Testing

@Suite struct PresenceTests {
    private let digest = String(repeating: "a", count: 64)

    @Test func aNewerAgentsPartsArePassedOver() throws {
        let text = """
            {"state": "online", "session": "6f1c8f1e-1111-4222-8333-444455556666", "agentVersion": "9.0.0", "bootID": "b",
             "time": "2026-01-31T12:00:00.000Z", "jobsRevision": 1, "desiredRevision": 0, "mood": "good",
             "inventory": {"cpu": "\(digest)", "quantum": "\(digest)"}}
            """
        let presence = try FleetJSON.decode(Presence.self, from: Data(text.utf8))
        #expect(presence.inventory == [.cpu: Digest(digest)!])
        #expect(try FleetJSON.decode(Presence.self, from: FleetJSON.encode(presence)) == presence)
    }

    @Test func aNewerControllersPartsArePassedOver() throws {
        let text = """
            {"call": "inventory.publish", "parts": ["quantum", "memory"], "expiresAt": "2026-01-31T12:00:00.000Z"}
            """
        let request = try FleetJSON.decode(Request.self, from: Data(text.utf8))
        #expect(request.parts == [.memory])
        #expect(try FleetJSON.decode(Request.self, from: FleetJSON.encode(request)) == request)
    }
}
