import FleetModel
import Testing

@testable import Hypervisor

/// What libvirt tells of a guest's answers, by the names of virDomainGetGuestInfo.
@Suite struct GuestInformationTests {
    typealias Values = [String: DomainStatistics.Value]

    @Test(
        arguments: [
            ([:], GuestInformation()),
            (
                [
                    "hostname": .text("office"), "os.pretty-name": .text("Windows 11 Enterprise"),
                    "os.name": .text("Windows"),
                    "os.version": .text("10.0"), "os.version-id": .text("11"), "os.kernel-release": .text("22631"),
                ],
                GuestInformation(
                    hostname: "office", osName: "Windows 11 Enterprise", osVersion: "10.0", kernel: "22631")
            ),
            (
                ["os.name": .text("Alpine"), "os.version-id": .text("3.20")],
                GuestInformation(osName: "Alpine", osVersion: "3.20")
            ),
            (
                [
                    "if.count": .unsigned(4), "if.0.name": .text("lo"), "if.0.addr.count": .unsigned(1),
                    "if.0.addr.0.addr": .text("127.0.0.1"), "if.1.name": .text("eth0"),
                    "if.1.hwaddr": .text("52:54:00:12:34:56"), "if.1.addr.count": .unsigned(3),
                    "if.1.addr.0.addr": .text("192.0.2.7"), "if.1.addr.0.prefix": .unsigned(24),
                    "if.1.addr.1.addr": .text("fe80::1"), "if.1.addr.1.prefix": .integer(64),
                    "if.1.addr.2.addr": .text("192.0.2.8"), "if.2.name": .text("tun0"),
                    "if.3.hwaddr": .text("52:54:00:12:34:57"),
                ],
                GuestInformation(interfaces: [
                    .init(
                        name: "eth0", macAddress: MACAddress("52:54:00:12:34:56"),
                        addresses: ["192.0.2.7/24", "fe80::1/64", "192.0.2.8"]),
                    .init(name: "tun0", macAddress: nil, addresses: []),
                ])
            ),
            (
                [
                    "fs.count": .unsigned(3), "fs.0.mountpoint": .text("/"), "fs.0.fstype": .text("ext4"),
                    "fs.0.total-bytes": .unsigned(1 << 40), "fs.1.mountpoint": .text(#"C:\"#),
                    "fs.2.fstype": .text("swap"),
                ],
                GuestInformation(fileSystems: [
                    .init(mountPoint: "/", type: "ext4", sizeBytes: 1 << 40),
                    .init(mountPoint: #"C:\"#, type: nil, sizeBytes: nil),
                ])
            ),
            (
                ["user.count": .unsigned(3), "user.0.name": .text("grace"), "user.2.name": .text("ada")],
                GuestInformation(users: ["ada", "grace"])
            ),
        ] as [(Values, GuestInformation)])
    func whatIsToldIsRead(values: Values, expected: GuestInformation) {
        #expect(GuestInformation(values) == expected)
    }

    /// A guest is believed nothing: what is of another kind, empty or out of range is as if it had not been told.
    @Test(
        arguments: [
            [
                "hostname": .text(""), "os.pretty-name": .unsigned(11), "os.version": .flag(true),
                "os.kernel-release": .number(6),
            ],
            ["if.count": .integer(-1), "if.0.name": .text("eth0")],
            ["fs.count": .text("1"), "fs.0.mountpoint": .text("/")],
            ["user.count": .number(1), "user.0.name": .text("ada")], ["user.0.name": .text("ada")],
            ["fs.count": .unsigned(1), "fs.0.mountpoint": .integer(1)], ["user.count": .unsigned(.max)],
            ["if.count": .unsigned(1), "if.0.name": .text(""), "if.0.hwaddr": .text("52:54:00:12:34:56")],
        ] as [Values])
    func whatIsNoAnswerIsAbsent(values: Values) { #expect(GuestInformation(values) == GuestInformation()) }

    @Test func anInterfaceKeepsItsNameWhenTheRestIsNoAnswer() {
        let values: Values = [
            "if.count": .unsigned(1), "if.0.name": .text("eth0"), "if.0.hwaddr": .text("no address"),
            "if.0.addr.count": .unsigned(2), "if.0.addr.0.prefix": .unsigned(24),
            "if.0.addr.1.addr": .text("192.0.2.7"),
            "if.0.addr.1.prefix": .integer(-1),
        ]
        #expect(
            GuestInformation(values).interfaces == [.init(name: "eth0", macAddress: nil, addresses: ["192.0.2.7"])])
    }

    /// Nor does it make this host count for ever.
    @Test func atMost256OfAKindAreRead() {
        var values: Values = ["user.count": .unsigned(1000)]
        for number in 0..<1000 { values["user.\(number).name"] = .text("user-\(number)") }
        #expect(GuestInformation(values).users.count == 256)
    }
}
