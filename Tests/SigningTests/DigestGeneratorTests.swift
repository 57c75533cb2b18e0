import Signing
import Testing

/// Jobs that were asked for by an earlier version keep their identities.
@Suite struct DigestGeneratorTests {
    /// `printf 'abc/1' | sha256sum`, its first 16 digits, and so on.
    @Test func theDigitsOfATextAreThoseOfItsDigests() {
        var digits = DigestGenerator(text: "abc")
        #expect(digits.next() == 0xbd7b_7763_5096_5a37)
        #expect(digits.next() == 0x5fd1_f693_c25a_d8ac)
    }
}
