import FleetModel
import FleetStore
import FoundationEssentials
import MessageBus
import Signing

/// Reads a message as far as that goes without the database. Pure.
package struct ArrivalDecoder {
    /// Larger payloads are refused unread.
    static let maximumBytes = 1 << 20
    private let fleet: FleetName

    package init(fleet: FleetName) { self.fleet = fleet }

    package enum Result {
        case arrival(Arrival)
        case refused(RefusedPayload, detail: String)
        /// Not for the store.
        case ignored
    }

    package func decode(_ message: BusMessage, receivedAt: Date) -> Result {
        func refuse(_ reason: RefusedPayload.Reason, _ detail: String) -> Result {
            let refused = RefusedPayload(
                receivedAt: receivedAt, topic: message.topic, reason: reason, payload: message.payload)
            return .refused(refused, detail: detail)
        }
        guard message.payload.count <= Self.maximumBytes else {
            return refuse(.tooLarge, "\(message.payload.count) bytes; at most \(Self.maximumBytes) are read")
        }
        guard message.topic.hasPrefix("\(Topic.root)/\(fleet)/") else { return refuse(.wrongFleet, "not of \(fleet)") }
        guard let topic = Topic(message.topic, in: fleet), let host = topic.host else {
            return refuse(.unknownTopic, "no topic of this version")
        }
        do {
            guard let content = try content(of: topic, message) else { return .ignored }
            return .arrival(
                Arrival(
                    host: host, receivedAt: receivedAt, retained: message.retain, content: content,
                    topic: message.topic, payload: message.payload))
        } catch let refusal as Refusal {
            return refuse(refusal.reason, refusal.detail)
        } catch {
            return refuse(.malformed, "\(error)")
        }
    }

    private struct Refusal: Error {
        var reason = RefusedPayload.Reason.malformed
        var detail: String
    }

    private func content(of topic: Topic, _ message: BusMessage) throws -> Arrival.Content? {
        // An emptied retained document says that it is gone, which only a VM can be.
        if message.payload.isEmpty {
            if case .vm(_, let vm) = topic { return .vmGone(vm) }
            return nil
        }
        guard let text = String(validating: message.payload, as: UTF8.self) else {
            throw Refusal(detail: "not UTF-8")
        }
        let data = Data(message.payload)
        switch topic {
        case .presence: return .presence(try FleetJSON.decode(Presence.self, from: data))
        case .inventory(_, let part): return .inventory(part, digest: try digest(of: message), document: text)
        case .vm(_, let id):
            let vm = try FleetJSON.decode(VMDocument.self, from: data)
            guard vm.id == id else { throw Refusal(detail: "the document of VM \(vm.id) on another VM's topic") }
            return .vm(vm)
        case .stream:
            let header = try FleetJSON.decode(StreamHeader.self, from: data)
            guard header.seq > 0, header.seq <= UInt64(Int64.max) else {
                throw Refusal(detail: "seq \(header.seq) is out of range")
            }
            let report =
                header.type == .jobStatus ? try FleetJSON.decode(StreamBody<JobReport>.self, from: data).body : nil
            return .record(header, text: text, report: report)
        case .progress: return .progress(try FleetJSON.decode(JobProgress.self, from: data))
        case .metrics: return .metrics(try FleetJSON.decode(MetricsBatch.self, from: data))
        case .reply, .ack, .jobs, .desired, .request, .controller: return nil
        }
    }

    /// The document must be JSON and hash to what its sender said.
    private func digest(of message: BusMessage) throws -> Digest {
        guard let declared = message.userProperty(InventoryPart.digestProperty).flatMap(Digest.init) else {
            throw Refusal(reason: .wrongDigest, detail: "no digest in the user properties")
        }
        let actual = SHA256Hasher.digest(of: message.payload)
        guard actual == declared else {
            throw Refusal(reason: .wrongDigest, detail: "digest \(actual), declared \(declared)")
        }
        _ = try FleetJSON.decode(JSONValue.self, from: Data(message.payload))
        return actual
    }
}
