enum UnexpectedValue {
    /// The error of a value that has a text form of its own.
    static func error(_ expectation: String, in container: any SingleValueDecodingContainer) -> DecodingError {
        let got = (container as? NodeDecoder)?.node?.quoted ?? "another type"
        return DecodingError.dataCorruptedError(in: container, debugDescription: "\(expectation), got \(got)")
    }
}
