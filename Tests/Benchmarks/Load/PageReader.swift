import FleetRuntime
import Foundation
import HTTPClient

/// Reads the pages that people and dashboards look at, in turn, as long as something else is measured.
struct PageReader: Sendable {
    let socket: String
    /// Below `/api/v1/`.
    let pages: [String]
    private let http = HTTPClient()
    private static let pause: Duration = .milliseconds(20)

    init(socket: String, pages: [String]) {
        self.socket = socket
        self.pages = pages
    }

    /// Until it is cancelled.
    /// - Returns: milliseconds of each answer.
    func run() async throws -> [Double] {
        let time = SystemTimeSource()
        var latencies: [Double] = []
        while (try? await time.sleep(for: Self.pause)) != nil {
            let page = pages[latencies.count % pages.count]
            let begun = time.monotonic()
            let answer: HTTPResponse
            do {
                answer = try await http.send(
                    HTTPRequest(url: "http://localhost/api/v1/\(page)", unixSocket: socket))
            } catch {
                if Task.isCancelled { break }
                throw error
            }
            guard answer.isSuccess else { throw BenchmarkFailure("GET \(page) is answered with \(answer.status)") }
            latencies.append((time.monotonic() - begun).seconds * 1000)
        }
        return latencies
    }
}
