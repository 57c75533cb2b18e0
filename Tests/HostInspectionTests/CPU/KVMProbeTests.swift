import FleetRuntime
import FleetTestSupport
import Glibc
import Testing

@testable import HostInspection

@Suite struct KVMProbeTests {
    @Test func aMissingDeviceIsMissing() async {
        #expect(await KVMProbe.state(device: "/dev/no-such-kvm") == .missing)
    }

    @Test func anotherDeviceIsNotKVM() async {
        #expect(await KVMProbe.state(device: "/dev/null") == .broken)
    }

    @Test func aDeviceThatHangsIsGivenUp() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let time = ManualTimeSource()
        async let answer = KVMProbe.answer(within: .seconds(3), time: time) {
            var byte: UInt8 = 0
            return read(reading, &byte, 1) == 1 ? .works : .missing
        }
        _ = try await eventually { time.sleeperCount == 1 }
        time.advance(by: .seconds(3))
        #expect(await answer == .broken)
        close(writing)
    }
}
