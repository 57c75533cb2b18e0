import Glibc

/// Files and directories with all below them: small ones, such as a TPM's state.
extension DurableFile {
    /// Copies a file, or a directory with its files, with modes and owners. What is there already is replaced, and what
    /// the source does not have stays.
    /// - Parameter excluded: names that are left out wherever they come.
    public static func copyTree(
        _ source: String, to target: String, except excluded: Set<String> = []
    ) throws(FileError) {
        var information = stat()
        guard stat(source, &information) == 0 else { throw FileError("look at", source) }
        let mode = information.st_mode & 0o7777
        if information.st_mode & S_IFMT == S_IFDIR {
            try makeDirectory(target, mode: mode)
            for name in try entries(of: source) where !excluded.contains(name) {
                try copyTree("\(source)/\(name)", to: "\(target)/\(name)", except: excluded)
            }
        } else {
            try copy(source, to: target, mode: mode)
        }
        guard chown(target, information.st_uid, information.st_gid) == 0 else {
            throw FileError("set the owner of", target)
        }
    }

    /// Removes a file, or a directory with all in it; that it is missing already is fine.
    public static func removeTree(_ path: String) throws(FileError) {
        var information = stat()
        if lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
            for name in try entries(of: path) { try removeTree("\(path)/\(name)") }
        }
        try remove(path)
    }

    /// Whether two paths have the same names and bytes below them.
    public static func areEqualTrees(
        _ first: String, _ second: String, except excluded: Set<String> = []
    ) throws(FileError) -> Bool {
        var information = (stat(), stat())
        let exist = (stat(first, &information.0) == 0, stat(second, &information.1) == 0)
        guard exist.0, exist.1 else { return !exist.0 && !exist.1 }
        guard information.0.st_mode & S_IFMT == information.1.st_mode & S_IFMT else { return false }
        guard information.0.st_mode & S_IFMT == S_IFDIR else {
            guard information.0.st_size == information.1.st_size else { return false }
            return try bytes(of: first) == bytes(of: second)
        }
        let names = try entries(of: first).filter { !excluded.contains($0) }
        let others = try entries(of: second).filter { !excluded.contains($0) }
        guard names == others else { return false }
        for name in names where try !areEqualTrees("\(first)/\(name)", "\(second)/\(name)", except: excluded) {
            return false
        }
        return true
    }

    /// What a file and all below a directory take on the disk: bytes, from st_blocks.
    public static func usedBytes(_ path: String) -> UInt64 {
        var information = stat()
        guard lstat(path, &information) == 0 else { return 0 }
        let own = UInt64(information.st_blocks) * 512
        guard information.st_mode & S_IFMT == S_IFDIR else { return own }
        let names = (try? entries(of: path)) ?? []
        return names.reduce(own) { $0 + usedBytes("\(path)/\($1)") }
    }

    /// All of a small file.
    public static func bytes(of path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return result }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError("read", path) }
            result += buffer[..<count]
        }
    }
}
