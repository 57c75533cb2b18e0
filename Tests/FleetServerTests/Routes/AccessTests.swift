import FleetModel
import FleetTestSupport
import Glibc
import Testing

@testable import FleetServer

/// Who gets in, and on what the server agrees to listen.
@Suite struct AccessTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    @Test(arguments: [
        "localhost", "localhost:8080", "LOCALHOST", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:9",
    ])
    func loopbackNamesAreServed(host: String) async throws {
        #expect(try await status(host: host, authorization: "Bearer \(APIFixture.token)") == 200)
    }

    @Test(arguments: [
        "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "localhost:8080x",
        "[::1]evil", "[::2]", "127.0.0.2", "",
    ])
    func aNameThatWasReboundToLoopbackIsNot(host: String) async throws {
        #expect(try await status(host: host, authorization: "Bearer \(APIFixture.token)") == 421)
    }

    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Bearer wrong", "Basic \(APIFixture.token)", "\(APIFixture.token)",
        "Bearer \(APIFixture.token)x",
    ])
    func withoutTheTokenNothingIsServed(authorization: String?) async throws {
        #expect(try await status(host: "localhost", authorization: authorization) == 401)
    }

    private func status(host: String, authorization: String?) async throws -> Int {
        var headers = ["Host": host]
        headers["Authorization"] = authorization
        let request = try ServerRequest(.get, "/api/v1/hosts", headers: headers, peer: .network(address: "127.0.0.1"))
        let response = try await fixture.api.handle(request)
        #expect(response.headers.keys.allSatisfy { !$0.lowercased().hasPrefix("access-control") })
        return response.status
    }

    @Test func withoutAConfiguredTokenTCPServesNothing() async throws {
        let api = API(services: fixture.services, token: nil)
        let request = try ServerRequest(
            .get, "/api/v1/hosts", headers: ["Host": "localhost", "Authorization": "Bearer "],
            peer: .network(address: "127.0.0.1"))
        #expect(try await api.handle(request).status == 401)
    }

    @Test func theUnixSocketIsForItsOwnerAndGroup() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("api.socket")
        do {
            let socket = try ListenSocket(.unix(path: path))
            var information = stat()
            #expect(stat(path, &information) == 0)
            #expect(information.st_mode & 0o777 == 0o660)
            #expect(throws: ListenError.self) { try ListenSocket(.unix(path: path)) }
            withExtendedLifetime(socket) {}
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test func aSocketLeftByADeadProcessIsReplacedAndAFileIsNot() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("api.socket")
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        close(dead)
        _ = try ListenSocket(.unix(path: path))

        let file = directory.file("file")
        close(open(file, O_WRONLY | O_CREAT, 0o600))
        #expect(throws: ListenError.self) { try ListenSocket(.unix(path: file)) }
        #expect(access(file, F_OK) == 0)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "localhost", ""])
    func otherThanALoopbackAddressIsRefused(address: String) {
        #expect(throws: ListenError.self) {
            try ListenSocket(.tcp(address: address, port: 0), loopbackOnly: true)
        }
    }

    @Test(arguments: ["127.0.0.1", "127.1.2.3", "::1"]) func loopbackAddressesAreTaken(address: String) throws {
        #expect(try #require(ListenSocket(.tcp(address: address, port: 0), loopbackOnly: true).port) > 0)
    }

    @Test func aPortInUseIsSaidClearly() throws {
        let first = try ListenSocket(.tcp(address: "127.0.0.1", port: 0))
        let port = try #require(first.port)
        let error = #expect(throws: ListenError.self) { try ListenSocket(.tcp(address: "127.0.0.1", port: port)) }
        let text = try #require(error?.description)
        #expect(text.hasPrefix("cannot listen on 127.0.0.1:\(port): Address already in use; "))
        withExtendedLifetime(first) {}
    }
}
