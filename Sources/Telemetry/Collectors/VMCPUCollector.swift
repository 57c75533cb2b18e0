extension VMCollector {
    static let cpu = VMCollector(name: "cpu") { input, samples in
        samples.add(.vmState, input.number("state.state"))
        samples.add(.vmStateReason, input.number("state.reason"))
        samples.add(.vmVCPUs, input.number("vcpu.current"))
        samples.add(.vmCPUSeconds, input.seconds(nanoseconds: "cpu.time"))
        // vCPUs that are offline leave gaps below the maximum.
        for vcpu in 0..<max(input.count("vcpu.maximum"), input.count("vcpu.current")) {
            samples.add(.vmVCPUSeconds, input.seconds(nanoseconds: "vcpu.\(vcpu).time"), "\(vcpu)")
            samples.add(.vmVCPUDelaySeconds, input.seconds(nanoseconds: "vcpu.\(vcpu).delay"), "\(vcpu)")
            samples.add(.vmVCPUWaitSeconds, input.seconds(nanoseconds: "vcpu.\(vcpu).wait"), "\(vcpu)")
        }
    }
}
