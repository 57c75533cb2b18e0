import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// Images are cut into chunks and made of them without any controller.
@Suite struct ImageCommandTests {
    private let controller: FakeController
    private let image: String
    private let content: Data

    init() throws {
        controller = try FakeController([:])
        image = controller.directory.file("disk.raw")
        var random = SeededGenerator(seed: 6)
        content = Data(
            (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) } + [UInt8](repeating: 0, count: 200_000)
        )
        try content.write(to: URL(filePath: image))
    }

    private func file(_ name: String) -> String { controller.directory.file(name) }

    private func virtfleet(_ arguments: String...) async throws -> Subprocess.Output {
        try await controller.run(arguments.map { $0.replacing("@", with: controller.directory.path + "/") })
    }

    @Test func anImageIsMadeVerifiedAndExtracted() async throws {
        let made = try await virtfleet(
            "image", "make", "@disk.raw", "--index", "@d.caibx", "--store", "@chunks", "--output", "json")
        #expect(made.status == 0, "\(made.errorText)")
        let told = try FleetJSON.decode(JSONValue.self, from: Data(made.standardOutput))
        #expect(told["chunks"] == .integer(8) && told["sizeBytes"] == .integer(500_000))
        #expect(
            try await virtfleet("image", "verify", "@d.caibx", "--store", "@chunks", "--image", "@disk.raw").status == 0
        )
        let extracted = try await virtfleet("image", "extract", "@d.caibx", "@new.raw", "--store", "@chunks")
        #expect(extracted.status == 0, "\(extracted.errorText)")
        #expect(try Data(contentsOf: URL(filePath: file("new.raw"))) == content)
        let again = try await virtfleet("image", "extract", "@d.caibx", "@new.raw", "--store", "@chunks")
        #expect(again.status == 6 && again.errorText.contains("is there already"))
        let seeded = try await virtfleet(
            "image", "extract", "@d.caibx", "@seeded.raw", "--store", "@nowhere", "--seed", "@disk.raw", "-o", "json")
        #expect(seeded.status == 0, "all of it is in the seed: \(seeded.errorText)")
        #expect(controller.requests.isEmpty)
    }

    @Test func aDeltaMakesANewVersionOfTheOldOne() async throws {
        var new = content
        new[70_000] ^= 1
        try new.write(to: URL(filePath: file("new.raw")))
        for name in ["disk", "new"] {
            _ = try await virtfleet("image", "make", "@\(name).raw", "--index", "@\(name).caibx", "--store", "@chunks")
        }
        let made = try await virtfleet(
            "image", "delta", "@disk.caibx", "@new.caibx", "@d.delta", "--store", "@chunks", "-o", "json")
        let told = try FleetJSON.decode(JSONValue.self, from: Data(made.standardOutput))
        #expect(told["changedChunks"] == .integer(1) && told["newBlocks"] == .integer(1), "\(made.errorText)")
        #expect(try await virtfleet("image", "verify", "@new.caibx", "--delta", "@d.delta").status == 0)
        let extracted = try await virtfleet(
            "image", "extract", "@new.caibx", "@made.raw", "--store", "@nowhere", "--seed", "@disk.raw", "--delta",
            "@d.delta",
            "-o", "json")
        let origins = try FleetJSON.decode(JSONValue.self, from: Data(extracted.standardOutput))
        #expect(origins["deltaBytes"] == .integer(65_536) && origins["storeBytes"] == .integer(0))
        #expect(try Data(contentsOf: URL(filePath: file("made.raw"))) == new)
        let lonely = try await virtfleet(
            "image", "extract", "@new.caibx", "@x.raw", "--store", "@chunks", "--seed-index", "@disk.caibx")
        #expect(lonely.status == 2 && lonely.errorText.contains("takes a '--seed'"))
        let known = try await virtfleet(
            "image", "extract", "@new.caibx", "@known.raw", "--store", "@chunks", "--seed", "@disk.raw", "--seed-index",
            "@disk.caibx")
        #expect(known.status == 0, "\(known.errorText)")
        #expect(try Data(contentsOf: URL(filePath: file("known.raw"))) == new)
        let other = try await virtfleet("image", "verify", "@disk.caibx", "--delta", "@d.delta")
        #expect(other.status == 1 && other.errorText.contains("makes another image than the index names"))
    }

    @Test func whatIsWrongWithAStoreOrAnImageIsToldChunkByChunk() async throws {
        _ = try await virtfleet("image", "make", "@disk.raw", "--index", "@d.caibx", "--store", "@chunks")
        var other = content
        other[70_000] ^= 1
        other[200_000] ^= 1
        try other.write(to: URL(filePath: file("other.raw")))
        let image = try await virtfleet("image", "verify", "@d.caibx", "--image", "@other.raw", "--output", "csv")
        #expect(image.status == 1)
        #expect(image.text.split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," } } == ["65536", "196608"])
        try FileManager.default.removeItem(atPath: file("chunks"))
        let store = try await virtfleet("image", "verify", "@d.caibx", "--store", "@chunks", "--output", "csv")
        #expect(store.status == 1 && store.text.contains("is missing: there is no"))
        let short = try await virtfleet("image", "verify", "@d.caibx", "--image", "@d.caibx")
        #expect(short.status == 1 && short.errorText.contains("and the index is of 500000"))
    }

    @Test func chunksThatNoIndexNamesAreRemovedWhenSomebodySaysSo() async throws {
        try FileManager.default.createDirectory(atPath: file("indexes"), withIntermediateDirectories: false)
        var other = content
        other[0] ^= 1
        try other.write(to: URL(filePath: file("other.raw")))
        for (image, index) in [("@disk.raw", "@indexes/d.caibx"), ("@other.raw", "@other.caibx")] {
            let made = try await virtfleet("image", "make", image, "--index", index, "--store", "@chunks")
            #expect(made.status == 0, "\(made.errorText)")
        }
        func clear(_ options: String...) async throws -> Subprocess.Output {
            try await controller.run(
                ["image", "gc", "--store", file("chunks"), "--indexes", file("indexes"), "-o", "csv"] + options)
        }
        #expect(try await clear("--dry-run").text.contains(",1,"))
        let asked = try await clear()
        #expect(asked.status == 2 && asked.errorText.contains("1 chunks of"), "\(asked.errorText)")
        #expect(try await virtfleet("image", "verify", "@other.caibx", "--store", "@chunks").status == 0)
        #expect(try await clear("--yes").status == 0)
        #expect(try await virtfleet("image", "verify", "@other.caibx", "--store", "@chunks").status == 1)
        #expect(try await virtfleet("image", "verify", "@indexes/d.caibx", "--store", "@chunks").status == 0)
    }

    @Test func whatCannotBeIsRefused() async throws {
        for size in ["0", "1", "129M", "99999999999999999999M", "64k"] {
            let output = try await virtfleet(
                "image", "make", "@disk.raw", "--index", "@d.caibx", "--store", "@chunks", "--chunk-size", size)
            #expect(output.status == 2 && output.errorText.contains("expected a multiple of 4K"), "\(size)")
        }
        #expect(try await virtfleet("image", "verify", "@d.caibx").status == 2)
        let none = try await virtfleet("image", "extract", "@disk.raw", "@new.raw", "--store", "@chunks")
        #expect(none.status == 1 && none.errorText.contains("is no chunk index (.caibx): at byte 0"))
        _ = try await Subprocess.run("qemu-img", ["create", "-f", "qcow2", file("disk.img"), "1M"]).successful()
        let unclear = try await virtfleet("image", "make", "@disk.img", "--index", "@d.caibx", "--store", "@chunks")
        #expect(unclear.status == 1 && unclear.errorText.contains("say whether it is raw or qcow2"))
        let told = try await virtfleet(
            "image", "make", "@disk.img", "--index", "@d.caibx", "--store", "@chunks", "--format", "qcow2",
            "--chunk-size", "128K", "-o", "csv")
        #expect(told.status == 0 && told.text.contains(",1048576,8,1,"), "\(told.text)")
    }
}
