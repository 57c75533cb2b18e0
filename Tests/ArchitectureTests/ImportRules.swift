import Foundation
import Testing

/// The arrows between modules that docs/architecture.md draws, checked against the code.
struct ImportRules {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Module name → names it imports, over all Swift files of the product.
    private static let imports: [String: Set<String>] = {
        var found: [String: Set<String>] = [:]
        let modules = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)) ?? []
        let folders =
            modules.map { ($0, root.appending(path: "Sources/\($0)")) }
            + [
                ("virtfleet-agent", root.appending(path: "agent")),
                ("virtfleet-controller", root.appending(path: "controller")),
            ]
        for (module, folder) in folders {
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift", let text = try? String(contentsOf: file, encoding: .utf8) else {
                    continue
                }
                for match in text.matches(of: /(?m)^(?:@preconcurrency |@testable |public |internal )?import (\w+)/) {
                    found[module, default: []].insert(String(match.1))
                }
            }
        }
        return found
    }()

    private static let agentSide: Set<String> = [
        "FleetAgent", "Hypervisor", "HostInspection", "HostPower", "Telemetry", "Provisioning",
    ]
    private static let controllerSide: Set<String> = ["FleetStore", "FleetServer"]

    @Test func thereIsSomethingToCheck() {
        #expect(Self.imports.count > 20)
    }

    @Test func agentSideAndControllerSideNeverImportEachOther() {
        for module in Self.agentSide.union(["virtfleet-agent"]) {
            #expect(Self.imports[module, default: []].isDisjoint(with: Self.controllerSide), "\(module)")
        }
        for module in Self.controllerSide.union(["virtfleet-controller"]) {
            #expect(Self.imports[module, default: []].isDisjoint(with: Self.agentSide), "\(module)")
        }
    }

    @Test func theFleetsWordsAndTheRuntimeUseNothingOfOurs() {
        let ours = Set(Self.imports.keys)
        for module in ["FleetModel", "FleetRuntime"] {
            #expect(Self.imports[module, default: []].isDisjoint(with: ours), "\(module)")
        }
    }

    /// The controller plans with it for hosts that are away.
    @Test func placementIsPure() {
        #expect(Self.imports["Placement"] == ["FleetModel", "FleetRuntime"])
    }

    /// What it decides can be simulated.
    @Test func rolloutsArePure() {
        #expect(Self.imports["Rollouts"] == ["FleetModel", "FleetRuntime", "FoundationEssentials"])
    }

    /// Each C library has one wrapper; the shims are part of it: C that Swift cannot call or do.
    @Test(arguments: [
        ("CLibvirt", "Hypervisor"), ("CMosquitto", "MessageBus"), ("CSQLite", "SQLite"), ("CYAML", "Configuration"),
        ("CCrypto", "Signing"), ("CMicroHTTPD", "FleetServer"), ("CXML2", "Hypervisor"), ("CCurlShims", "HTTPClient"),
        ("CProcess", "Subprocess"), ("CClock", "FleetRuntime"), ("COpenAt2", "HostInspection"),
        ("CPCIShims", "HostInspection"),
        ("CHWLocShims", "HostInspection"),
        ("CZlib", "HostInspection"), ("CZstd", "ImageStore"), ("CNBD", "ImageStore"), ("CFileSync", "ImageStore"),
        ("CSystemd", "HostPower"), ("CICal", "Recurrence"),
    ])
    func eachCModuleHasOneWrapper(library: String, wrapper: String) {
        let users = Self.imports.filter { $0.value.contains(library) }.keys.sorted()
        #expect(users == [wrapper])
    }

    /// Full Foundation brings ICU: 10 MB more memory on every workstation.
    @Test func nothingImportsAllOfFoundation() {
        for (module, imports) in Self.imports where module != "FleetTestSupport" {
            #expect(!imports.contains("Foundation"), "\(module) imports Foundation; use FoundationEssentials")
        }
    }
}
