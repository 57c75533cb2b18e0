import CLibvirt
import FleetModel

extension LibvirtConnection {
    func pin(_ id: VMID, to processors: VMPlacement.Processors) throws(HypervisorError) {
        let live = VIR_DOMAIN_AFFECT_LIVE.rawValue
        try withDomain(id, "pin") { domain throws(HypervisorError) in
            func move(_ threads: CPUSet, _ call: (_ map: UnsafeMutablePointer<UInt8>, _ length: Int32) -> Int32)
                throws(HypervisorError)
            {
                var map = threads.bitmap
                guard !map.isEmpty else { return }
                let length = Int32(map.count)
                guard map.withUnsafeMutableBufferPointer({ $0.baseAddress.map { call($0, length) } }) == 0 else {
                    throw .lastLibvirtError("pin", libvirtName(of: domain))
                }
            }
            for (vcpu, threads) in processors.vcpus.enumerated() {
                try move(threads) { virDomainPinVcpuFlags(domain, UInt32(vcpu), $0, $1, live) }
            }
            try move(processors.emulator) { virDomainPinEmulator(domain, $0, $1, live) }
            for (index, threads) in processors.ioThreads.enumerated() {
                try move(threads) { virDomainPinIOThread(domain, UInt32(index + 1), $0, $1, live) }
            }
        }
    }

    func setWeight(_ id: VMID, _ weight: Int) throws(HypervisorError) {
        try withDomain(id, "set the weight of") { domain throws(HypervisorError) in
            var parameters: virTypedParameterPtr?
            var (count, capacity): (Int32, Int32) = (0, 0)
            defer { virTypedParamsFree(parameters, count) }
            guard
                virTypedParamsAddULLong(
                    &parameters, &count, &capacity, VIR_DOMAIN_SCHEDULER_CPU_SHARES, UInt64(clamping: weight)) == 0,
                virDomainSetSchedulerParametersFlags(domain, parameters, count, VIR_DOMAIN_AFFECT_LIVE.rawValue) == 0
            else { throw .lastLibvirtError("set the weight of", libvirtName(of: domain)) }
        }
    }
}

extension CPUSet {
    /// libvirt's `cpumap`: a bit for each thread, that of thread 0 in the first byte's lowest place.
    fileprivate var bitmap: [UInt8] {
        guard let last = threads.last else { return [] }
        var map = [UInt8](repeating: 0, count: last / 8 + 1)
        for thread in threads { map[thread / 8] |= 1 << (thread % 8) }
        return map
    }
}
