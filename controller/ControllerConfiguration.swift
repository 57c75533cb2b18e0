import Configuration
import FleetModel
import FleetRuntime

/// `controller.yaml`; config/controller.yaml explains every key to its reader.
struct ControllerConfiguration: ConfigurationSection {
    static let defaultPath = "/etc/virtfleet/controller.yaml"

    struct API: ConfigurationSection {
        var socket = "/run/virtfleet/controller.sock"
        var tcp: TCP?
        init() {}
    }

    struct TCP: ConfigurationSection {
        var port: Port = 8620
        var tokenFile: String?
        init() {}

        func validate(_ check: SectionCheck) {
            if tokenFile == nil { check.problem("tokenFile", "is missing; over TCP the API needs a token") }
        }
    }

    struct Images: ConfigurationSection {
        var address = "127.0.0.1"
        var port: Port = 8621
        /// What hosts are told; needed where they reach the controller by another name.
        var publicURL: String?
        init() {}

        func validate(_ check: SectionCheck) {
            if let publicURL, !publicURL.hasPrefix("http://"), !publicURL.hasPrefix("https://") {
                check.problem("publicURL", "expected an http:// or https:// URL, got \"\(publicURL.prefix(80))\"")
            }
        }
    }

    struct Broker: ConfigurationSection {
        var embedded = Embedded()
        /// When given, the controller starts no broker of its own.
        var external: External?
        init() {}
    }

    struct Embedded: ConfigurationSection {
        var port: Port = 1883
        init() {}
    }

    struct External: ConfigurationSection {
        var host = ""
        /// 1883, or 8883 with TLS.
        var port: Port?
        var username = "controller"
        var passwordFile: String?
        var tls: TLSFiles?
        init() {}

        var portNumber: UInt16 { port?.number ?? (tls == nil ? 1883 : 8883) }

        func validate(_ check: SectionCheck) {
            if host.isEmpty { check.problem("host", "is missing; name the broker, or leave out 'external'") }
        }
    }

    struct Log: ConfigurationSection {
        var level = LogLevel.info
        init() {}
    }

    var fleet = FleetName("default")
    /// systemd's STATE_DIRECTORY, or /var/lib/virtfleet-controller.
    var stateDirectory: String?
    var api = API()
    var images = Images()
    var broker = Broker()
    var log = Log()

    init() {}

    func validate(_ check: SectionCheck) {
        for (key, path) in [("stateDirectory", stateDirectory), ("api.socket", api.socket)] {
            if let path, !path.hasPrefix("/") {
                check.problem(key, "expected an absolute path, got \"\(path.prefix(80))\"")
            }
        }
    }
}
