import CommandLineKit
import FleetClient
import FleetModel

/// How commands name a VM: by UUID, or by name where that is unambiguous.
enum VMSelector {
    static let vm = Argument<String>.positional("VM", "A VM's name or UUID", completion: .vmNames)
    static let host = Argument<String?>.option(
        "host", "HOST", "The VM's host, when several have a VM of that name", completion: .hostNames)

    static let arguments = [vm.specification, host.specification]

    static func find(_ arguments: ParsedArguments, _ client: FleetClient) async throws -> VMResource {
        let wanted = try arguments(vm)
        let host = try arguments(host)
        if let id = VMID(wanted) { return try await client.vm(id, host: host) }
        let found = try await client.vms(host: host).filter { $0.vm.name == wanted }
        switch found.count {
        case 1: return found[0]
        case 0:
            throw Failure(
                "no VM '\(wanted)'" + (host.map { " on host '\($0)'" } ?? "") + "; 'virtfleet vm list' shows all")
        default:
            let hosts = found.map(\.hostName.description).sorted().joined(separator: ", ")
            throw UsageError("VM '\(wanted)' exists on \(hosts); say which with --host, or give its UUID")
        }
    }
}
