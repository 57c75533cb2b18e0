import CMosquitto
import Testing

@testable import MessageBus

@Suite struct MosquittoFailureTests {
    /// As when the broker answers before the call that connects returns.
    @Test func aHandshakeThatFailsAtOnceSaysWhatToLookAt() {
        let failure = MosquittoFailure(
            "connect to broker:8883", code: MOSQ_ERR_TLS.rawValue, errno: 0, complaint: "certificate verify failed")
        #expect(
            failure.description.hasPrefix(
                "connect to broker:8883: no TLS connection: certificate verify failed; check that"))
        let refused = MosquittoFailure(
            "connect to broker:8883", code: MOSQ_ERR_CONN_REFUSED.rawValue, errno: 0, complaint: nil)
        #expect(!refused.description.contains("TLS"))
    }
}
