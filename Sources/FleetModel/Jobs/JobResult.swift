/// What a job has brought to light, beside its end.
public enum JobResult: Codable, Equatable, Sendable {
    /// Of `guest.exec`: what ran in the guest did.
    case command(GuestCommandResult)
    /// Of `vm.export`.
    case export(ExportReference)

    /// One or the other, each as it is.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        self =
            if let export = try? value.decode(ExportReference.self) { .export(export) } else {
                .command(try value.decode(GuestCommandResult.self))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .command(let result): try value.encode(result)
        case .export(let export): try value.encode(export)
        }
    }
}
