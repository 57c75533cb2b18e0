import CLibvirt
import FleetModel

extension LibvirtConnection {
    /// What is asked for; a libvirt that does not know a group leaves it out.
    private static let groups: UInt32 =
        VIR_DOMAIN_STATS_STATE.rawValue | VIR_DOMAIN_STATS_CPU_TOTAL.rawValue | VIR_DOMAIN_STATS_BALLOON.rawValue
        | VIR_DOMAIN_STATS_VCPU.rawValue | VIR_DOMAIN_STATS_INTERFACE.rawValue | VIR_DOMAIN_STATS_BLOCK.rawValue

    func statistics() throws(HypervisorError) -> [DomainStatistics] {
        let handle = try handle()
        var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        // Without NOWAIT one VM with a job under way holds up all others.
        let count = virConnectGetAllDomainStats(
            handle.pointer, Self.groups, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT.rawValue)
        guard count >= 0, let records else { throw .lastLibvirtError("read the statistics of", uri) }
        defer { virDomainStatsRecordListFree(records) }
        var statistics: [DomainStatistics] = []
        statistics.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            guard let record = records[index]?.pointee, let domain = record.dom, let id = libvirtID(of: domain) else {
                continue
            }
            statistics.append(
                DomainStatistics(id: id, name: libvirtName(of: domain), values: Self.values(of: record)))
        }
        return statistics
    }

    private static func values(of record: virDomainStatsRecord) -> [String: DomainStatistics.Value] {
        let values = TypedParameters.values(record.params, count: Int(record.nparams))
        // libvirt 9.0 reads its own process's CPU time for a domain that has no process.
        if case .integer(let state)? = values["state.state"], inactive.contains(state) {
            return values.filter { !$0.key.hasPrefix("cpu.") }
        }
        return values
    }

    private static let inactive: Set<Int64> = [
        Int64(VIR_DOMAIN_SHUTOFF.rawValue), Int64(VIR_DOMAIN_CRASHED.rawValue),
    ]
}
