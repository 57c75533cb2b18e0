import Configuration

/// A configuration with one of everything.
struct SampleConfiguration: ConfigurationSection, Equatable {
    enum Color: String, Codable, CaseIterable { case red, green, blue }

    struct Broker: ConfigurationSection, Equatable {
        var host = "127.0.0.1"
        var port: Port = 1883
        var keepAlive = Interval.seconds(30)
        var tls: TLS?

        func validate(_ check: SectionCheck) {
            if host.isEmpty { check.problem("host", "must not be empty") }
        }
    }

    struct TLS: ConfigurationSection, Equatable {
        var ca = "/etc/ssl/ca.pem"
        var verify = true
        init() {}
    }

    struct Disk: ConfigurationSection, Equatable {
        var name = "system"
        var size = ByteSize(bytes: 64 << 30)
        init() {}
    }

    var fleet = "default"
    var workers = 4
    var ratio = 0.5
    var small: Int8 = 1
    var color = Color.green
    var maybe: Int?
    var broker = Broker()
    var keys: [Int] = [1, 2]
    var disks: [Disk] = []
    var labels: [String: String] = ["site": "home"]

    func validate(_ check: SectionCheck) {
        check.range("workers", workers, 1...64)
    }
}

func load(_ text: String) -> Loaded<SampleConfiguration> {
    ConfigurationLoader.load(SampleConfiguration.self, text: text, name: "sample.yaml")
}
