import FleetModel
import FoundationEssentials
import MessageBus

/// What arrives on the bus.
extension AgentSession {
    /// A new session for each attempt, in birth and will alike.
    nonisolated func prepareConnection() -> ConnectionAttempt {
        let will = presence.withLock { presence in
            presence.begin(.random())
            return presence.message(.lost, at: time.now())
        }
        guard let payload = try? FleetJSON.encode(will) else { return ConnectionAttempt(will: nil) }
        return ConnectionAttempt(
            will: BusMessage(
                topic: Topic.presence(settings.host).name(in: settings.fleet), payload: Array(payload), retain: true))
    }

    func on(_ event: BusEvent) async {
        switch event {
        case .connected(let sessionPresent):
            isConnected = true
            logger.notice("connected to the broker")
            // A broker that does not know us may have lost what it kept for us, too.
            if !sessionPresent { outbox.repeatAll { _ in true } }
            stream.connected()
            publishing.send(())
        case .disconnected(let reason):
            lost("disconnected from the broker: \(reason)")
        case .twin(let evidence):
            lost("another machine uses this host's identity: \(evidence)")
            await record(.identityTwin, HostEvent(what: "twin", message: evidence))
        case .oversized(let topic, let bytes):
            logger.warning("dropped \(bytes) bytes on \(topic)")
        case .message(let message):
            await on(message)
        }
    }

    private func lost(_ message: String) {
        isConnected = false
        stream.disconnected()
        if announced == .online { logger.warning(message) } else { logger.notice(message) }
    }

    private func on(_ message: BusMessage) async {
        // An empty payload clears a retained message and says nothing.
        guard !message.payload.isEmpty else { return }
        let host = settings.host
        switch Topic(message.topic, in: settings.fleet) {
        case .ack(host):
            if let position = decode(StreamPosition.self, message) {
                stream.acknowledged(position)
                publishing.send(())
            }
        case .jobs(host):
            await jobs.receive(envelope: message.payload, retained: message.retain)
        case .desired(host):
            await jobs.receive(desired: message.payload)
            publishing.send(())
        case .request(host):
            if let request = decode(Request.self, message) { await answer(request, message) }
        case .presence(host):
            if let presence = decode(Presence.self, message) { observe(presence, retained: message.retain) }
        case .controller:
            if let presence = decode(ControllerPresence.self, message),
                controller.observe(presence, retained: message.retain)
            {
                logger.info("a controller has come")
                stream.controllerCame()
            }
        default:
            logger.debug("nothing here reads \(message.topic)")
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ message: BusMessage) -> Value? {
        do {
            return try FleetJSON.decode(type, from: Data(message.payload))
        } catch {
            logger.warning("ignoring a malformed message on \(message.topic): \(error)")
            return nil
        }
    }

    private func observe(_ other: Presence, retained: Bool) {
        switch presence.withLock({ $0.observe(other, retained: retained) }) {
        case .nothing: break
        case .overwritten:
            presence.withLock { $0.invalidate() }
            publishing.send(())
        case .twin(let session):
            bus.reportTwin(evidence: "session \(session) says on our presence that it is online")
        }
    }

    private func answer(_ request: Request, _ message: BusMessage) async {
        guard request.expiresAt > time.now() else { return }
        switch request.call {
        case .publishInventory:
            outbox.repeatAll { topic in
                switch topic {
                case .inventory(_, let part): request.parts.contains(part)
                case .vm: true
                default: false
                }
            }
            publishing.send(())
        }
        do {
            try await bus.publish(
                BusMessage(
                    topic: Topic.reply(settings.host).name(in: settings.fleet),
                    payload: Array(try FleetJSON.encode(Reply(ok: true))), correlationData: message.correlationData,
                    expirySeconds: 30))
        } catch {
            logger.debug("a reply was not sent: \(error)")
        }
    }
}
