import CommandLineKit
import FleetModel

enum VMResize {
    private static let memory = Argument<Int?>.option(
        "memory", "MIB", "Memory; at least this where a maximum is given too")
    private static let maximum = Argument<Int?>.option(
        "maximum-memory", "MIB", "With --memory: up to this, of what the host has left")
    private static let vcpus = Argument<Int?>.option("vcpus", "N", "Processors")
    private static let asProfile = Argument<Bool>.flag(
        "as-profile", "Forget what was set before: what is not given now is the profile's again")
    private static let system = Argument<Int?>.option("system-disk", "GIB", "A larger system disk")
    private static let data = Argument<Int?>.option("data-disk", "GIB", "A larger data disk")

    static let command = Command(
        "resize", "Give a VM more or less memory and processors, or larger disks",
        discussion: """
            Memory and processors stay with the VM, whatever its profile says later, and are in effect from its next start \
            on. Disks grow at once and never shrink; the guest enlarges what is on them. An update makes the system disk as \
            large as its template again.
            """,
        arguments: [
            VMSelector.vm.specification, memory.specification, maximum.specification, vcpus.specification,
            asProfile.specification, system.specification, data.specification, VMSelector.host.specification,
        ] + JobSubmission.arguments,
        examples: [
            .init("virtfleet vm resize plc-ada --memory 12288 --vcpus 6", "from its next start on"),
            .init("virtfleet vm resize plc-ada --data-disk 128 --wait", "at once"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let wanted = try ResizeArguments(
            vm: .random(), memoryMiB: arguments(memory), maximumMemoryMiB: arguments(maximum), vcpus: arguments(vcpus),
            asProfile: arguments(asProfile), systemDiskGiB: arguments(system), dataDiskGiB: arguments(data))
        if let problem = wanted.problem { throw UsageError(problem) }
        let found = try await VMSelector.find(arguments, session.client)
        var request = wanted
        request.vm = found.vm.id
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmResize.rawValue,
                arguments: try FleetJSON.value(request))
        ])
    }
}
