import FleetModel
import MessageBus

/// The retained documents that the broker should hold, and what it has taken of them. Level-triggered: of several
/// changes while there is no connection only the last is sent.
struct Outbox {
    private struct Document {
        var message: BusMessage
        var isTaken = false
    }

    /// One message under way.
    struct Dispatch: Equatable {
        var topic: Topic
        var message: BusMessage
    }

    private var documents: [Topic: Document] = [:]
    private var waiting: [Topic] = []

    /// Makes `message` the document of its topic; nothing is sent when the broker has it already.
    mutating func set(_ topic: Topic, _ message: BusMessage) {
        if let document = documents[topic], document.message == message { return }
        documents[topic] = Document(message: message)
        enqueue(topic)
    }

    /// Sends documents again, as if the broker had lost them.
    mutating func repeatAll(where condition: (Topic) -> Bool) {
        for topic in documents.keys.filter(condition).sorted(by: { "\($0)" < "\($1)" }) {
            documents[topic]?.isTaken = false
            enqueue(topic)
        }
    }

    /// The next message to publish; ask again after `finished` or `failed`.
    func next() -> Dispatch? {
        guard let topic = waiting.first, let document = documents[topic] else { return nil }
        return Dispatch(topic: topic, message: document.message)
    }

    /// The broker has taken the message, or will never take it.
    mutating func finished(_ dispatch: Dispatch) {
        // Set anew while the message was under way: the newer one is still to go.
        guard documents[dispatch.topic]?.message == dispatch.message else { return }
        waiting.removeAll { $0 == dispatch.topic }
        if dispatch.message.payload.isEmpty {
            documents[dispatch.topic] = nil
        } else {
            documents[dispatch.topic]?.isTaken = true
        }
    }

    /// The documents that the broker has, by topic.
    var taken: [Topic: BusMessage] { documents.filter(\.value.isTaken).mapValues(\.message) }

    private mutating func enqueue(_ topic: Topic) {
        if !waiting.contains(topic) { waiting.append(topic) }
    }
}
