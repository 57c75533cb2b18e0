import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Testing

@Suite struct DurableFileTests {
    @Test func makesMissingDirectoriesWithTheModeInSpiteOfTheUmask() throws {
        let directory = try TemporaryDirectory()
        try DurableFile.makeDirectory(directory.file("a/b/c"), mode: 0o777)
        #expect(mode(directory.file("a/b/c")) == 0o777)
        try DurableFile.makeDirectory(directory.file("a/b/c"), mode: 0o700)
        #expect(mode(directory.file("a/b/c")) == 0o777)
    }

    @Test func copiesWholeAndLeavesNoPart() throws {
        let directory = try TemporaryDirectory()
        let content = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        try Data(content).write(to: URL(filePath: directory.file("source")))
        try DurableFile.copy(directory.file("source"), to: directory.file("target"), mode: 0o600)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: directory.file("target")))) == content)
        #expect(mode(directory.file("target")) == 0o600)
        #expect(try DurableFile.entries(of: directory.path) == ["source", "target"])
    }

    @Test func errorsNameOperationAndPath() throws {
        let directory = try TemporaryDirectory()
        let missing = directory.file("missing")
        #expect(throws: FileError("open", missing, code: ENOENT)) {
            try DurableFile.copy(missing, to: directory.file("target"), mode: 0o600)
        }
        #expect(
            FileError("open", missing, code: ENOENT).description == "cannot open \(missing): No such file or directory")
        #expect(throws: FileError("remove", directory.path, code: ENOTEMPTY)) {
            try DurableFile.makeDirectory(directory.file("inside"), mode: 0o700)
            try DurableFile.remove(directory.path)
        }
    }

    @Test func removingWhatIsMissingIsFine() throws {
        let directory = try TemporaryDirectory()
        try DurableFile.remove(directory.file("missing"))
        try DurableFile.remove(directory.file("missing/below"))
        #expect(try DurableFile.entries(of: directory.path) == [])
    }

    @Test func treesAreCopiedComparedAndRemoved() throws {
        let directory = try TemporaryDirectory()
        let source = directory.file("swtpm")
        try DurableFile.makeDirectory(source + "/tpm2", mode: 0o700)
        for name in ["tpm2/state", "tpm2/.lock", "other"] {
            try DurableFile.replace("\(source)/\(name)", with: Array(name.utf8), mode: 0o640)
        }
        let copy = directory.file("copy")
        try DurableFile.copyTree(source, to: copy, except: [".lock"])
        #expect(try DurableFile.entries(of: copy + "/tpm2") == ["state"])
        #expect(mode(copy + "/tpm2") == 0o700)
        #expect(mode(copy + "/tpm2/state") == 0o640)
        #expect(try DurableFile.areEqualTrees(source, copy, except: [".lock"]))
        #expect(try !DurableFile.areEqualTrees(source, copy))
        #expect(DurableFile.usedBytes(source) >= DurableFile.usedBytes(copy) && DurableFile.usedBytes(copy) > 0)
        try DurableFile.replace(copy + "/tpm2/state", with: Array("tpm2/other".utf8), mode: 0o640)
        #expect(try !DurableFile.areEqualTrees(source, copy, except: [".lock"]))
        #expect(try !DurableFile.areEqualTrees(source, copy + "/other"))
        try DurableFile.removeTree(source)
        #expect(!DurableFile.exists(source))
        try DurableFile.removeTree(source)
        #expect(try DurableFile.areEqualTrees(source, source + "2"), "neither is there")
        #expect(try !DurableFile.areEqualTrees(source, copy))
    }

    private func mode(_ path: String) -> mode_t? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & 0o777 : nil
    }
}
