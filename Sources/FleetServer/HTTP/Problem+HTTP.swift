import FleetModel
import FoundationEssentials

extension Problem {
    static func tooLarge(limit: Int) -> Problem {
        Problem(
            status: 413, code: "too-large", title: "Request body too large",
            detail: "this resource takes at most \(limit) bytes")
    }

    static func notFound(_ what: String) -> Problem {
        Problem(status: 404, code: "not-found", title: "Not found", detail: what)
    }

    static func invalid(_ detail: String) -> Problem {
        Problem(status: 400, code: "invalid-request", title: "Invalid request", detail: detail)
    }

    static func conflict(_ code: String, _ detail: String) -> Problem {
        Problem(status: 409, code: code, title: "Conflict", detail: detail)
    }

    static func unprocessable(_ code: String, _ detail: String) -> Problem {
        Problem(status: 422, code: code, title: "Cannot be carried out", detail: detail)
    }

    static func noSpace(_ detail: String) -> Problem {
        Problem(status: 507, code: "no-space", title: "Not enough disk space", detail: detail)
    }

    /// What the client is told of an error: a problem as it is, a decoding error with its place, and nothing of the
    /// inside of anything else.
    init(describing error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as DecodingError: self = .invalid(error.place)
        case is CancellationError:
            self.init(
                status: 503, code: "stopping", title: "The controller is stopping", detail: "try again in a few seconds"
            )
        default:
            self.init(
                status: 500, code: "internal", title: "Internal error",
                detail: "the request could not be carried out; the controller's log says why")
        }
    }

    var response: ServerResponse {
        let body = (try? FleetJSON.encode(self)).map { Array($0) } ?? []
        return ServerResponse(
            status: status, headers: ["Content-Type": "application/problem+json"], body: .bytes(body), problem: self)
    }
}

extension DecodingError {
    /// Where in the document, and what is wrong there.
    fileprivate var place: String {
        let (context, missing): (Context, (any CodingKey)?) =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                (context, nil)
            case .keyNotFound(let key, let context): (context, key)
            @unknown default: (Context(codingPath: [], debugDescription: "unreadable"), nil)
            }
        let path = (context.codingPath + (missing.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
        let what = missing == nil ? context.debugDescription : "is missing"
        return path.isEmpty ? "the body: \(what)" : "'\(path)': \(what)"
    }
}
