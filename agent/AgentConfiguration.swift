import Configuration
import FleetModel
import FleetRuntime
import Signing

/// `agent.yaml`; config/agent.yaml explains every key to its reader.
struct AgentConfiguration: ConfigurationSection {
    static let defaultPath = "/etc/virtfleet/agent.yaml"
    static let defaultStateDirectory = "/var/lib/virtfleet-agent"

    struct Broker: ConfigurationSection {
        var host = "127.0.0.1"
        /// 1883, or 8883 with TLS.
        var port: Port?
        /// The host's ID.
        var username: String?
        var password: String?
        var passwordFile: String?
        var tls: TLSFiles?
        init() {}

        func validate(_ check: SectionCheck) {
            if password != nil, passwordFile != nil {
                check.problem("passwordFile", "password is given as well; keep one of the two")
            }
        }
    }

    struct Libvirt: ConfigurationSection {
        var uri = "qemu:///system"
        init() {}
    }

    struct Images: ConfigurationSection {
        /// Of the controller's image listener.
        var url: String?
        var token: String?
        var tokenFile: String?
        /// `images` in the state directory.
        var directory: String?
        init() {}

        func validate(_ check: SectionCheck) {
            if token != nil, tokenFile != nil {
                check.problem("tokenFile", "token is given as well; keep one of the two")
            }
            if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
                check.problem("url", "expected an http:// or https:// URL, got \"\(url.prefix(80))\"")
            }
        }
    }

    struct Jobs: ConfigurationSection {
        /// The kinds that this host carries out, whoever signs them.
        var allow = JobKindName.allCases
        init() {}
    }

    struct Inspection: ConfigurationSection {
        var interval = Interval.seconds(3600)
        init() {}

        func validate(_ check: SectionCheck) {
            check.range("interval", interval, .seconds(60) ... .seconds(86_400))
        }
    }

    struct Metrics: ConfigurationSection {
        var interval = Interval.seconds(30)
        init() {}

        func validate(_ check: SectionCheck) {
            check.range("interval", interval, .seconds(1) ... .seconds(3600))
        }
    }

    struct Log: ConfigurationSection {
        var level = LogLevel.info
        init() {}
    }

    var fleet = FleetName("default")
    var host: HostID?
    var broker = Broker()
    var libvirt = Libvirt()
    /// Whose jobs the agent takes; without one it refuses every job.
    var controllerKeys: [VerifyingKey] = []
    var images = Images()
    /// The first directory that has a profile wins.
    var profileDirectories = ["/etc/virtfleet/profiles", "/usr/share/virtfleet/profiles"]
    /// systemd's STATE_DIRECTORY, or `defaultStateDirectory`.
    var stateDirectory: String?
    var jobs = Jobs()
    var inspection = Inspection()
    var metrics = Metrics()
    var log = Log()

    init() {}

    func validate(_ check: SectionCheck) {
        if host == nil {
            check.problem("host", "is missing; 'virtfleet host add NAME' on the controller prints a complete file")
        }
        for (key, path) in [("stateDirectory", stateDirectory), ("images.directory", images.directory)] {
            if let path, !path.hasPrefix("/") {
                check.problem(key, "expected an absolute path, got \"\(path.prefix(80))\"")
            }
        }
    }
}
