import Drawing
import FleetModel
import FleetTestSupport
import Testing

@testable import HostInspection

@Suite struct PictureTests {
    /// 16 cores of two kinds with 24 threads, in a machine with 20 groups.
    private func workstation() async throws -> Inspection {
        var inspection = try await MachineFixture("desktop-b550-rtx2070s-gt710").machine(.links).inspection()
        inspection.cpu = CPUDocument(isGuest: false)
        inspection.cpu.model = "AMD Ryzen 9 5950X 16-Core Processor"
        (inspection.cpu.sockets, inspection.cpu.cores, inspection.cpu.threads) = (1, 16, 24)
        inspection.memory.totalBytes = 64 << 30
        let siblings = (0..<8).map { [$0, $0 + 8] } + (8..<16).map { [$0 + 8] }
        inspection.cpu.threadList = siblings.enumerated().flatMap { core, threads in
            threads.map { .init(id: $0, package: 0, die: nil, core: core, node: nil, maximumFrequency: nil) }
        }
        inspection.cpu.caches = [0..<8, 8..<16].map { cores in
            .init(
                level: 3, kind: .unified, sizeBytes: 32 << 20,
                threads: cores.flatMap { siblings[$0] }.sorted())
        }
        inspection.cpu.coreKinds = [
            .init(name: "efficiency", threads: Array(16..<24), maximumFrequency: nil),
            .init(name: "performance", threads: Array(0..<16), maximumFrequency: nil),
        ]
        return inspection
    }

    @Test(arguments: [80, 120]) func aWorkstationIsReadableInATerminal(width: Int) async throws {
        let inspection = try await workstation()
        let text =
            inspection.topologyPicture.text(width: width, ascii: false, usesColor: false)
            + inspection.groupPicture.text(width: width, ascii: false, usesColor: false)
        #expect(text.split(separator: "\n").allSatisfy { String($0).terminalWidth <= width })
        #expect(try GoldenFile("workstation-\(width).txt").difference(from: text) == nil)
    }

    @Test func aWorkstationIsAnImage() async throws {
        let svg = try await workstation().picture.svg(width: 150)
        #expect(try GoldenFile("workstation.svg").difference(from: svg) == nil)
    }

    @Test func everyThreadAndEveryDeviceIsThere() async throws {
        let inspection = try await workstation()
        let topology = inspection.topologyPicture.text(width: 200, ascii: true, usesColor: false)
        for core in 0..<16 { #expect(topology.contains("\(core < 8 ? "P" : "E")-core \(core) ")) }
        let map = inspection.groupPicture.text(width: 200, ascii: true, usesColor: false)
        for device in inspection.pci { #expect(map.contains(device.address.description.dropFirst(5))) }
    }

    @Test func aMachineOfWhichNothingIsKnownIsDrawnToo() async throws {
        let inspection = await (try FixtureMachine([:])).inspection()
        #expect(!inspection.picture.svg(width: 100).isEmpty)
        #expect(inspection.topologyPicture.text(width: 80, ascii: true, usesColor: false).contains("no topology"))
    }
}
