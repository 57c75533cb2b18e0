import FleetRuntime

/// mosquitto's log lines in our log.
enum BrokerLog {
    static func forward(_ line: String, to logger: Logger) {
        if line.hasPrefix("Error: ") {
            logger.error(String(line.dropFirst("Error: ".count)))
        } else if line.hasPrefix("Warning: ") {
            // One right is the same for all hosts, and mosquitto has no other way to say so.
            if line.contains("does not contain '%c' or '%u'") { return }
            logger.warning(String(line.dropFirst("Warning: ".count)))
        } else {
            logger.debug(line)
        }
    }
}
