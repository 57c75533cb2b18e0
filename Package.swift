// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: a warning is an error, here and in CI alike.
let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
/// Settings of the targets that wrap no C library.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]

func systemLibrary(_ name: String, _ pkgConfig: String, apt: String, yum: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/\(name)", pkgConfig: pkgConfig,
        providers: [.apt([apt]), .yum([yum])])
}

func library(_ name: String, _ dependencies: [Target.Dependency] = [], _ settings: [SwiftSetting] = safe) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: ["FleetTestSupport"]
            + Set([name, "FleetModel", "FleetRuntime"]).sorted().map { .init(stringLiteral: $0) } + dependencies,
        exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "virtfleet",
    products: [
        .executable(name: "virtfleet", targets: ["virtfleet"]),
        .executable(name: "virtfleet-agent", targets: ["virtfleet-agent"]),
        .executable(name: "virtfleet-agentd", targets: ["virtfleet-agentd"]),
        .executable(name: "virtfleet-controller", targets: ["virtfleet-controller"]),
    ],
    targets: [
        systemLibrary("CLibvirt", "libvirt", apt: "libvirt-dev", yum: "libvirt-devel"),
        systemLibrary("CMosquitto", "libmosquitto", apt: "libmosquitto-dev", yum: "mosquitto-devel"),
        systemLibrary("CSQLite", "sqlite3", apt: "libsqlite3-dev", yum: "sqlite-devel"),
        systemLibrary("CYAML", "yaml-0.1", apt: "libyaml-dev", yum: "libyaml-devel"),
        systemLibrary("CCrypto", "libcrypto", apt: "libssl-dev", yum: "openssl-devel"),
        systemLibrary("CMicroHTTPD", "libmicrohttpd", apt: "libmicrohttpd-dev", yum: "libmicrohttpd-devel"),
        systemLibrary("CXML2", "libxml-2.0", apt: "libxml2-dev", yum: "libxml2-devel"),
        systemLibrary("CPCI", "libpci", apt: "libpci-dev", yum: "pciutils-devel"),
        systemLibrary("CCurl", "libcurl", apt: "libcurl4-openssl-dev", yum: "libcurl-devel"),
        systemLibrary("CHWLoc", "hwloc", apt: "libhwloc-dev", yum: "hwloc-devel"),
        systemLibrary("CZlib", "zlib", apt: "zlib1g-dev", yum: "zlib-devel"),
        systemLibrary("CZstd", "libzstd", apt: "libzstd-dev", yum: "libzstd-devel"),
        systemLibrary("CNBD", "libnbd", apt: "libnbd-dev", yum: "libnbd-devel"),
        systemLibrary("CSystemd", "libsystemd", apt: "libsystemd-dev", yum: "systemd-devel"),
        systemLibrary("CICal", "libical", apt: "libical-dev", yum: "libical-devel"),
        .target(name: "CCurlShims", dependencies: ["CCurl"]),
        .target(name: "CPCIShims", dependencies: ["CPCI"]),
        .target(name: "CHWLocShims", dependencies: ["CHWLoc"]),
        .target(name: "CProcess"),
        .target(name: "CClock"),
        .target(name: "COpenAt2"),
        .target(name: "CFileSync"),

        library("FleetModel"),
        library("FleetRuntime", ["CClock"], strict),
        library("SQLite", ["CSQLite", "FleetRuntime"], strict),
        library("Configuration", ["CYAML", "FleetRuntime"], strict),
        library("Signing", ["CCrypto", "FleetModel", "FleetRuntime"], strict),
        library("Subprocess", ["CProcess", "FleetRuntime"], strict),
        library("HTTPClient", ["CCurlShims", "FleetRuntime"], strict),
        library("Drawing", ["FleetRuntime"]),
        library("CommandLineKit", ["Drawing", "FleetModel", "FleetRuntime"], strict),
        library("MessageBus", ["CMosquitto", "FleetModel", "FleetRuntime"], strict),
        library("DurableStream", ["FleetModel", "FleetRuntime", "SQLite"]),
        library("Hypervisor", ["CLibvirt", "CXML2", "FleetModel", "FleetRuntime"], strict),
        library(
            "HostInspection",
            [
                "CHWLocShims", "COpenAt2", "CPCIShims", "CZlib", "Drawing", "FleetModel", "FleetRuntime", "Placement",
                "SQLite",
            ],
            strict),
        library("HostPower", ["CSystemd", "FleetRuntime"], strict),
        library("Placement", ["FleetModel", "FleetRuntime"]),
        library("Rollouts", ["FleetModel", "FleetRuntime"]),
        library("FleetFiles", ["Configuration", "FleetModel", "FleetRuntime", "Placement", "Rollouts"]),
        library("Recurrence", ["CICal", "FleetModel"], strict),
        library("Telemetry", ["FleetModel", "FleetRuntime", "HostInspection", "Hypervisor"], strict),
        library(
            "ImageStore",
            ["CFileSync", "CNBD", "CZstd", "FleetModel", "FleetRuntime", "HTTPClient", "Signing", "Subprocess"], strict),
        library(
            "Provisioning",
            [
                "FleetModel", "FleetRuntime", "Hypervisor", "ImageStore", "Placement", "FleetFiles", "Signing",
                "SQLite", "Subprocess",
            ],
            strict),
        library(
            "FleetAgent",
            [
                "FleetModel", "FleetRuntime", "MessageBus", "DurableStream", "HostPower", "Hypervisor",
                "HostInspection", "Telemetry", "Provisioning", "ImageStore", "Signing",
            ], strict),
        library("FleetStore", ["FleetModel", "FleetRuntime", "SQLite", "DurableStream", "Rollouts", "Signing"]),
        library(
            "FleetServer",
            [
                "CMicroHTTPD", "FleetModel", "FleetRuntime", "FleetStore", "MessageBus", "DurableStream", "ImageStore",
                "Placement", "FleetFiles", "Recurrence", "Rollouts", "Signing", "Subprocess",
            ], strict),
        library("FleetClient", ["FleetModel", "FleetRuntime", "HTTPClient", "Signing"], strict),
        .target(
            name: "FleetTestSupport",
            dependencies: [
                "FleetClient", "FleetModel", "FleetRuntime", "MessageBus", "Hypervisor", "Placement", "Subprocess",
                "SQLite",
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "virtfleet",
            dependencies: [
                "CommandLineKit", "Configuration", "Drawing", "FleetClient", "FleetFiles", "FleetModel", "FleetRuntime",
                "ImageStore", "Placement",
            ], swiftSettings: strict),
        .target(
            name: "AgentSetup",
            dependencies: [
                "CommandLineKit", "Configuration", "FleetModel", "FleetRuntime", "Placement", "FleetFiles",
            ], path: "agent/Setup", swiftSettings: strict),
        .executableTarget(
            name: "virtfleet-agent",
            dependencies: [
                "AgentSetup", "CommandLineKit", "Configuration", "Drawing", "FleetModel", "FleetRuntime",
                "HostInspection", "Placement", "FleetFiles",
            ], path: "agent/Command", swiftSettings: strict),
        .executableTarget(
            name: "virtfleet-agentd",
            dependencies: [
                "AgentSetup", "CommandLineKit", "Configuration", "DurableStream", "FleetAgent", "FleetModel",
                "FleetRuntime", "HTTPClient", "HostInspection", "HostPower", "Hypervisor", "ImageStore", "MessageBus",
                "Placement", "Provisioning", "Telemetry",
            ], path: "agent/Daemon", swiftSettings: strict),
        .executableTarget(
            name: "virtfleet-controller",
            dependencies: [
                "CommandLineKit", "Configuration", "DurableStream", "FleetModel", "FleetRuntime", "FleetServer",
                "FleetStore", "ImageStore", "MessageBus", "Signing", "Subprocess",
            ], path: "controller", swiftSettings: strict),

        .target(name: "CEpoll", path: "Tests/CEpoll"),
        .target(
            name: "FakeLogin",
            dependencies: ["CSystemd", "FleetRuntime", "FleetTestSupport", "HostPower", "Subprocess"],
            path: "Tests/FakeLogin", swiftSettings: strict),
        .executableTarget(
            name: "virtfleet-bench",
            dependencies: [
                "CEpoll", "CLibvirt", "CMosquitto", "FleetClient", "FleetModel", "FleetRuntime", "FleetStore",
                "FleetTestSupport", "HTTPClient", "Hypervisor", "Placement", "SQLite", "Subprocess", "Telemetry",
            ], path: "Tests/Benchmarks", swiftSettings: strict),

        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        tests("FleetModel"),
        tests("FleetRuntime"),
        tests("SQLite"),
        tests("Configuration"),
        tests("Signing"),
        tests("Subprocess"),
        tests("HTTPClient"),
        tests("Drawing", exclude: ["Golden"]),
        tests("CommandLineKit", ["Subprocess"], exclude: ["Golden"]),
        tests("MessageBus", ["Signing", "Subprocess"]),
        tests("DurableStream", ["SQLite"]),
        tests("Hypervisor", ["Subprocess"], exclude: ["Golden"]),
        tests(
            "HostInspection", ["Drawing", "InspectionFuzzer", "SQLite", "Subprocess"],
            exclude: ["Corpus", "Fixtures", "Pictures/Golden"]),
        tests("HostPower", ["FakeLogin"]),
        tests("Placement"),
        tests("Rollouts"),
        tests("FleetFiles", ["Placement"]),
        tests("Recurrence", ["Subprocess"]),
        tests("Telemetry", ["HostInspection", "Hypervisor"], exclude: ["Golden", "Fixtures"]),
        tests("ImageStore", ["HTTPClient", "Signing", "Subprocess"]),
        tests(
            "Provisioning",
            ["Hypervisor", "ImageStore", "Placement", "FleetFiles", "Signing", "SQLite", "Subprocess"]),
        tests(
            "FleetAgent",
            ["DurableStream", "FakeLogin", "HostInspection", "HostPower", "Hypervisor", "MessageBus", "Provisioning"]),
        tests("FleetStore", ["SQLite", "DurableStream"]),
        tests(
            "FleetServer",
            [
                "FleetStore", "MessageBus", "HTTPClient", "DurableStream", "ImageStore", "Placement", "FleetFiles",
                "Signing", "SQLite", "Subprocess",
            ]),
        tests("FleetClient", ["HTTPClient", "Signing"]),
        tests(
            "virtfleet", ["CommandLineKit", "FleetClient", "FleetServer", "FleetStore", "Placement", "Subprocess"],
            exclude: ["Golden"]),
        tests("AgentSetup", ["Configuration", "Subprocess"]),
        tests("virtfleet-controller", ["AgentSetup", "Configuration", "FleetServer", "Signing"]),
        .executableTarget(
            name: "InspectionFuzzer",
            dependencies: ["FleetModel", "FleetRuntime", "FleetTestSupport", "HostInspection"],
            path: "Tests/InspectionFuzzer", swiftSettings: strict),
        .executableTarget(
            name: "Simulation",
            dependencies: [
                "DurableStream", "FleetModel", "FleetRuntime", "FleetServer", "FleetStore", "FleetTestSupport",
                "Hypervisor", "ImageStore", "MessageBus", "Provisioning", "Rollouts", "SQLite", "Signing",
            ], path: "Tests/Simulation", swiftSettings: strict),
        .executableTarget(
            name: "EventSource",
            dependencies: [
                "DurableStream", "FleetAgent", "FleetModel", "FleetRuntime", "FleetTestSupport", "MessageBus",
            ], path: "Tests/EventSource", swiftSettings: strict),
        .executableTarget(
            name: "CrashingAgent",
            dependencies: [
                "DurableStream", "FleetModel", "FleetRuntime", "FleetTestSupport", "HTTPClient", "Hypervisor",
                "ImageStore", "Placement", "Provisioning", "Signing",
            ], path: "Tests/CrashingAgent", swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["FleetTestSupport", "Simulation", "Subprocess"],
            swiftSettings: strict),
        .testTarget(
            name: "EmulatedHardwareTests",
            dependencies: ["Configuration", "FleetModel", "FleetTestSupport", "Subprocess", "virtfleet-agent"],
            exclude: ["Guest", "Scenarios"], swiftSettings: strict),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "FleetClient", "FleetModel", "FleetRuntime", "FleetTestSupport", "HTTPClient", "MessageBus",
                "Subprocess",
                "virtfleet", "virtfleet-agent", "virtfleet-agentd", "virtfleet-controller",
            ], swiftSettings: strict),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "CrashingAgent", "DurableStream", "EventSource", "FakeLogin", "FleetAgent", "FleetClient", "FleetFiles",
                "FleetModel", "FleetRuntime",
                "FleetTestSupport",
                "Hypervisor", "MessageBus", "SQLite", "Signing", "Subprocess", "virtfleet", "virtfleet-agent",
                "virtfleet-agentd", "virtfleet-controller",
            ], swiftSettings: strict),
    ]
)
