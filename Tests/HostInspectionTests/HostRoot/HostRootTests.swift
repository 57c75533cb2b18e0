import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import HostInspection

@Suite struct HostRootTests {
    private let directory: TemporaryDirectory
    private let root: HostRoot

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path + "/sys/a", withIntermediateDirectories: true)
        try Data("inside\n".utf8).write(to: URL(filePath: directory.path + "/sys/a/file"))
        for (link, target) in [
            ("absolute", "/sys/a/file"), ("outside", "/etc/os-release"), ("up", "../../../../../../etc/os-release"),
            ("relative", "sys/a/file"), ("dangling", "../devices/pci0000:00/0000:00:02.0"),
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "/" + link, withDestinationPath: target)
        }
        root = HostRoot(directory.path)
    }

    @Test func linksAreFollowedInsideTheTree() {
        #expect(root.text("/absolute") == "inside")
        #expect(root.text("/relative") == "inside")
        #expect(root.text("sys/../sys/a/file") == "inside")
    }

    @Test(arguments: ["/outside", "/up", "/../../../../../../../../etc/os-release"])
    func nothingLeadsOutOfTheTree(path: String) {
        #expect(FileManager.default.fileExists(atPath: "/etc/os-release"))
        #expect(root.text(path) == nil)
        #expect(!root.exists(path))
    }

    @Test func aLinkTellsItsTargetWhateverIsThere() {
        #expect(root.linkName("/dangling") == "0000:00:02.0")
        #expect(root.link("/sys/a/file") == nil)
    }

    @Test func whatIsNotThereIsAbsent() {
        #expect(root.names(in: "/sys") == ["a"])
        #expect(root.names(in: "/none") == [] && root.names(in: "/sys/a/file") == [])
        #expect(root.text("/sys/a") == nil && root.integer("/sys/a/file") == nil)
        let missing = HostRoot(directory.path + "/none")
        #expect(!missing.isReadable && missing.text("/etc/os-release") == nil && missing.names(in: "/") == [])
    }

    @Test func aCopysDeviceNodesAreNotOpened() throws {
        try #require(mkfifo(directory.path + "/fifo", 0o644) == 0)
        #expect(root.bytes("/fifo") == nil && !root.exists("/fifo"))
        let live = HostRoot()
        #expect(live.bytes("/dev/zero", limit: 2) == [0, 0])
    }

    @Test func theEndOfAFileBeginsWithALine() throws {
        try Data("one\ntwo\nthree\n".utf8).write(to: URL(filePath: directory.path + "/lines"))
        #expect(root.lastLines("/lines", limit: 8).map { String(decoding: $0, as: UTF8.self) } == "three\n")
        #expect(root.lastLines("/lines", limit: 99).map { String(decoding: $0, as: UTF8.self) } == "one\ntwo\nthree\n")
        #expect(root.lastLines("/none", limit: 8) == nil && root.lastLines("/sys", limit: 8) == nil)
    }

    @Test func aFileSystemWithoutSenseHasNoSize() {
        #expect(HostRoot.product(.max, 4096) == nil && HostRoot.product(3, 4096) == 12288)
    }

    @Test func readingStopsAtTheLimit() {
        #expect(root.bytes("/sys/a/file", limit: 3) == Array("ins".utf8))
    }

    /// Each renaming anywhere makes openat2(2) unsure of a path with `..` in it.
    @Test func renamingsElsewhereHideNothing() throws {
        let machine = try FixtureMachine(["/a/file": "here", "/b/c/.keep": ""])
        try machine.link("/b/c/link", to: "../../a/file")
        let other = try TemporaryDirectory(below: "/dev/shm")
        try Data().write(to: URL(filePath: other.file("old")))
        let isOver = Mutex(false)
        NamedThread.start("renames") {
            while !isOver.withLock({ $0 }) {
                rename(other.file("old"), other.file("new"))
                rename(other.file("new"), other.file("old"))
            }
        }
        defer { isOver.withLock { $0 = true } }
        for _ in 0..<5000 { #expect(machine.root.text("/b/c/link") == "here") }
    }
}
