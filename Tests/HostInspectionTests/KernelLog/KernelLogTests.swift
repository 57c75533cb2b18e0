import FleetTestSupport
import FoundationEssentials
import Glibc
import Testing

@testable import HostInspection

@Suite struct KernelLogTests {
    private static let words = "DMAR: IOMMU enabled"

    @Test(arguments: [
        ("6,339,5140900,-;\(words)", 5.1409),
        ("6,339,5140900,-,caller=T1;\(words)", 5.1409),
        ("[    5.140900] \(words)", 5.1409),
        ("[    5.140900][    T1] \(words)", 5.1409),
        ("[    5.140900][    T1] [   C0] x", 5.1409),
        ("<6>[    5.140900] \(words)", 5.1409),
        ("kern  :info  : [    5.140900] \(words)", 5.1409),
        ("[    5.140900] kernel: \(words)", 5.1409),
        ("[    5.140900] anna kernel: \(words)", 5.1409),
        ("[Fri Nov 20 21:31:24 2026] \(words)", nil),
        ("Nov 20 21:31:24 anna kernel: [    5.140900] \(words)", 5.1409),
        ("2026-11-20T21:31:24.123456+00:00 anna kernel: [    5.140900] \(words)\r", 5.1409),
        ("Nov 20 21:31:24 anna kernel: \(words)", nil),
        ("\u{1B}[32m[    5.140900] \u{1B}[0m\u{1B}[33mDMAR: \u{1B}[0mIOMMU enabled", 5.1409),
    ])
    func theUsualFormsAreRead(line: String, time: Double?) throws {
        let message = try #require(KernelLogLine(line).message(mayBePlain: false))
        #expect(message.time == time)
        if !line.hasSuffix("x") { #expect(message.text == Self.words) }
    }

    @Test(arguments: [
        " SUBSYSTEM=pci", "30,340,5140900,-;systemd[1]: DMAR: IOMMU enabled",
        "Nov 20 21:31:24 anna sshd[7]: kernel: DMAR: IOMMU enabled", "DMAR: IOMMU enabled", "", "[", "<6>", "kern :",
        "6,339;x", "\u{1B}[32",
    ])
    func otherLinesAreNotTheKernels(line: String) {
        #expect(KernelLogLine(line).message(mayBePlain: false) == nil)
    }

    @Test func escapedBytesComeBack() {
        #expect(KernelLogLine(#"6,1,2,-;a\x09b \x5c \xzz \x"#).record?.text == "a\tb \\ \\xzz \\x")
    }

    @Test func aLogWithoutTimesIsReadAsItStands() throws {
        let machine = try FixtureMachine(["/var/log/dmesg": "Linux version 6.1\nDMAR: IOMMU enabled\n"])
        let log = KernelLog(of: machine.subject.root)
        #expect(log.messages == [.init(text: "Linux version 6.1"), .init(text: "DMAR: IOMMU enabled")])
        #expect(log.first("IOMMU enabled") == .init(text: "DMAR: IOMMU enabled"))
        #expect(log.first("AMD-Vi") == nil)
    }

    @Test func onlyTheNewestBootCounts() throws {
        let machine = try FixtureMachine([
            "/var/log/syslog": """
            Nov 19 08:00:00 anna kernel: [    0.000000] Linux version 6.1.0-18-amd64
            Nov 19 08:00:01 anna kernel: [    0.100000] DMAR: old
            Nov 20 08:00:00 anna kernel: [    0.000000] Linux version 6.1.0-22-amd64
            Nov 20 08:00:01 anna systemd[1]: Started DMAR.
            Nov 20 08:00:01 anna kernel: [    0.200000] DMAR: new
            """
        ])
        #expect(
            KernelLog(of: machine.subject.root).messages.map(\.text) == ["Linux version 6.1.0-22-amd64", "DMAR: new"])
    }

    @Test func ofALongFileTheEndIsRead() throws {
        let old = String(
            repeating: "Nov 19 08:00:00 anna kernel: [    9.000000] noise noise noise noise\n", count: 140_000)
        let machine = try FixtureMachine([
            "/var/log/kern.log": old + "Nov 20 08:00:00 anna kernel: [    0.000000] Linux version 6.1\n"
        ])
        #expect(KernelLog(of: machine.subject.root).messages == [.init(time: 0, text: "Linux version 6.1")])
    }

    @Test func aLogHasAnEnd() throws {
        let machine = try FixtureMachine([
            "/var/log/dmesg": String(repeating: "[    1.000000] again\n", count: KernelLog.longest + 5)
        ])
        #expect(KernelLog(of: machine.subject.root).messages.count == KernelLog.longest)
    }

    @Test func nothingIsAnEmptyLog() throws {
        #expect(KernelLog(of: try FixtureMachine([:]).subject.root).messages.isEmpty)
    }

    @Test func wordsAreFoundLetterByLetter() {
        let message = KernelLog.Message(text: "é: group 7 is not viable")
        #expect(message.contains("is not viable") && message.contains("") && !message.contains("Viable"))
        #expect(!KernelLog.Message(text: "").contains("x") && KernelLog.Message(text: "").contains(""))
    }
}
