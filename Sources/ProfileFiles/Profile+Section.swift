import Configuration
import Placement

extension Profile: ConfigurationSection {
    public func validate(_ check: SectionCheck) {
        check.range("memoryMiB", memoryMiB, 64...16 << 20)
        check.range("vcpus", vcpus, 1...4096)
        check.range("ioThreads", ioThreads, 0...16)
        check.range("freeDiskMiB", freeDiskMiB, 0...1 << 30)
        if let guestAgentTimeoutSeconds {
            check.range("guestAgentTimeoutSeconds", guestAgentTimeoutSeconds, 1...86_400)
        }
    }
}
