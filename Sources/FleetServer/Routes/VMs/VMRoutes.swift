import FleetModel

/// `/api/v1/vms`.
enum VMRoutes {
    static let all = [
        Route(
            .get, "/api/v1/vms", "The VMs of all hosts, as last described", query: [Paging.host] + Paging.parameters,
            success: (200, .page(of: "VM")), handle: list),
        Route(
            .get, "/api/v1/vms/{vm}", "One VM with its latest metrics", query: [Paging.host],
            success: (200, .reference("VM")), handle: show),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(
            try await call.services.store.vms(
                host: call.query("host"), after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func show(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.vm(call.parameter("vm", as: VMID.self), on: call.query("host")))
    }

    static let schemas: [String: Schema] = [
        "VM": .object(
            [
                "vm": .reference("VMDocument"), "host": .uuid, "hostName": .name,
                "hostState": .words(HostResource.State.self), "lastSeenAt": .time,
            ],
            optional: [
                "metrics": .map(.number), "metricsAt": .time,
                "sharedIdentities": .array(
                    .object([
                        "kind": .words(VMResource.SharedIdentity.Kind.self), "value": .string(), "vm": .uuid,
                        "name": .string(), "hostName": .name,
                    ])),
            ]),
        "VMDocument": .object(
            [
                "id": .uuid, "name": .string(), "state": .words(VMDocument.State.self), "memoryBytes": .integer,
                "vcpus": .integer, "persistent": .boolean, "autostart": .boolean,
            ],
            optional: [
                "guestAgent": .boolean,
                "guest": .object(
                    [
                        "interfaces": .array(
                            .object(
                                ["name": .string(), "addresses": .array(.string())],
                                optional: ["macAddress": .string()])),
                        "fileSystems": .array(
                            .object(["mountPoint": .string()], optional: ["type": .string(), "sizeBytes": .integer])),
                        "users": .array(.string()),
                    ],
                    optional: [
                        "hostname": .string(), "osName": .string(), "osVersion": .string(), "kernel": .string(),
                    ]),
                "genID": .uuid, "macAddresses": .array(.string()),
                "snapshots": .array(.reference("VMSnapshot")), "foreignSnapshots": .array(.string()),
                "unkeptBytes": .integer,
                "demand": .reference("VMDemand"), "drift": .array(.reference("SettingDifference")),
                "guestCommands": .array(.reference("GuestCommand")), "override": .reference("ProfileOverride"),
                "power": .object([
                    "onSleep": .words(HostPowerPolicy.SleepAction.self),
                    "onShutdown": .words(HostPowerPolicy.ShutdownAction.self),
                ]),
                "origin": .object(
                    ["job": .string(), "template": .string(), "profile": .string()],
                    optional: ["profileVersion": .integer]),
            ]),
        "ProfileOverride": .object(
            [:],
            optional: [
                "memoryMiB": .integer, "maximumMemoryMiB": .integer, "vcpus": .integer,
                "hostDevices": .array(.reference("DeviceSelector")), "usbDevices": .array(.string()),
            ]),
        "GuestCommand": .object([
            "name": .name, "path": .string(), "arguments": .array(.string()), "timeoutSeconds": .integer,
            "takesArguments": .boolean,
        ]),
        "SettingDifference": .object(
            ["setting": .string(), "isFixable": .boolean], optional: ["found": .string(), "wanted": .string()]),
        "VMSnapshot": .object(
            [
                "id": .string(), "name": .name, "createdAt": .time, "consistency": .words(VMSnapshot.Consistency.self),
                "isCurrent": .boolean, "pinned": .boolean, "isBeingDeleted": .boolean, "sizeBytes": .integer,
            ],
            optional: [
                "parent": .string(), "policy": .name, "expiresAt": .time,
                "memoryBytes": .integer,
                "notHeld": .array(.object(["target": .string(), "backing": .string()])),
            ]),
    ]
}
