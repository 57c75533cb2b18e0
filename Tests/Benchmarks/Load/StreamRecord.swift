import FleetModel

/// A record of a host's durable stream as it travels.
enum StreamRecord {
    static func text(_ type: EventType, body: String, epoch: EpochID, seq: UInt64) -> String {
        """
        {"body":\(body),"bootID":"0e0d7c6c-5b1c-4c5e-9a51-1d2f3a4b5c6d","epoch":"\(epoch)","first":1,"seq":\(seq),\
        "time":"2026-11-20T18:03:45.123Z","type":"\(type.rawValue)","uptime":12345.678}
        """
    }

    /// What comparisons send: a VM's lifecycle event.
    static let event = """
        {"detail":"booted","event":"started","name":"office-ada","synthesised":false,\
        "vm":"6f1c1a52-3a0e-4c59-9a39-2f4b8a6f2f10"}
        """
}
