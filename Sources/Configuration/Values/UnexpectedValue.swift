enum UnexpectedValue {
    /// The error of a value that has a text form of its own.
    static func error(_ expectation: String, in container: any SingleValueDecodingContainer) -> DecodingError {
        let got = (try? container.decode(String.self)).map { "\"\($0.prefix(60))\"" } ?? "something else"
        return DecodingError.dataCorruptedError(in: container, debugDescription: "\(expectation), got \(got)")
    }
}
