import FleetModel

/// The configuration space of a PCI function as bytes, and the walk through its capability lists
/// (PCI Express Base Specification, 7.5 and 7.6). Anything may stand in it; nothing outside it is read.
struct ConfigurationSpace: Sendable {
    /// The most that a PCI Express function has.
    static let size = 4096
    /// What everybody may read.
    static let headerSize = 64
    /// Where the extended capabilities begin.
    private static let extended = 256

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nil for what is no port, for conventional PCI, and when the bytes end too soon
    /// (PCI Express Capabilities Register, Device/Port Type).
    var portKind: PCIDevice.PortKind? {
        guard let offset = capability(0x10), let flags = word(at: offset + 2) else { return nil }
        return switch flags >> 4 & 0xf {
        case 4: .root
        case 5: .upstream
        case 6: .downstream
        case 7: .toConventional
        case 8: .fromConventional
        default: nil
        }
    }

    /// Nil when only the first 64 bytes are there.
    var accessControl: PCIDevice.AccessControl? {
        guard bytes.count > Self.headerSize else { return nil }
        guard let offset = extendedCapability(0x000d), let offered = word(at: offset + 4),
            let enabled = word(at: offset + 6)
        else { return PCIDevice.AccessControl(capable: false, isolates: false) }
        // Source validation, request redirect, completion redirect, upstream forwarding. What a port does not offer,
        // it has hard-wired (Linux, pci_acs_flags_enabled).
        let needed: UInt16 = 0b1_1101 & offered
        return PCIDevice.AccessControl(capable: true, isolates: enabled & needed == needed)
    }

    /// The offset of a capability in the first 256 bytes.
    func capability(_ id: UInt8) -> Int? {
        guard let status = word(at: 0x06), status & 0x10 != 0 else { return nil }
        var offset = Int(byte(at: 0x34) ?? 0) & 0xfc
        var visited = Set<Int>()
        while offset >= Self.headerSize, visited.insert(offset).inserted {
            guard let found = byte(at: offset), let next = byte(at: offset + 1), found != 0xff else { return nil }
            if found == id { return offset }
            offset = Int(next) & 0xfc
        }
        return nil
    }

    /// The offset of an extended capability.
    func extendedCapability(_ id: UInt16) -> Int? {
        var offset = Self.extended
        var visited = Set<Int>()
        while offset >= Self.extended, visited.insert(offset).inserted {
            guard let found = word(at: offset), let next = word(at: offset + 2), found != 0 || next != 0,
                found != 0xffff
            else { return nil }
            if found == id { return offset }
            offset = Int(next >> 4) & 0xffc
        }
        return nil
    }

    private func byte(at offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }

    private func word(at offset: Int) -> UInt16? {
        guard let low = byte(at: offset), let high = byte(at: offset + 1) else { return nil }
        return UInt16(low) | UInt16(high) << 8
    }
}
