import FleetModel
import Placement

extension HostEquipment {
    private struct Software: Decodable {
        struct Components: Decodable {
            struct Component: Decodable {
                var version: String?
            }

            struct Helpers: Decodable {
                var virtiofsd: Component?
                var xorriso: Component?
            }

            var qemu: Component?
            var libvirt: Component?
            var swtpm: Component?
            var helpers: Helpers?
        }

        struct Hypervisor: Decodable {
            var networks: [String]?
        }

        var components: Components
        var hypervisor: Hypervisor?
        var firmware: [GuestFirmware]
    }

    private struct Network: Decodable {
        struct Interface: Decodable {
            var name: String
            var kind: String
        }

        var interfaces: [Interface]
    }

    /// As far as the host has told of it, in words that are understood.
    init(_ inventory: [InventoryPart: JSONValue], cpu: CPUDocument) {
        func part<Document: Decodable>(_ part: InventoryPart, as type: Document.Type) -> Document? {
            inventory[part].flatMap { try? FleetJSON.decode(type, from: $0) }
        }
        let software = part(.software, as: Software.self)
        let components = software?.components
        let programs: [(Program, Software.Components.Component?)] = [
            (.qemu, components?.qemu), (.libvirt, components?.libvirt), (.swtpm, components?.swtpm),
            (.virtiofsd, components?.helpers?.virtiofsd), (.xorriso, components?.helpers?.xorriso),
        ]
        let interfaces = part(.network, as: Network.self)?.interfaces ?? []
        self.init(
            cpu: cpu, programs: Set(programs.filter { $0.1 != nil }.map(\.0)), firmware: software?.firmware ?? [],
            showsPrograms: software != nil, showsHelpers: components?.helpers != nil,
            libvirtVersion: components?.libvirt?.version, networks: software?.hypervisor?.networks,
            interfaces: Dictionary(interfaces.map { ($0.name, Interface(kind: $0.kind)) }) { first, _ in first })
    }
}
