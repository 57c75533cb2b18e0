import Configuration
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct ConfigurationLoaderTests {
    @Test(arguments: ["", "# only a comment\n", "---\n", "{}", "null"])
    func everythingHasADefault(text: String) {
        let loaded = load(text)
        #expect(loaded.value == SampleConfiguration())
        #expect(loaded.problems.isEmpty && loaded.warnings.isEmpty)
    }

    @Test func aFileSetsWhatItNamesAndLeavesTheRest() {
        let loaded = load(
            """
            fleet: plant
            workers: 0x10
            color: blue
            maybe: 7
            broker:
              port: 8883
              keepAlive: 5m
              tls: {verify: false}
            keys: []
            disks:
              - name: data
              - {size: 4 GiB}
            labels: {}
            """)
        #expect(loaded.problems.map(\.description) == ["sample.yaml:2:10: workers: expected an integer, got \"0x10\""])
        var expected = SampleConfiguration()
        expected.fleet = "plant"
        expected.color = .blue
        expected.maybe = 7
        expected.broker.port = 8883
        expected.broker.keepAlive = .seconds(300)
        expected.broker.tls = SampleConfiguration.TLS()
        expected.broker.tls?.verify = false
        expected.keys = []
        expected.disks = [SampleConfiguration.Disk(), SampleConfiguration.Disk()]
        expected.disks[0].name = "data"
        expected.disks[1].size = ByteSize(bytes: 4 << 30)
        expected.labels = [:]
        #expect(loaded.value == expected)
    }

    @Test func allProblemsAreReportedAtOnceWithTheirPlaces() {
        let loaded = load(
            """
            fleet: [a]
            workers: 65
            ratio: much
            small: 200
            color: gren
            maybe: soon
            broker:
              host: ""
              port: abc
              keepAlive: 3 fortnights
              tls:
                verify: "yes"
            keys: [1, two, 3, four]
            disks:
              - name: {}
                size: huge
            """)
        #expect(
            loaded.problems.map(\.description)
                == [
                    "sample.yaml:1:8: fleet: expected a text, got a list",
                    "sample.yaml:2:10: workers: expected 1 to 64, got 65",
                    "sample.yaml:3:8: ratio: expected a number, got \"much\"",
                    "sample.yaml:4:8: small: expected an integer from -128 to 127, got \"200\"",
                    "sample.yaml:5:8: color: expected one of red, green, blue, got \"gren\"",
                    "sample.yaml:6:8: maybe: expected an integer, got \"soon\"",
                    "sample.yaml:8:9: broker.host: must not be empty",
                    "sample.yaml:9:9: broker.port: expected an integer from 1 to 65535, got \"abc\"",
                    "sample.yaml:10:14: broker.keepAlive: expected a length of time such as 30s, 5m, 48h or 7d, got \"3 fortnights\"",
                    "sample.yaml:12:13: broker.tls.verify: expected true or false, got \"yes\"",
                    "sample.yaml:13:11: keys[1]: expected an integer, got \"two\"",
                    "sample.yaml:13:19: keys[3]: expected an integer, got \"four\"",
                    "sample.yaml:15:11: disks[0].name: expected a text, got a mapping",
                    "sample.yaml:16:11: disks[0].size: expected a size such as 512 MiB or 4 GiB, got \"huge\"",
                ])
        var expected = SampleConfiguration()
        expected.workers = 65
        expected.broker.host = ""
        expected.broker.tls = SampleConfiguration.TLS()
        expected.disks = [SampleConfiguration.Disk()]
        #expect(loaded.value == expected)
    }

    @Test func unknownKeysWarnWithASuggestion() {
        let loaded = load("wrokers: 3\nbroker: {prot: 1, something: 2}\nlabels: {any: key}\n")
        #expect(
            loaded.warnings.map(\.description) == [
                "sample.yaml:1:1: wrokers: unknown key; did you mean 'workers'?",
                "sample.yaml:2:10: broker.prot: unknown key; did you mean 'port'?",
                "sample.yaml:2:19: broker.something: unknown key; known here: host, keepAlive, port, tls",
            ])
        #expect(loaded.problems.isEmpty)
        #expect(loaded.value.labels == ["any": "key"])
    }

    @Test(arguments: [
        ("a: [1, 2", "sample.yaml:2:1: while parsing a flow sequence, did not find expected ',' or ']'"),
        (
            "fleet: a\n\tworkers: 2",
            "sample.yaml:2:1: while scanning a plain scalar, found a tab character that violates indentation"
        ),
        ("fleet: a\nfleet: b", "sample.yaml:2:1: key 'fleet' is already given on line 1"),
        ("? [a]\n: b", "sample.yaml:1:3: expected a key, got a list"),
        ("fleet: !!int 3", "sample.yaml:1:8: tags are not supported, got 'tag:yaml.org,2002:int'"),
        ("fleet: *nobody", "sample.yaml:1:8: alias 'nobody' has no anchor before it"),
        ("--- {}\n--- {}", "sample.yaml:2:1: a second document; expected one"),
        ("[1]", "sample.yaml:1:1: expected a mapping, got a list"),
        ("broker: 3", "sample.yaml:1:9: broker: expected a mapping, got \"3\""),
    ])
    func brokenTextIsReportedWithLineAndColumn(text: String, problem: String) {
        let loaded = load(text)
        #expect(loaded.problems.map(\.description) == [problem])
        #expect(loaded.value == SampleConfiguration())
    }

    @Test func invalidUTF8IsReportedWithLineAndColumn() {
        let bytes = Array("fleet: ok\nbroker: {host: é".utf8) + [0xC3, 0x28]
        let loaded = ConfigurationLoader.load(SampleConfiguration.self, bytes: bytes, name: "sample.yaml")
        #expect(loaded.problems.map(\.description) == ["sample.yaml:2:18: invalid trailing UTF-8 octet"])
    }

    @Test func aliasesExpandWithinTheLimit() {
        let loaded = load("labels: &all {a: b}\nbroker: {tls: &tls {ca: /x}}\nfleet: &f plant\ncolor: blue\n")
        #expect(loaded.problems.isEmpty && loaded.value.fleet == "plant")
        let same = load("fleet: &name plant\nbroker: {host: *name}")
        #expect(same.value.broker.host == "plant")
    }

    @Test func aliasesThatExplodeAreRefused() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        #expect(load(text).problems.map(\.message) == ["more than 20000 nodes, aliases expanded"])
    }

    @Test func depthAndSizeAreLimited() {
        #expect(load(String(repeating: "[", count: 5000)).problems.map(\.message) == ["nested deeper than 32 levels"])
        #expect(
            load(String(repeating: "#", count: 1 << 20 + 1)).problems.map(\.message) == ["larger than 1048576 bytes"])
    }

    @Test func filesThatCannotBeReadAreProblems() throws {
        let directory = try TemporaryDirectory()
        let missing = ConfigurationLoader.load(SampleConfiguration.self, path: directory.file("none.yaml"))
        #expect(missing.problems.map(\.message) == ["cannot be opened: No such file or directory"])
        let notAFile = ConfigurationLoader.load(SampleConfiguration.self, path: directory.path)
        #expect(notAFile.problems.map(\.message) == ["cannot be read: Is a directory"])
        try Data("fleet: plant\n".utf8).write(to: URL(filePath: directory.file("good.yaml")))
        #expect(
            ConfigurationLoader.load(SampleConfiguration.self, path: directory.file("good.yaml")).value.fleet == "plant"
        )
    }
}
