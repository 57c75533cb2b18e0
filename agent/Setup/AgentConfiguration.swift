import Configuration
import FleetModel
import FleetRuntime

/// `agent.yaml`; config/agent.yaml explains every key to its reader.
public struct AgentConfiguration: ConfigurationSection {
    public static let defaultPath = "/etc/virtfleet/agent.yaml"
    public static let defaultStateDirectory = "/var/lib/virtfleet-agent"
    public static let defaultSocket = "/run/virtfleet-agent/agent.sock"

    public struct Broker: ConfigurationSection {
        public var host = "127.0.0.1"
        /// 1883, or 8883 with TLS.
        public var port: Port?
        /// The host's ID.
        public var username: String?
        public var password: String?
        public var passwordFile: String?
        public var tls: TLSFiles?
        public init() {}

        public func validate(_ check: SectionCheck) {
            if password != nil, passwordFile != nil {
                check.problem("passwordFile", "password is given as well; keep one of the two")
            }
        }
    }

    public struct Libvirt: ConfigurationSection {
        public var uri = "qemu:///system"
        /// Where swtpm keeps what TPMs hold, a directory for each VM; where the URI's driver does by itself when nil.
        public var tpmStates: String?
        public init() {}
    }

    public struct Images: ConfigurationSection {
        /// Of the controller's image listener.
        public var url: String?
        public var token: String?
        public var tokenFile: String?
        /// `images` in the state directory.
        public var directory: String?
        public init() {}

        public func validate(_ check: SectionCheck) {
            if token != nil, tokenFile != nil {
                check.problem("tokenFile", "token is given as well; keep one of the two")
            }
            if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
                check.problem("url", "expected an http:// or https:// URL, got \"\(url.prefix(80))\"")
            }
        }
    }

    public struct Jobs: ConfigurationSection {
        /// The kinds that this host carries out, whoever signs them.
        public var allow = JobKindName.allCases
        /// So many jobs begin within an hour at most, whoever signs them.
        public var maximumPerHour = 120
        public init() {}

        public func validate(_ check: SectionCheck) { check.range("maximumPerHour", maximumPerHour, 1...10_000) }
    }

    public struct Inspection: ConfigurationSection {
        public var interval = Interval.seconds(3600)
        public init() {}

        public func validate(_ check: SectionCheck) {
            check.range("interval", interval, .seconds(60) ... .seconds(86_400))
        }
    }

    public struct Metrics: ConfigurationSection {
        public var interval = Interval.seconds(30)
        public init() {}

        public func validate(_ check: SectionCheck) {
            check.range("interval", interval, .seconds(1) ... .seconds(3600))
        }
    }

    public struct Log: ConfigurationSection {
        public var level = LogLevel.info
        public init() {}
    }

    public var fleet = FleetName("default")
    public var host: HostID?
    public var broker = Broker()
    public var libvirt = Libvirt()
    /// Whose jobs the agent takes; without one it refuses every job.
    public var controllerKeys: [VerifyingKey] = []
    public var images = Images()
    /// The first directory that has a profile wins.
    public var profileDirectories = ["/etc/virtfleet/profiles", "/usr/share/virtfleet/profiles"]
    /// systemd's STATE_DIRECTORY, or `defaultStateDirectory`.
    public var stateDirectory: String?
    /// Where VMs are exported to and imported from; `exports` in the state directory.
    public var exportDirectory: String?
    /// For people at the host.
    public var socket = Self.defaultSocket
    public var jobs = Jobs()
    public var inspection = Inspection()
    public var metrics = Metrics()
    public var log = Log()

    public init() {}

    public func validate(_ check: SectionCheck) {
        if host == nil {
            check.problem("host", "is missing; 'virtfleet host add NAME' on the controller prints a complete file")
        }
        for (key, path) in [
            ("stateDirectory", stateDirectory), ("exportDirectory", exportDirectory),
            ("images.directory", images.directory), ("libvirt.tpmStates", libvirt.tpmStates), ("socket", socket),
        ] {
            if let path, !path.hasPrefix("/") {
                check.problem(key, "expected an absolute path, got \"\(path.prefix(80))\"")
            }
        }
    }
}
