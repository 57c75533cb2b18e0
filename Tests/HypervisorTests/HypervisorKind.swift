import FleetRuntime
import FleetTestSupport
import Hypervisor
import Testing

/// The implementations that share one conformance suite.
enum HypervisorKind: String, CaseIterable, CustomTestStringConvertible {
    case inMemory = "in memory"
    case libvirt = "libvirtd"

    var testDescription: String { rawValue }

    /// Runs the body with a connected hypervisor that has no domains, and a directory for the guests' files.
    func run(_ body: (any Hypervisor, TemporaryDirectory) async throws -> Void) async throws {
        let files = try TemporaryDirectory()
        switch self {
        case .inMemory:
            let hypervisor = try InMemoryHypervisor(directory: files.file("domains"))
            #expect(await hypervisor.events.next() == .connected([]))
            try await body(hypervisor, files)
            await hypervisor.close()
        case .libvirt:
            let libvirt = try PrivateLibvirt()
            try await libvirt.start()
            let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, tpmStates: libvirt.tpmStates, logger: .silent)
            #expect(await hypervisor.events.next() == .connected([]))
            try await body(hypervisor, files)
            await hypervisor.close()
            await libvirt.stop()
        }
    }
}

extension Logger {
    static let silent = Logger(label: "test", level: .error) { _, _ in }
}

extension HypervisorEvent {
    /// `started booted` for a lifecycle event.
    var lifecycle: String? {
        guard case .lifecycle(_, _, let event, let detail) = self else { return nil }
        return [event, detail].compactMap { $0 }.joined(separator: " ")
    }
}

/// The next event that passes the filter.
func next<Result>(_ hypervisor: any Hypervisor, _ filter: (HypervisorEvent) -> Result?) async -> Result? {
    while let event = await hypervisor.events.next() {
        if let result = filter(event) { return result }
    }
    return nil
}

/// Expects the body to throw a `HypervisorError` of this code.
func expectError(
    _ code: HypervisorError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was thrown; expected \(code)", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? HypervisorError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}
