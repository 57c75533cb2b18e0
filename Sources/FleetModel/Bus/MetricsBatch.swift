import FoundationEssentials

/// `up/<host>/metrics`: one tick of the host and all its VMs.
/// A key is a Prometheus series without its `host` and `vm` labels: `virtfleet_vm_block_read_bytes_total{device="sda"}`.
/// What libvirt does not report is missing, never 0.
public struct MetricsBatch: Codable, Equatable, Sendable {
    public var time: Date
    public var host: [String: Double]
    public var vms: [VMID: [String: Double]]

    public init(time: Date, host: [String: Double], vms: [VMID: [String: Double]]) {
        self.time = time
        self.host = host
        self.vms = vms
    }
}
