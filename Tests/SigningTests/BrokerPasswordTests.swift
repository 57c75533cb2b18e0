import Testing

@testable import Signing

@Suite struct BrokerPasswordTests {
    @Test func isWhatPBKDF2Says() {
        // Computed with Python's hashlib.pbkdf2_hmac.
        #expect(
            BrokerPassword.hash("correct horse", salt: Array(0..<12))
                == "$7$101$AAECAwQFBgcICQoL$lp0Cm29zl+CI/RXyXDKvLye7OxM3OuE6RMzgXTX/f3imS/pFh2Ur7yarLDpKRUKpB0tOj6l0U"
                + "rRv41zqxmD4tg==")
    }

    @Test func saltsEveryHash() { #expect(BrokerPassword.hash("same") != BrokerPassword.hash("same")) }
}
