extension VMCollector {
    static let network = VMCollector(name: "network") { input, samples in
        for index in 0..<input.count("net.count") {
            let interface = "net.\(index)"
            guard let device = input.text("\(interface).name") else { continue }
            samples.add(.vmNetworkReceivedBytes, input.number("\(interface).rx.bytes"), device)
            samples.add(.vmNetworkReceivedPackets, input.number("\(interface).rx.pkts"), device)
            samples.add(.vmNetworkReceiveErrors, input.number("\(interface).rx.errs"), device)
            samples.add(.vmNetworkReceiveDrops, input.number("\(interface).rx.drop"), device)
            samples.add(.vmNetworkTransmittedBytes, input.number("\(interface).tx.bytes"), device)
            samples.add(.vmNetworkTransmittedPackets, input.number("\(interface).tx.pkts"), device)
            samples.add(.vmNetworkTransmitErrors, input.number("\(interface).tx.errs"), device)
            samples.add(.vmNetworkTransmitDrops, input.number("\(interface).tx.drop"), device)
        }
    }
}
