import FleetModel
import Testing

@testable import HostInspection

@Suite struct NetworkInspectorTests {
    private func machine() throws -> FixtureMachine {
        let machine = try FixtureMachine([
            "/proc/net/route": "Iface\tDestination\n"
                + "wlp2s0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                + "br0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                + "eth9\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n"
                + "tun0\t00000000\t00000000\t0003\t0\t0\t0\t00000080\t0\t0\t0\n",
            "/proc/net/vlan/plc": "plc  VID: 100\t REORDER_HDR: 1\nDevice: enp3s0\n",
            "/sys/class/net/bonding_masters": "",
        ])
        try machine.device(
            "/devices/pci0000:00/0000:03:00.0/net/enp3s0", class: "net",
            [
                "type": "1", "address": "aa:bb:cc:00:00:01", "addr_assign_type": "0", "mtu": "1500", "carrier": "1",
                "speed": "2500", "duplex": "full", "device/sriov_totalvfs": "2",
            ])
        let card = "/sys/devices/pci0000:00/0000:03:00.0/net/enp3s0"
        try machine.link(card + "/device/driver", to: "../../../bus/pci/drivers/igc")
        try machine.link(card + "/device/virtfn0", to: "../0000:03:10.0")
        try machine.link(card + "/master", to: "../../../../virtual/net/br0")
        try machine.device(
            "/devices/pci0000:00/0000:02:00.0/net/wlp2s0", class: "net",
            ["type": "1", "address": "de:ad:be:ef:00:01", "addr_assign_type": "3", "speed": "-1"])
        try machine.write("/sys/devices/pci0000:00/0000:02:00.0/net/wlp2s0/uevent", "DEVTYPE=wlan\nINTERFACE=wlp2s0\n")
        for (name, attributes) in [
            ("br0", ["type": "1", "bridge/stp_state": "0", "address": "aa:bb:cc:00:00:02"]), ("lo", ["type": "772"]),
            ("plc", ["type": "1"]), ("vnet0", ["type": "1", "tun_flags": "0x5002"]), ("wg0", ["type": "65534"]),
            ("veth0", ["type": "1", "ifindex": "9", "iflink": "3"]), ("team0", ["type": "1"]),
        ] { try machine.device("/devices/virtual/net/" + name, class: "net", attributes) }
        try machine.link("/sys/devices/virtual/net/vnet0/master", to: "../br0")
        try machine.link("/sys/devices/virtual/net/team0/lower_plc", to: "../plc")
        return machine
    }

    @Test func everyInterfaceHasItsKind() throws {
        let kinds = Dictionary(
            try machine().network(momentary: true).interfaces.map { ($0.name, $0.kind) }
        ) { first, _ in first }
        #expect(
            kinds == [
                "enp3s0": .ethernet, "wlp2s0": .wifi, "br0": .bridge, "lo": .loopback, "plc": .vlan, "vnet0": .tap,
                "wg0": .other, "veth0": .veth, "team0": .team,
            ])
    }

    @Test func aCardIsTold() throws {
        let card = try #require(try machine().network().interfaces.first { $0.name == "enp3s0" })
        let function = try #require(PCIAddress("0000:03:00.0"))
        #expect(
            card
                == .init(
                    name: "enp3s0", kind: .ethernet, macAddress: MACAddress("aa:bb:cc:00:00:01"), device: function,
                    functions: [function], driver: "igc", isPhysical: true, master: "br0", mtu: 1500,
                    virtualFunctions: [try #require(PCIAddress("0000:03:10.0"))]))
    }

    @Test func whatHangsOnABridgeIsListed() throws {
        let bridge = { (network: NetworkDocument) in network.interfaces.first { $0.name == "br0" }?.lower }
        // A running VM's interface is news only to those who look now.
        #expect(bridge(try machine().network()) == ["enp3s0"])
        #expect(bridge(try machine().network(momentary: true)) == ["enp3s0", "vnet0"])
    }

    @Test func aVLANHasItsNumberAndParent() throws {
        let vlan = try #require(try machine().network().interfaces.first { $0.name == "plc" })
        #expect(vlan.vlan == 100 && vlan.lower == ["enp3s0"])
    }

    @Test func linkStateIsMomentary() throws {
        let find = { (network: NetworkDocument, name: String) in network.interfaces.first { $0.name == name } }
        let still = try machine().network()
        #expect(still.interfaces.allSatisfy { $0.linkUp == nil && $0.speed == nil && $0.duplex == nil })
        #expect(find(still, "wlp2s0")?.macAddress == nil)
        let now = try machine().network(momentary: true)
        #expect(find(now, "enp3s0")?.linkUp == true && find(now, "enp3s0")?.speed == 2500)
        #expect(find(now, "wlp2s0")?.linkUp == false && find(now, "wlp2s0")?.speed == nil)
        #expect(find(now, "wlp2s0")?.macAddress == MACAddress("de:ad:be:ef:00:01"))
    }

    @Test func onlyWholeUsableDefaultRoutesCount() throws {
        #expect(try machine().network().defaultRoutes == ["br0", "wlp2s0"])
    }

    @Test(arguments: [
        "", "\t\t\t\t\t\t\t\t\t\t\t", "x\t00000000\tx\tzz\t0\t0\tzz\t00000000", "-1", "99999999999999999999",
    ])
    func garbageIsAbsent(text: String) throws {
        let machine = try FixtureMachine([
            "/proc/net/route": text, "/proc/net/ipv6_route": text, "/proc/net/vlan/eth0": text,
            "/sys/class/net/eth0/type": text, "/sys/class/net/eth0/tun_flags": text, "/sys/class/net/eth0/uevent": text,
            "/sys/class/net/eth0/address": text, "/sys/class/net/eth0/bonding/slaves": text,
        ])
        let network = machine.network(momentary: true)
        #expect(network.interfaces.map(\.name) == ["eth0"] && network.defaultRoutes == [])
        #expect(network.interfaces.first?.macAddress == nil && network.interfaces.first?.lower == [])
    }
}
