import FleetModel
import FleetTestSupport
import Placement
import Testing

@Suite struct ProfileDemandTests {
    @Test func aProfileAsksForWhatItSays() {
        var profile = Profile()
        profile.memoryMiB = 16384
        profile.maximumMemoryMiB = 20480
        profile.hugePages = .auto
        profile.vcpus = 6
        profile.pinning = .dedicated
        profile.weight = 300
        profile.ioThreads = 2
        profile.hostDevices = [DeviceSelector(role: .gpu)]
        let id = VMID.random()
        #expect(
            profile.demand(of: id, named: "plc")
                == VMDemand(
                    id: id, name: "plc", vcpus: 6,
                    memory: MemoryDemand(minimumBytes: 16 << 30, maximumBytes: 20 << 30, hugePages: .auto),
                    pinning: .dedicated, weight: 300, ioThreads: 2, devices: [DeviceSelector(role: .gpu)]))
    }

    @Test func withoutAMaximumMemoryIsFixed() {
        let memory = Profile().demand(of: .random(), named: "small").memory
        #expect(memory == MemoryDemand(minimumBytes: 4 << 30, maximumBytes: 4 << 30))
    }
}
