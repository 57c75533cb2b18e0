import Testing

@Suite struct NetworkUsesTests {
    private let route = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

    private func card(_ name: String, _ function: String, in machine: FixtureMachine, carrier: String = "1") throws {
        let path = "/devices/pci0000:00/\(function)"
        try machine.device("\(path)/net/\(name)", class: "net", ["type": "1", "carrier": carrier, "ifindex": "2"])
        try machine.link("/sys\(path)/net/\(name)/device", to: "../../../" + function)
    }

    private func virtual(_ name: String, in machine: FixtureMachine, _ attributes: [String: String] = [:]) throws {
        try machine.device("/devices/virtual/net/" + name, class: "net", ["type": "1"].merging(attributes) { $1 })
    }

    @Test func aBridgeWithTheDefaultRouteStandsOnItsCard() throws {
        let machine = try FixtureMachine([
            "/proc/net/route": route + "br0\t00000000\t0101A8C0\t0003\t0\t0\t425\t00000000\t0\t0\t0\n"
                + "br0\t0001A8C0\t00000000\t0001\t0\t0\t425\t00FFFFFF\t0\t0\t0\n"
        ])
        try card("enp3s0", "0000:03:00.0", in: machine)
        try card("enp4s0", "0000:04:00.0", in: machine)
        try virtual("br0", in: machine, ["bridge/bridge_id": "8000.525400123456"])
        try machine.write("/sys/devices/virtual/net/br0/brif/enp3s0/state", "3\n")
        #expect(machine.hostUses() == ["0000:03:00.0 default-route: the default route goes out on enp3s0, through br0"])
    }

    @Test func aVLANOnABondStandsOnBothCards() throws {
        let machine = try FixtureMachine([
            "/proc/net/ipv6_route":
                "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                + "fe800000000000000000000000000001 00000400 00000001 00000000 00000003 bond0.7\n"
                + "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                + "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n",
            "/proc/net/vlan/bond0.7": "bond0.7  VID: 7\t REORDER_HDR: 1  dev->priv_flags: 1021\nDevice: bond0\n",
        ])
        try card("eth0", "0000:03:00.0", in: machine)
        try card("eth1", "0000:04:00.0", in: machine)
        try virtual("bond0", in: machine, ["bonding/slaves": "eth0 eth1"])
        try virtual("bond0.7", in: machine)
        #expect(
            machine.hostUses() == [
                "0000:03:00.0 default-route: the default route goes out on eth0, through bond0.7 and bond0",
                "0000:04:00.0 default-route: the default route goes out on eth1, through bond0.7 and bond0",
            ])
    }

    @Test func aTangleOfInterfacesIsWalkedOnce() throws {
        let names = (1...24).map { "n\($0)" }
        let machine = try FixtureMachine([
            "/proc/net/route": route + "n1\t00000000\t0101A8C0\t0003\t0\t0\t425\t00000000\t0\t0\t0\n"
        ])
        for name in names {
            try virtual(name, in: machine, Dictionary(uniqueKeysWithValues: names.map { ("lower_\($0)/state", "") }))
        }
        try card("z0", "0000:03:00.0", in: machine)
        try machine.write("/sys/devices/virtual/net/n24/lower_z0/state", "")
        #expect(machine.hostUses().filter { $0.contains(" default-route: ") }.count == 1)
    }

    @Test func theOnlyCardIsKept() throws {
        let machine = try FixtureMachine([:])
        try card("wlp2s0", "0000:02:00.0", in: machine, carrier: "0")
        try virtual("lo", in: machine, ["type": "772"])
        #expect(machine.hostUses() == ["0000:02:00.0 only-network-interface: wlp2s0 is the only network card"])
    }

    @Test func withoutADefaultRouteTheOnlyLinkIsKept() throws {
        let machine = try FixtureMachine([:])
        try card("eth0", "0000:02:00.0", in: machine, carrier: "0")
        try card("eth1", "0000:03:00.0", in: machine)
        #expect(
            machine.hostUses() == ["0000:03:00.0 only-network-interface: eth1 is the only network card with a link"])
    }

    @Test func aVirtualFunctionInUseKeepsThePhysicalOne() throws {
        let machine = try FixtureMachine([
            "/proc/net/route": route + "eth1\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        ])
        try card("eth0", "0000:02:00.0", in: machine)
        try card("eth1", "0000:02:10.0", in: machine)
        try machine.link("/sys/devices/pci0000:00/0000:02:10.0/physfn", to: "../0000:02:00.0")
        try machine.link("/sys/bus/pci/devices/0000:02:10.0", to: "../../../devices/pci0000:00/0000:02:10.0")
        #expect(
            machine.hostUses() == [
                "0000:02:00.0 default-route: the default route goes out on eth1",
                "0000:02:00.0 only-network-interface: eth0 is the only network card",
                "0000:02:10.0 default-route: the default route goes out on eth1",
            ])
    }
}
