import FleetRuntime

/// What the thread of one `MosquittoBus` does: one client per connection attempt, one attempt after the other.
final class MosquittoLoop: MosquittoClientDelegate {
    private enum Phase: Equatable {
        /// Waiting for CONNACK.
        case connecting
        /// Waiting for the SUBACK of these message IDs.
        case subscribing(Set<Int32>)
        case connected
        case closed(code: Int32, reason: String)
    }

    private enum Ending {
        case lost(code: Int32, reason: String)
        case twinReported(String)
        case suspended(CheckedContinuation<Void, Never>?)
        case stopped
    }

    private let configuration: MosquittoConfiguration
    private let events: Mailbox<BusEvent>
    private let commands: BusCommands
    private let wakeup: Wakeup
    private let prepare: @Sendable () -> ConnectionAttempt
    private let time = SystemTimeSource()
    private var reconnection: Reconnection
    private var generator = SystemRandomNumberGenerator()

    private var client: MosquittoClient?
    private var phase = Phase.connecting
    private var sessionPresent = false
    /// Since CONNACK.
    private var acceptedAt: Duration?
    private var made: [BusCommands.Subscription] = []
    /// Messages that came before `connected` could be reported.
    private var early: [BusEvent] = []
    private var unanswered: [Int32: BusCommands.Answer] = [:]
    private var lastReason: String?
    /// Who waits for the end.
    private var stopping: CheckedContinuation<Void, Never>?

    init(
        _ configuration: MosquittoConfiguration, events: Mailbox<BusEvent>, commands: BusCommands, wakeup: Wakeup,
        prepare: @escaping @Sendable () -> ConnectionAttempt
    ) {
        self.configuration = configuration
        self.events = events
        self.commands = commands
        self.wakeup = wakeup
        self.prepare = prepare
        reconnection = Reconnection(policy: configuration.reconnect)
    }

    func run() {
        var stopped = false
        while !stopped {
            let ending = attempt()
            let lifetime = acceptedAt.map { time.monotonic() - $0 }
            client = nil
            settle()
            switch ending {
            case .stopped: stopped = true
            case .lost(let code, let reason):
                report(reason)
                stopped = !pause(
                    reconnection.lost(
                        after: lifetime, brokerForgot: !configuration.cleanStart && !sessionPresent,
                        reasonCode: code >= 0x80 ? Int(code) : nil, using: &generator))
            case .twinReported(let evidence):
                report("disconnected for a twin")
                stopped = !pause(reconnection.reported(evidence, using: &generator))
            case .suspended(let done):
                report("disconnected as asked")
                done?.resume()
                stopped = !rest()
            }
        }
        events.finish()
        stopping?.resume()
        for done in commands.finish() { done.resume() }
    }

    /// One connection, from its making to its end.
    private func attempt() -> Ending {
        phase = .connecting
        acceptedAt = nil
        made = []
        do {
            let client = try MosquittoClient(configuration, attempt: prepare(), delegate: self)
            self.client = client
            commands.setDeaf(true)
            defer { commands.setDeaf(false) }
            try client.connect(configuration)
        } catch {
            return .lost(code: 0, reason: error.description)
        }
        let deadline = time.monotonic() + configuration.connectTimeout
        while let client {
            if case .closed(let code, let reason) = phase { return .lost(code: code, reason: reason) }
            if phase != .connected, time.monotonic() > deadline {
                return .lost(code: 0, reason: "no answer within \(configuration.connectTimeout)")
            }
            while let command = commands.next() {
                if let ending = carryOut(command, on: client) { return ending }
            }
            client.drive(wake: wakeup, limit: .seconds(1))
        }
        return .stopped
    }

    private func carryOut(_ command: BusCommands.Command, on client: MosquittoClient) -> Ending? {
        switch command {
        case .publish(let message, let answer):
            do { unanswered[try client.publish(message)] = answer } catch { answer.resume(returning: .failure(error)) }
            return nil
        case .subscribe(let filter, let qos, let answer):
            do { unanswered[try client.subscribe(filter, qos: qos)] = answer } catch {
                answer.resume(returning: .failure(error))
            }
            return nil
        case .reportTwin(let evidence):
            sayGoodbye(on: client)
            return .twinReported(evidence)
        case .suspend(let done):
            sayGoodbye(on: client)
            return .suspended(done)
        case .resume: return nil
        case .disconnect(let done):
            stopping = done
            sayGoodbye(on: client)
            return .stopped
        case .abandon: return .stopped
        }
    }

    /// Disconnects normally, so that no will is published.
    private func sayGoodbye(on client: MosquittoClient) {
        let deadline = time.monotonic() + .seconds(2)
        client.disconnect()
        while client.isOpen, time.monotonic() < deadline { client.drive(wake: wakeup, limit: .milliseconds(100)) }
    }

