import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import Signing
import Testing

struct ControllerBackupTests {
    let directory: TemporaryDirectory
    let state: StateDirectory

    init() throws {
        directory = try TemporaryDirectory()
        state = StateDirectory(path: directory.file("state"))
    }

    private func open() throws -> FleetStore {
        try FleetStore(
            directory: state.path, fleet: FleetName("test")!, time: ManualTimeSource(),
            logger: Logger(label: "test", level: .error))
    }

    private func hosts(_ store: FleetStore) async throws -> [String] {
        try await store.hosts(after: nil, limit: 99).items.map(\.name.description)
    }

    private func add(_ name: String, to store: FleetStore) async throws {
        _ = try await store.addHost(
            ResourceName(name)!, busPasswordHash: "", imageTokenHash: "", keys: [], by: "tester")
    }

    @Test func aRunningControllerIsBackedUpAndComesBackUnderANewID() async throws {
        let backup = directory.file("backup")
        var id: StoreID?
        do {
            let lock = try state.lock()
            let store = try open()
            try KeyRing([.generate(), .generate()]).save(to: state.signingKeys)
            try await add("before", to: store)
            try ControllerBackup.backup(state, to: backup)
            try await add("after", to: store)
            id = await store.storeID
            let permissions = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions]
            #expect(permissions as? Int == 0o700)
            #expect(throws: StateDirectoryError.inUse(path: state.path)) {
                try ControllerBackup.restore(backup, into: state)
            }
            #expect(try await hosts(store) == ["after", "before"])
            withExtendedLifetime(lock) {}
        }
        // A process that another test starts just now has the lock too, until it has become its program.
        #expect(try await eventually { (try? state.lock()) != nil })
        let keys = try Data(contentsOf: URL(filePath: state.signingKeys))
        let restored = try ControllerBackup.restore(backup, into: state)
        let store = try open()
        #expect(try await hosts(store) == ["before"])
        #expect(await store.storeID == restored && restored != id)
        #expect(try Data(contentsOf: URL(filePath: state.signingKeys)) == keys)
    }

    @Test func anEmptyDirectoryTakesABackup() async throws {
        _ = try state.lock()
        try await add("h", to: try open())
        let backup = directory.file("backup")
        try ControllerBackup.backup(state, to: backup)
        let other = StateDirectory(path: directory.file("other"))
        try ControllerBackup.restore(backup, into: other)
        let store = try FleetStore(
            directory: other.path, fleet: FleetName("test")!, time: ManualTimeSource(),
            logger: Logger(label: "test", level: .error))
        #expect(try await hosts(store) == ["h"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path).contains("restore.unfinished") == false)
    }

    @Test func whatIsNoBackupLeavesTheStateAlone() async throws {
        _ = try state.lock()
        try await add("h", to: try open())
        let backup = directory.file("backup")
        try ControllerBackup.backup(state, to: backup)
        #expect(throws: BackupError.exists(path: backup)) { try ControllerBackup.backup(state, to: backup) }
        #expect(throws: BackupError.noState(path: "/nowhere")) {
            try ControllerBackup.restore("/nowhere", into: state)
        }
        let broken = directory.file("broken")
        try FileManager.default.createDirectory(atPath: broken, withIntermediateDirectories: false)
        try Data("not a database".utf8).write(to: URL(filePath: broken + "/" + FleetStore.databaseName))
        #expect(throws: StoreError.self) { try ControllerBackup.restore(broken, into: state) }
        #expect(try await hosts(try open()) == ["h"])
    }

    @Test func oneProcessOwnsAStateDirectory() throws {
        var lock: FileLock? = try state.lock()
        #expect(throws: StateDirectoryError.inUse(path: state.path)) { _ = try state.lock() }
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try state.lock()
    }
}
