import FleetModel

extension PlanRoutes {
    private static let threads = Schema.string()
    private static let topology = Schema.object([
        "sockets": .integer, "dies": .integer, "cores": .integer, "threads": .integer,
    ])
    private static let host: [String: Schema] = [
        "host": .uuid, "hostName": .name, "hostState": .words(HostResource.State.self),
    ]

    static let schemas: [String: Schema] = [
        "HostPlan": .object(
            host.merging(["plan": .reference("PlacementPlan")]) { first, _ in first },
            optional: ["lastSeenAt": .time, "vm": .uuid, "fit": .reference("HostFit")]),
        "ProfileFit": .object(
            host.merging(["fit": .reference("HostFit")]) { first, _ in first }, optional: ["lastSeenAt": .time]),
        "HostFit": .object(
            [
                "answer": .words(HostFit.Answer.self), "stops": .array(.string()),
                "obstacles": .array(.reference("PlacementObstacle")),
                "passedOver": .array(.reference("PlacementObstacle")),
            ], optional: ["nearestFix": .string()]),
        "PlacementObstacle": .object(["reason": .string()], optional: ["fix": .string()]),
        "PlacementPlan": .object([
            "vms": .array(
                .object(
                    [
                        "id": .uuid, "name": .string(), "obstacles": .array(.reference("PlacementObstacle")),
                        "warnings": .array(.string()), "passedOver": .array(.reference("PlacementObstacle")),
                    ], optional: ["placement": .reference("VMPlacement")])),
            "hostThreads": threads, "pool": threads,
            "reservations": .array(.object(["node": .integer, "sizeBytes": .integer, "count": .integer])),
            "virtualFunctions": .array(.object(["physicalFunction": .string(), "count": .integer])),
            "warnings": .array(.string()),
        ]),
        "VMPlacement": .object([
            "processors": .object([
                "topology": topology,
                "ownsCores": .boolean, "vcpus": .array(threads), "emulator": threads, "ioThreads": .array(threads),
                "weight": .integer,
            ]),
            "memory": .object(
                ["bytes": .integer],
                optional: [
                    "hugePages": .object([
                        "sizeBytes": .integer,
                        "nodes": .array(.object(["node": .integer, "count": .integer])),
                    ]),
                    "binding": .object([
                        "mode": .words(VMPlacement.NodeBinding.Mode.self), "nodes": .array(.integer),
                    ]),
                ]),
            "devices": .array(
                .object(["address": .string(), "companions": .array(.string())], optional: ["mac": .string()])),
            "mediatedDevices": .array(
                .object(["parent": .string(), "type": .string()], optional: ["id": .uuid])),
        ]),
        "DeviceSelector": .object(
            [:],
            optional: [
                "role": .words(DeviceSelector.Role.self), "class": .string(), "id": .string(), "portPath": .string(),
                "virtualFunction": .boolean, "mdevType": .string(), "mac": .string(),
                "snapshot": .words(InSnapshots.self),
            ]),
        "VMDemand": .object(
            [
                "id": .uuid, "name": .string(), "vcpus": .integer,
                "memory": .object([
                    "minimumBytes": .integer, "maximumBytes": .integer,
                    "hugePages": .words(MemoryDemand.HugePages.self),
                ]),
                "pinning": .words(VMDemand.Pinning.self), "ioThreads": .integer,
                "devices": .array(.reference("DeviceSelector")),
            ],
            optional: [
                "graphics": .words(GraphicsDemand.self), "weight": .integer, "topology": topology,
                "running": .reference("VMPlacement"),
            ]),
    ]
}
