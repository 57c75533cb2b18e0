/// The files of a TLS client: whom it trusts and, where the server asks, who it is. All PEM.
public struct TLSFiles: ConfigurationSection {
    public var ca = "/etc/virtfleet/tls/ca.pem"
    public var certificate: String?
    public var key: String?

    public init() {}

    public func validate(_ check: SectionCheck) {
        if (certificate == nil) != (key == nil) {
            check.problem(certificate == nil ? "certificate" : "key", "certificate and key belong together")
        }
    }
}
