import FoundationEssentials
import Glibc

/// Reads configuration files. Never throws: what is wrong is in the result, all of it at once.
public enum ConfigurationLoader {
    public static func load<Section: ConfigurationSection>(_ type: Section.Type, path: String) -> Loaded<Section> {
        do {
            return load(type, bytes: try read(path, limit: YAMLLimits().bytes), name: path)
        } catch {
            return Loaded(value: Section(), warnings: [], problems: [error])
        }
    }

    /// - Parameter name: what problems call the text, such as a file name.
    public static func load<Section: ConfigurationSection>(
        _ type: Section.Type, text: String, name: String
    ) -> Loaded<Section> {
        load(type, bytes: Array(text.utf8), name: name)
    }

    public static func load<Section: ConfigurationSection>(
        _ type: Section.Type, bytes: [UInt8], name: String
    ) -> Loaded<Section> {
        let report = DecodingReport(source: name)
        do {
            let root = try YAMLParser.parse(bytes).flatMap { $0.isNull ? nil : $0 }
            let value = try NodeDecoder(node: root, defaults: nil, path: [], report: report).decode(Section.self)
            report.warnOfUnknownKeys()
            return Loaded(value: value, warnings: report.warnings, problems: report.problems)
        } catch let error as YAMLError {
            report.problem(at: error.position, key: "", error.message)
        } catch {
            report.problem(of: error, at: nil, path: [])
        }
        return Loaded(value: Section(), warnings: [], problems: report.problems)
    }

    private static func read(_ path: String, limit: Int) throws(ConfigurationProblem) -> [UInt8] {
        func failure(_ message: String) -> ConfigurationProblem {
            ConfigurationProblem(source: path, position: nil, key: "", message: message)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        while filled <= limit {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), limit + 1 - filled)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }
}
