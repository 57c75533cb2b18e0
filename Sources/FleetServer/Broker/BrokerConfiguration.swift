import FleetModel
import Glibc

/// One user of the embedded broker.
public struct BrokerCredential: Equatable, Sendable {
    /// A host's ID, or the controller's user name.
    public var username: String
    /// `BrokerPassword.hash` of the password.
    public var passwordHash: String

    public init(username: String, passwordHash: String) {
        self.username = username
        self.passwordHash = passwordHash
    }
}

/// What the embedded broker is told: the text of its configuration, access control and password files.
public struct BrokerConfiguration: Equatable, Sendable {
    /// The user that may read and write the whole fleet.
    public static let controllerUser = "controller"

    public var fleet: FleetName
    /// A directory of the broker's own, made with mode 0700.
    public var directory: String
    /// On 127.0.0.1.
    public var port: UInt16
    /// What a bus takes by default; who sends much more is disconnected.
    static let maximumPayloadBytes = 1 << 20
    /// What waits for one subscriber; beyond it the broker drops.
    static let maximumQueuedBytes = 256 << 20

    public init(fleet: FleetName, directory: String, port: UInt16 = 1883) {
        self.fleet = fleet
        self.directory = directory
        self.port = port
    }

    var configurationPath: String { directory + "/mosquitto.conf" }
    var passwordPath: String { directory + "/passwords" }
    var aclPath: String { directory + "/acl" }

    /// mosquitto.conf(5).
    var text: String {
        """
        # Written by virtfleet-controller at every start; changes are lost.
        listener \(port) 127.0.0.1
        allow_anonymous false
        password_file \(passwordPath)
        acl_file \(aclPath)
        # A user has one identity: nobody takes over the session of another.
        use_username_as_clientid true

        persistence true
        persistence_location \(directory)/
        autosave_interval 60

        # By default mosquitto drops what is beyond 1,000 messages, retained ones at a subscription included. 0 should
        # mean no limit, but makes 2.0.11 to 2.0.21 disconnect whoever is denied a publish, and 2.0.16 drop everything.
        max_queued_messages 1000000
        max_queued_bytes \(Self.maximumQueuedBytes)
        max_inflight_messages 1000
        # Payload, topic and properties. Checked before memory is taken.
        max_packet_size \(Self.maximumPayloadBytes + (256 << 10))

        set_tcp_nodelay true
        sys_interval 0
        log_dest stderr
        log_timestamp false
        log_type error
        log_type warning
        log_type notice

        """ + (geteuid() == 0 ? "# mosquitto would become another user, who cannot read these files.\nuser root\n" : "")
    }

    /// The direction stands before the host in every topic, so each right is one line for all hosts.
    var acl: String {
        let root = "\(Topic.root)/\(fleet)"
        return """
            # Written by virtfleet-controller at every start; changes are lost.
            user \(Self.controllerUser)
            topic readwrite \(root)/#

            pattern write \(root)/up/%u/#
            pattern read \(root)/up/%u/presence
            pattern read \(root)/down/%u/#
            pattern read \(root)/all/#

            """
    }

    func passwords(_ credentials: [BrokerCredential]) -> String {
        credentials.map { "\($0.username):\($0.passwordHash)\n" }.joined()
    }
}
