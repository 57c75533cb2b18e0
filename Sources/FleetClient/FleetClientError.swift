import FleetModel
import HTTPClient

/// Why the controller did not do what was asked of it.
public enum FleetClientError: Error, CustomStringConvertible, Sendable {
    /// No answer came; whether a request that changes something was carried out is not known.
    case unreachable(ControllerAddress, HTTPError)
    /// The controller refused, and says why.
    case refused(Problem)
    /// What came back is no answer of a controller.
    case unintelligible(request: String, reason: String)
    /// A file to upload cannot be read, or is not what it was.
    case unreadableFile(path: String, reason: String)
    case cancelled

    public var description: String {
        switch self {
        case .unreachable(let address, let error):
            """
            the controller at \(address) does not answer: \(error.reason); check that virtfleet-controller runs there, \
            or name another with --controller
            """
        case .refused(let problem): problem.detail ?? problem.title
        case .unintelligible(let request, let reason):
            "\(request): the answer is not a virtfleet controller's: \(reason); check the address and both versions"
        case .unreadableFile(let path, let reason): "\(path): \(reason)"
        case .cancelled: "cancelled"
        }
    }
}

extension FleetClientError {
    /// Whether a controller that is being started again gives it.
    public var mayPass: Bool {
        switch self {
        case .unreachable: true
        case .refused(let problem): problem.status == 503
        case .unintelligible, .unreadableFile, .cancelled: false
        }
    }
}
