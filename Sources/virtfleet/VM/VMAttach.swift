import CommandLineKit
import FleetModel

enum VMAttach {
    private static let usb = Argument<USBDeviceID?>.option(
        "usb", "VENDOR:PRODUCT", "A USB device, such as a licence dongle, as lsusb on the host shows it")
    private static let role = Argument<DeviceSelector.Role?>.option(
        "role", DeviceSelector.Role.allCases.map(\.rawValue).joined(separator: "|"),
        "A PCI device that is good for this")
    private static let id = Argument<PCIDeviceID?>.option("id", "VENDOR:DEVICE", "A PCI device of this kind")
    private static let deviceClass = Argument<PCIClass?>.option(
        "class", "CLASS", "A PCI device of this class, such as 0200")
    private static let portPath = Argument<String?>.option(
        "port-path", "PATH",
        "The PCI device in this place, as the inventory ('virtfleet host show HOST -o json') has it")

    private static let selection = [
        usb.specification, role.specification, deviceClass.specification, id.specification, portPath.specification,
    ]

    static let attach = Command(
        "attach", "Give a VM a device of its host, beside what its profile says",
        discussion: """
            A USB device is in the guest at once, and at every later start at which it is plugged in; one that was pulled out \
            and put back is attached by the same command again. A PCI device is there from the VM's next start on, with its \
            whole IOMMU group's companions. Both stay with the VM, whatever its profile says later.
            """,
        arguments: [VMSelector.vm.specification] + selection + [
            VMSelector.host.specification
        ] + JobSubmission.arguments,
        examples: [
            .init("virtfleet vm attach plc-ada --usb 064f:2af9 --wait", "a dongle"),
            .init("virtfleet vm attach plc-ada --role nic --id 8086:1533", "a network card of this kind"),
        ]
    ) { try await submit(.vmAttach, $0, $1) }

    static let detach = Command(
        "detach", "Take back a device that was attached to a VM",
        discussion: "It is named as it was when it was attached; 'virtfleet vm show' lists what is.",
        arguments: [VMSelector.vm.specification] + selection + [
            VMSelector.host.specification
        ] + JobSubmission.arguments
    ) { try await submit(.vmDetach, $0, $1) }

    private static func submit(
        _ kind: JobKindName, _ arguments: ParsedArguments, _ console: Console
    ) async throws -> ExitCode {
        let session = try Session(arguments, console)
        let device = try device(arguments)
        let found = try await VMSelector.find(arguments, session.client)
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: kind.rawValue,
                arguments: try FleetJSON.value(AttachArguments(vm: found.vm.id, device: device)))
        ])
    }

    private static func device(_ arguments: ParsedArguments) throws -> AttachedDevice {
        let selector = try DeviceSelector(
            role: arguments(role), deviceClass: arguments(deviceClass), id: arguments(id), portPath: arguments(portPath)
        )
        guard let usb = try arguments(usb) else {
            guard !selector.isEmpty else {
                throw UsageError("say which device: --usb, --role, --class, --id or --port-path")
            }
            return .host(selector)
        }
        guard selector.isEmpty else {
            throw UsageError("--usb names a USB device, the others a PCI device; give one of them")
        }
        return .usb(usb)
    }
}
