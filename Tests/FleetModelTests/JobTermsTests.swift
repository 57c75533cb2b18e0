@testable import FleetModel
import FoundationEssentials
import Testing

@Suite struct JobTermsTests {
    @Test func areReadAsTheyAreWritten() throws {
        let conditions = JobConditions(
            forceAfter: 3, requirements: [.disk(mebibytes: 10), .network],
            notice: JobNotice(seconds: 900, deferrals: 2))
        let terms = JobTerms(conditions)
        #expect(terms.words == ["disk=10", "network", "force-after=3", "notice=900/2"])
        #expect(try JobTerms(words: terms.words) == terms)
        #expect(JobTerms(JobConditions()).words == [])
    }

    @Test(arguments: [
        "moon", "notice=", "notice=900", "notice=59/0", "notice=86401/0", "notice=900/11", "notice=900/-1",
        "notice=900/1/1", "notice=/", "force-after=", "force-after=0", "force-after=101", "force-after=1.5",
    ])
    func aWordThatSaysNothingIsNamed(_ word: String) {
        #expect(throws: UnknownTerm(word: word)) { try JobTerms(words: ["power", word]) }
    }

    @Test func aNoticeHasItsBoundsAndNoDeferralsUnlessAskedFor() throws {
        func notice(_ text: String) throws -> JobNotice {
            try FleetJSON.decode(JobNotice.self, from: Data(text.utf8))
        }
        #expect(try notice(#"{"seconds":60}"#) == JobNotice(seconds: 60, deferrals: 0))
        #expect(throws: DecodingError.self) { try notice(#"{"seconds":59}"#) }
        #expect(throws: DecodingError.self) { try notice(#"{"seconds":60,"deferrals":11}"#) }
    }
}
