import Glibc
import Testing

@testable import HostInspection

@Suite struct KVMProbeTests {
    @Test func aMissingDeviceIsMissing() {
        #expect(KVMProbe(device: "/dev/no-such-kvm").state() == .missing)
    }

    @Test func anotherDeviceIsNotKVM() {
        #expect(KVMProbe(device: "/dev/null").state() == .broken)
    }

    @Test func aDeviceThatHangsIsGivenUp() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let probe = KVMProbe {
            var byte: UInt8 = 0
            return read(reading, &byte, 1) == 1 ? .works : .missing
        }
        #expect(probe.state(within: .milliseconds(10)) == .broken)
        close(writing)
        #expect(probe.state() == .missing)
    }
}
