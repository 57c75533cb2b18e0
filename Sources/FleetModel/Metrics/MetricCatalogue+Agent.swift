extension MetricCatalogue {
    static let agent: [MetricDescription] = [
        .clockSynchronised, .spoolBytes, .spoolUnacknowledged, .spoolDropped, .spoolRefused,
    ]
}

extension MetricDescription {
    public static let clockSynchronised = MetricDescription(
        "virtfleet_host_clock_synchronised", .gauge, .agent,
        help: "1 when a time service keeps the host's clock, as the kernel knows it")
    public static let spoolBytes = MetricDescription(
        "virtfleet_agent_spool_bytes", .gauge, .agent, .bytes, help: "Size of the durable record on the host's disk")
    public static let spoolUnacknowledged = MetricDescription(
        "virtfleet_agent_spool_unacknowledged_records", .gauge, .agent,
        help: "Records that the controller has not confirmed yet")
    public static let spoolDropped = MetricDescription(
        "virtfleet_agent_spool_dropped_total", .counter, .agent,
        help: "Unconfirmed records that were dropped for room since the agent started")
    public static let spoolRefused = MetricDescription(
        "virtfleet_agent_spool_refused_total", .counter, .agent,
        help: "Events that could not be recorded since the agent started")
}
