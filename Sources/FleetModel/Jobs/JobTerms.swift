/// What the words in a signed job's `requirements` say. All conditions that an agent must not overlook travel as such words:
/// one that it does not know has it reject the job, where a member that it does not know is ignored.
public struct JobTerms: Equatable, Sendable {
    public static let expectation = "\(JobRequirement.expectation), force-after=WINDOWS or notice=SECONDS/DEFERRALS"
    private static let forcePrefix = "force-after="
    private static let noticePrefix = "notice="

    public var requirements: [JobRequirement] = []
    /// Once so many of its windows have ended without its start, the job waits for none any more.
    public var forceAfter: Int?
    public var notice: JobNotice?

    public init(_ conditions: JobConditions) {
        requirements = conditions.requirements ?? []
        forceAfter = conditions.forceAfter
        notice = conditions.notice
    }

    /// - Throws: for the first word that says nothing to this version.
    public init(words: [String]) throws(UnknownTerm) {
        for word in words {
            if let requirement = JobRequirement(word) {
                requirements.append(requirement)
            } else if let count = Self.count(of: word) {
                forceAfter = count
            } else if let notice = Self.notice(of: word) {
                self.notice = notice
            } else {
                throw UnknownTerm(word: word)
            }
        }
    }

    public var words: [String] {
        requirements.map(\.description)
            + [
                forceAfter.map { "\(Self.forcePrefix)\($0)" },
                notice.map { "\(Self.noticePrefix)\($0.seconds)/\($0.deferrals)" },
            ].compactMap(\.self)
    }

    private static func count(of word: String) -> Int? {
        guard word.hasPrefix(forcePrefix), let count = Int(word.dropFirst(forcePrefix.count)),
            JobConditions.forceAfterRange.contains(count)
        else { return nil }
        return count
    }

    private static func notice(of word: String) -> JobNotice? {
        guard word.hasPrefix(noticePrefix) else { return nil }
        let parts = word.dropFirst(noticePrefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let seconds = Int(parts[0]), let deferrals = Int(parts[1]) else { return nil }
        return JobNotice(seconds: seconds, deferrals: deferrals)
    }
}

public struct UnknownTerm: Error, Equatable, Sendable {
    public let word: String
}
