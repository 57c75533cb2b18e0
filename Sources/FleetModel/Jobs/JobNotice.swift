/// What the person at the machine has of a job before it begins: time, and the right to put it off.
public struct JobNotice: Codable, Equatable, Sendable {
    public static let expectation = "60 to 86400 seconds and 0 to 10 deferrals"

    /// How long before it begins the person is told.
    public let seconds: Int
    /// How often the person may put it off.
    public let deferrals: Int

    public init?(seconds: Int, deferrals: Int = 0) {
        guard (60...86_400).contains(seconds), (0...10).contains(deferrals) else { return nil }
        self.seconds = seconds
        self.deferrals = deferrals
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let seconds = try values.decode(Int.self, forKey: .seconds)
        let deferrals = try values.decodeIfPresent(Int.self, forKey: .deferrals) ?? 0
        guard let notice = Self(seconds: seconds, deferrals: deferrals) else {
            throw DecodingError.dataCorruptedError(
                forKey: .seconds, in: values,
                debugDescription: "expected \(Self.expectation), got \(seconds) and \(deferrals)")
        }
        self = notice
    }
}
