/// A date and a time of day, to the minute, of no time zone in particular: `2026-01-05T22:00`.
public struct LocalTime: TextIdentifier {
    public static let expectation = "a local date and time such as 2026-01-05T22:00"
    private static let daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    public let year: Int
    /// 1 for January.
    public let month: Int
    public let day: Int
    public let hour: Int
    public let minute: Int

    /// - Returns: nil for anything else, and for days and times that no calendar and no clock has.
    public init?(_ text: String) {
        let separators: [Character] = ["-", "-", "T", ":"]
        let characters = Array(text)
        guard characters.count == 16, [4, 7, 10, 13].map({ characters[$0] }) == separators else { return nil }
        let numbers = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16].map { range -> Int? in
            let digits = characters[range]
            return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(String(digits)) : nil
        }
        guard let year = numbers[0], let month = numbers[1], let day = numbers[2], let hour = numbers[3],
            let minute = numbers[4], (1970...2199).contains(year), (1...12).contains(month), hour < 24, minute < 60,
            (1...Self.days(of: month, in: year)).contains(day)
        else { return nil }
        (self.year, self.month, self.day, self.hour, self.minute) = (year, month, day, hour, minute)
    }

    public var description: String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute))"
    }

    private static func days(of month: Int, in year: Int) -> Int {
        let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        return month == 2 && !isLeap ? 28 : daysOfMonths[month - 1]
    }
}