    /// Fails what the lost connection leaves open.
    private func settle() {
        for answer in commands.loseConnection() + unanswered.values {
            answer.resume(returning: .failure(.connectionLost))
        }
        unanswered = [:]
        let lost = UInt64(early.count)
        if lost > 0 { commands.count { $0.dropped += lost } }
        early = []
    }

    private func report(_ reason: String) {
        guard reason != lastReason else { return }
        lastReason = reason
        events.send(.disconnected(reason: reason), exempt: true)
    }

    /// - Returns: false when the bus was told to stop meanwhile.
    private func pause(_ decision: Reconnection.Decision) -> Bool {
        let delay: Duration
        switch decision {
        case .retry(let after): delay = after
        case .twin(let evidence, let retryAfter):
            events.send(.twin(evidence: evidence), exempt: true)
            delay = retryAfter
        }
        return rest(until: time.monotonic() + delay)
    }

    /// Stays disconnected until then; once suspended, until the bus is told to resume.
    /// - Returns: false when the bus was told to stop meanwhile.
    private func rest(until end: Duration? = nil) -> Bool {
        var end = end
        while case let left = end.map({ $0 - time.monotonic() }) ?? .seconds(3600), left > .zero {
            _ = wakeup.wait(limit: left)
            while let command = commands.next() {
                switch command {
                case .disconnect(let done):
                    stopping = done
                    return false
                case .abandon: return false
                case .suspend(let done):
                    end = nil
                    done?.resume()
                case .resume where end == nil: return true
                case .publish(_, let answer), .subscribe(_, _, let answer):
                    answer.resume(returning: .failure(.connectionLost))
                case .reportTwin, .resume: break
                }
            }
        }
        return true
    }

    // MARK: - MosquittoClientDelegate

    func accepted(sessionPresent: Bool) {
        acceptedAt = time.monotonic()
        self.sessionPresent = sessionPresent
        phase = .subscribing([])
        subscribeOrConnect()
    }

    func refused(reasonCode: Int) {
        closed(code: 0, reason: "the broker refused: \(MosquittoFailure.text(code: Int32(reasonCode)))")
    }

    func closed(code: Int32) {
        let reason = MosquittoFailure.text(code: code, complaint: client?.complaint)
        // A broker that does not accept a certificate hangs up; TLS 1.3 lets the client think until then that all is well.
        let isAboutTLS = configuration.tls != nil && phase == .connecting && code < 0x80
        closed(code: code, reason: isAboutTLS ? MosquittoFailure.noTLS(reason) : reason)
    }

    func published(mid: Int32, reasonCode: Int) { answer(mid, reasonCode, "publish") }

    func subscribed(mid: Int32, reasonCode: Int) {
        if case .subscribing(var open) = phase, open.remove(mid) != nil {
            guard reasonCode < 0x80 else {
                return closed(
                    code: 0, reason: "subscription refused: \(MosquittoFailure.text(code: Int32(reasonCode)))")
            }
            phase = .subscribing(open)
            if open.isEmpty { subscribeOrConnect() }
        } else {
            answer(mid, reasonCode, "subscription")
        }
    }

    func received(_ message: BusMessage) {
        commands.count { $0.received += 1 }
        deliver(.message(message))
    }

    func receivedOversized(topic: String, bytes: Int) {
        commands.count { $0.oversized += 1 }
        deliver(.oversized(topic: topic, bytes: bytes))
    }

    private func requireClient() throws(BusError) -> MosquittoClient {
        guard let client else { throw .connectionLost }
        return client
    }

    /// The first reason of a connection's end is the true one.
    private func closed(code: Int32, reason: String) {
        if case .closed = phase { return }
        phase = .closed(code: code, reason: reason)
    }

    private func answer(_ mid: Int32, _ reasonCode: Int, _ operation: String) {
        let refusal = BusError.refused(
            reasonCode: reasonCode, "\(operation): \(MosquittoFailure.text(code: Int32(reasonCode)))")
        unanswered.removeValue(forKey: mid)?.resume(returning: reasonCode < 0x80 ? .success(()) : .failure(refusal))
    }

    /// Makes the remembered subscriptions, those too that came while others were being made; then all is connected.
    private func subscribeOrConnect() {
        let missing = commands.connect(made: made)
        guard missing.isEmpty else {
            var open: Set<Int32> = []
            for subscription in missing {
                do { open.insert(try requireClient().subscribe(subscription.filter, qos: subscription.qos)) } catch {
                    return closed(code: 0, reason: "subscribe to \(subscription.filter): \(error)")
                }
            }
            made += missing
            phase = .subscribing(open)
            return
        }
        phase = .connected
        lastReason = nil
        events.send(.connected(sessionPresent: sessionPresent), exempt: true)
        for event in early { deliver(event) }
        early = []
    }

    private func deliver(_ event: BusEvent) {
        if phase != .connected, early.count < events.capacity {
            early.append(event)
        } else if phase != .connected || !events.send(event) {
            commands.count { $0.dropped += 1 }
        }
    }
}
