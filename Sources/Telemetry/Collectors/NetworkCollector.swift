extension HostCollector {
    /// /sys/class/net: the interfaces that a device stands behind; bridges and taps would count everything again.
    static let network = HostCollector(name: "network") { input, samples in
        for interface in input.files.names(in: "/sys/class/net") {
            let directory = "/sys/class/net/\(interface)"
            guard input.files.exists("\(directory)/device") else { continue }
            samples.add(.networkReceived, input.files.number("\(directory)/statistics/rx_bytes"), interface)
            samples.add(.networkTransmitted, input.files.number("\(directory)/statistics/tx_bytes"), interface)
            samples.add(.networkReceiveErrors, input.files.number("\(directory)/statistics/rx_errors"), interface)
            samples.add(.networkTransmitErrors, input.files.number("\(directory)/statistics/tx_errors"), interface)
        }
    }
}
