import FleetModel
import FleetRuntime
import FoundationEssentials
import Subprocess

/// A larger disk, whose guest sees it at once when it runs. Its mark is the size of the layer that the guest writes to; what
/// lies below stays as it is.
struct GrowDisk: JobStep {
    let vm: VMID
    let growth: ResizeVM.Growth
    let isActive: Bool
    let host: JobHost
    var name: String { "disk \(growth.target)" }

    func probe() async throws -> StepProbe {
        try await DiskLayer.virtualSizeBytes(of: growth.file) < growth.bytes ? .absent : .done
    }

    func apply() async throws {
        try await host.requireUnchanged(vm, isActive: isActive)
        guard try await host.files(of: vm)[growth.target] == growth.file else {
            throw JobProblem(
                "vm-changed",
                "disk \(growth.target) of the VM lies in another file, as somebody has changed it while the job was at work; "
                    + "ask for the job again")
        }
        if isActive { return try await host.hypervisor.resizeDisk(vm, growth.target, to: growth.bytes) }
        // QEMU's lock on the file keeps a VM that somebody starts meanwhile, or this, from harm.
        _ = try await Subprocess.run("qemu-img", ["resize", "-q", growth.file, "\(growth.bytes)"]).successful()
    }
}

extension DiskLayer {
    /// What a guest sees of a disk that ends in this layer; works beside a running QEMU.
    static func virtualSizeBytes(of file: String) async throws -> UInt64 {
        struct Information: Decodable {
            let size: UInt64
            enum CodingKeys: String, CodingKey { case size = "virtual-size" }
        }
        let output = try await Subprocess.run(
            "qemu-img", ["info", "-U", "--output=json", file], limits: limits
        ).successful()
        return try JSONDecoder().decode(Information.self, from: Data(output.standardOutput)).size
    }
}
