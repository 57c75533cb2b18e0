import Glibc

/// A file operation that the system refused.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    public let operation: String
    public let path: String
    public let code: Int32

    public init(_ operation: String, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    public var isFull: Bool { code == ENOSPC || code == EDQUOT }
    public var description: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}

/// Changes to files that are on the disk when the call returns: content and directory entry are synced. They block;
/// see `BlockingWork`.
public enum DurableFile {
    public static func exists(_ path: String) -> Bool {
        var information = stat()
        return lstat(path, &information) == 0
    }

    /// The file's length in bytes; nil when there is none.
    public static func size(_ path: String) -> UInt64? {
        var information = stat()
        return stat(path, &information) == 0 ? UInt64(information.st_size) : nil
    }

    /// Whether it is a directory itself, not a link to one.
    public static func isDirectory(_ path: String) -> Bool {
        var information = stat()
        return lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    /// When the file's content was changed last, in nanoseconds since 1970; nil when there is none.
    public static func modified(_ path: String) -> Int64? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        return Int64(information.st_mtim.tv_sec) * 1_000_000_000 + Int64(information.st_mtim.tv_nsec)
    }

    /// Makes a directory, and those above it that are missing, with exactly this mode.
    public static func makeDirectory(_ path: String, mode: mode_t) throws(FileError) {
        if exists(path) { return }
        let parent = parent(of: path)
        if parent != path { try makeDirectory(parent, mode: mode) }
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw FileError("make directory", path) }
        // mkdir(2) applies the umask, which would lock out QEMU's user.
        guard chmod(path, mode) == 0 else { throw FileError("set the mode of", path) }
        try sync(parent)
    }

    /// Copies a small file; the copy appears under its name only when it is whole.
    public static func copy(_ source: String, to target: String, mode: mode_t) throws(FileError) {
        let part = target + ".part"
        do throws(FileError) {
            try copyContent(of: source, to: part)
            try publish(part, as: target, mode: mode)
        } catch {
            // Where the disk is full, what follows needs the room.
            unlink(part)
            throw error
        }
    }

    /// Makes a file with another one's content, for its owner alone. It is not synced.
    public static func copyContent(of source: String, to target: String) throws(FileError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileError("open", source) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw FileError("make", target) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError("read", source) }
            try write(buffer[..<count], to: output, path: target)
        }
    }

    /// Makes a file that shares another one's blocks until they are written (ioctl_ficlonerange(2)). It is not synced.
    /// - Throws: with ENOTSUP or EXDEV where the file system cannot.
    public static func reflink(_ source: String, to target: String) throws(FileError) {
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw FileError("make", target) }
        defer { close(output) }
        try reflink(source, to: output, at: target)
    }

    /// Whether a file can be reflinked into a directory. Leaves nothing there.
    public static func canReflink(_ source: String, into directory: String) -> Bool {
        // O_TMPFILE, which is O_DIRECTORY and one bit more: a file without a name.
        let probe = open(directory, O_WRONLY | O_DIRECTORY | 0o20_000_000 | O_CLOEXEC, 0o600)
        guard probe >= 0 else { return false }
        defer { close(probe) }
        return (try? reflink(source, to: probe, at: directory)) != nil
    }

    /// Likewise, into an empty file that is open for writing.
    public static func reflink(_ source: String, to output: Int32, at path: String) throws(FileError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileError("open", source) }
        defer { close(input) }
        // FICLONE of linux/fs.h.
        guard ioctl(output, 0x4004_9409, input) == 0 else { throw FileError("reflink \(source) to", path) }
    }

    /// Keeps everybody, root as well, from changing, replacing and removing a file (chattr(1), attribute `i`), or allows it again.
    /// It takes CAP_LINUX_IMMUTABLE and a file system that knows the attribute.
    /// - Returns: whether the file is so.
    @discardableResult
    public static func setImmutable(_ path: String, _ isImmutable: Bool) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and FS_IMMUTABLE_FL of linux/fs.h.
        var flags = 0
        let immutable = 0x10
        guard ioctl(descriptor, 0x8008_6601, &flags) == 0 else { return false }
        if (flags & immutable != 0) == isImmutable { return true }
        flags = isImmutable ? flags | immutable : flags & ~immutable
        return ioctl(descriptor, 0x4008_6602, &flags) == 0
    }

    /// Makes a file of these bytes, in place of what is there: one or the other is found after a crash.
    public static func replace(_ path: String, with bytes: some Sequence<UInt8>, mode: mode_t) throws(FileError) {
        let part = path + ".part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw FileError("make", part) }
        defer { close(descriptor) }
        try write(Array(bytes)[...], to: descriptor, path: part)
        try publish(part, as: path, mode: mode)
    }

    /// Writes all bytes, however many calls it takes.
    public static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, path: String) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// Gives a finished file its mode and its final name, replacing what had it.
    public static func publish(_ part: String, as target: String, mode: mode_t) throws(FileError) {
        try finish(part, mode: mode)
        try rename(part, to: target)
    }

    /// Gives a file that has its content its mode, and syncs it.
    public static func finish(_ path: String, mode: mode_t) throws(FileError) {
        guard chmod(path, mode) == 0 else { throw FileError("set the mode of", path) }
        try sync(path)
    }

    /// Gives a file or a directory another name; a file replaces one that has it.
    public static func rename(_ path: String, to target: String) throws(FileError) {
        try rename([(path, target)], in: parent(of: target))
    }

    /// Gives files or directories other names in one directory.
    public static func rename(_ files: [(path: String, target: String)], in directory: String) throws(FileError) {
        for (path, target) in files {
            guard Glibc.rename(path, target) == 0 else { throw FileError("rename to \(target) the file", path) }
        }
        try sync(directory)
    }

    /// Removes a file or an empty directory; that it is missing already is fine.
    public static func remove(_ path: String) throws(FileError) {
        guard Glibc.remove(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
        let parent = parent(of: path)
        if exists(parent) { try sync(parent) }
    }

    /// The names in a directory, `.` and `..` left out, sorted.
    public static func entries(of directory: String) throws(FileError) -> [String] {
        try entries(of: directory, openAs: open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }

    /// - Parameter descriptor: the directory, open for reading; it is closed. Negative when it could not be opened, for
    ///   the reason in `errno`.
    public static func entries(of directory: String, openAs descriptor: Int32) throws(FileError) -> [String] {
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            let error = FileError("list", directory)
            if descriptor >= 0 { close(descriptor) }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Bytes that an unprivileged writer may still use in the file system of the path.
    public static func freeBytes(at path: String) throws(FileError) -> UInt64 {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { throw FileError("ask for the free space of", path) }
        return UInt64(information.f_bavail) * UInt64(information.f_frsize)
    }

    /// Whether two paths share their free space; one that does not exist yet counts as the directory it will be made in.
    public static func areOnOneFileSystem(_ first: String, _ second: String) -> Bool {
        func device(_ path: String) -> dev_t? {
            var information = stat()
            if stat(path, &information) == 0 { return information.st_dev }
            let parent = parent(of: path)
            return parent == path ? nil : device(parent)
        }
        return device(first) == device(second)
    }

    /// Syncs a file's content, or a directory's entries.
    public static func sync(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("sync", path) }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
