import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

/// `virtfleet vm diff` and `virtfleet vm fix` against a played controller.
@Suite struct DiffCommandTests {
    private static let drift = [
        SettingDifference(setting: "memory", found: "8 GiB", wanted: "12 GiB", isFixable: true),
        SettingDifference(setting: "features/hyperv/relaxed", found: nil, wanted: "state=on", isFixable: true),
        SettingDifference(setting: "devices/disk[sdc]", found: "type=file", wanted: nil, isFixable: false),
    ]

    private static func image(_ version: String, _ digit: String, days: Double) -> TemplateResource {
        TemplateResource(
            image: ImageReference(
                template: ResourceName("win11")!, version: ResourceName(version)!,
                digest: Digest(String(repeating: digit, count: 64))!, format: .qcow2, sizeBytes: 1,
                virtualSizeBytes: 1),
            createdAt: Date() - days * 86_400)
    }

    private func fleet(_ drift: [SettingDifference]?, profileVersion: Int = 2) throws -> FakeController {
        let old = Self.image("2026.10", "a", days: 60)
        var vm = Fleet.vms[0]
        vm.vm.drift = drift
        vm.vm.origin = VMDocument.Origin(
            job: JobID("01ARZ3NDEKTSV4RRFFQ69G5FB1")!, template: old.image.digest, profile: "office",
            profileVersion: profileVersion)
        let templates = profileVersion == 3 ? [old] : [old, Self.image("2026.12", "b", days: 1)]
        var foreign = Fleet.vms[1]
        foreign.vm.origin = nil
        return try FakeController([
            "GET /vms": { [vm, foreign] in $1.respond(page: [vm, foreign]) },
            "GET /templates": { $1.respond(page: templates) },
            "GET /profiles/office": { request, exchange in
                exchange.respond(json: Fleet.profile(version: request.target.hasSuffix("?version=2") ? 2 : 3))
            },
        ])
    }

    @Test func whatDiffersIsListedWithWhatHelps() async throws {
        let output = try await fleet(Self.drift).run("vm", "diff", "office")
        #expect(output.errorText == "")
        #expect(output.status == 3)
        let difference = try GoldenFile("vm-diff.txt").difference(from: output.text)
        #expect(difference == nil)
    }

    @Test func nothingDiffersIsSuccess() async throws {
        let output = try await fleet([], profileVersion: 3).run("vm", "diff", "office")
        #expect(output.status == 0 && output.errorText.contains("it is as it should be"), "\(output.errorText)")
        let json = try await fleet([], profileVersion: 3).run("vm", "diff", "office", "-o", "json")
        #expect(json.status == 0 && json.text == "[]\n")
    }

    @Test func whatIsNotKnownIsNotCalledRight() async throws {
        let unknown = try await fleet(nil).run("vm", "diff", "office")
        #expect(unknown.status == 1 && unknown.errorText.contains("'virtfleet vm fix office'"))
        let foreign = try await fleet([]).run("vm", "diff", "plc-line-4")
        #expect(foreign.status == 1 && foreign.errorText.contains("not made by virtfleet"))
    }

    @Test func programsReadEachDifference() async throws {
        let output = try await fleet(Self.drift).run("vm", "diff", "office", "-o", "csv", "--no-headers")
        #expect(output.status == 3)
        #expect(output.text.contains("template,win11,2026.10,2026.12,vm update\n"), "\(output.text)")
        #expect(output.text.contains("definition,devices/disk[sdc],type=file,,by hand\n"), "\(output.text)")
    }
}
