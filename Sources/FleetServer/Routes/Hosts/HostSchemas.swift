import FleetModel

extension HostRoutes {
    static let schemas: [String: Schema] = [
        "Host": .object(
            [
                "id": .uuid, "name": .name, "labels": .map(.string()), "state": .words(HostResource.State.self),
                "createdAt": .time, "vmCount": .integer,
            ], optional: ["lastSeenAt": .time, "agentVersion": .string(), "inventory": .map(.any)]),
        "HostRegistrationRequest": .object(["name": .name]),
        "HostRegistration": .object(["host": .reference("Host"), "agentConfiguration": .string()]),
        "HostChange": .object(["labels": .map(.nullable(.string()))]),
        "Metrics": .object([
            "host": .uuid, "receivedAt": .time,
            "batch": .object(["time": .time, "host": .map(.number), "vms": .map(.map(.number))]),
        ]),
        "Series": .object(
            [
                "host": .uuid, "key": .string(),
                "samples": .array(.object(["time": .time, "value": .number])),
            ], optional: ["vm": .uuid]),
    ]
}
