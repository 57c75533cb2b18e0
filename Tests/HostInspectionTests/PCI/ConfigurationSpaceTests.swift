import FleetRuntime
import Testing

@testable import HostInspection

@Suite struct ConfigurationSpaceTests {
    /// A port with PCI Express at 0x40 and, from 0x100, AER, then ACS.
    private func port(kind: UInt8, offered: UInt8, enabled: UInt8, size: Int = 4096) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        bytes[0x06] = 0x10
        bytes[0x34] = 0x40
        bytes[0x40] = 0x10
        bytes[0x42] = kind << 4 | 2
        (bytes[0x100], bytes[0x102], bytes[0x103]) = (0x01, 0x01, 0x14)
        (bytes[0x140], bytes[0x142]) = (0x0d, 0x01)
        (bytes[0x144], bytes[0x146]) = (offered, enabled)
        return Array(bytes.prefix(size))
    }

    @Test func isolationIsWhatIsOfferedAndOn() {
        let all: UInt8 = 0x1d
        let on = ConfigurationSpace(port(kind: 4, offered: all, enabled: all))
        #expect(on.portKind == .root && on.accessControl == .init(capable: true, isolates: true))
        #expect(ConfigurationSpace(port(kind: 6, offered: all, enabled: 0x1c)).accessControl?.isolates == false)
        #expect(ConfigurationSpace(port(kind: 6, offered: 0x05, enabled: 0x05)).accessControl?.isolates == true)
    }

    @Test func kindsOfPorts() {
        let kinds = (0...9).map { ConfigurationSpace(port(kind: UInt8($0), offered: 0, enabled: 0)).portKind }
        #expect(
            kinds == [nil, nil, nil, nil, .root, .upstream, .downstream, .toConventional, .fromConventional, nil])
    }

    @Test func whatIsNotThereIsNotKnown() {
        let header = ConfigurationSpace(port(kind: 4, offered: 0x1d, enabled: 0x1d, size: 64))
        #expect(header.accessControl == nil && header.portKind == nil)
        let conventional = ConfigurationSpace(port(kind: 4, offered: 0x1d, enabled: 0x1d, size: 256))
        #expect(conventional.accessControl == .init(capable: false, isolates: false))
        #expect(ConfigurationSpace([]).accessControl == nil && ConfigurationSpace([]).portKind == nil)
        #expect(ConfigurationSpace([UInt8](repeating: 0xff, count: 4096)).accessControl?.capable == false)
    }

    @Test func listsThatLeadBackEnd() {
        var bytes = port(kind: 4, offered: 0, enabled: 0)
        (bytes[0x40], bytes[0x41]) = (0x05, 0x40)
        (bytes[0x142], bytes[0x143]) = (0x01, 0x10)
        bytes[0x140] = 0x03
        let space = ConfigurationSpace(bytes)
        #expect(space.capability(0x10) == nil && space.extendedCapability(0x000d) == nil)
    }

    @Test(arguments: (0..<500).map { _ in UInt64.random(in: 0...UInt64.max) })
    func anyBytesAreRead(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = port(kind: 4, offered: 0x1d, enabled: 0x1d, size: Int.random(in: 0...4096, using: &random))
        for _ in 0..<40 where !bytes.isEmpty {
            let place = Int.random(in: 0..<min(bytes.count, 0x180), using: &random)
            bytes[place] = UInt8.random(in: 0...255, using: &random)
        }
        let space = ConfigurationSpace(bytes)
        #expect((space.accessControl == nil) == (bytes.count <= 64), "seed \(seed)")
        #expect(space.portKind == nil || bytes.count > 64, "seed \(seed)")
    }
}
