import FleetModel

/// A document is one YAML file, `<name>.yaml`.
public enum DocumentFile {
    private static let ending = ".yaml"

    /// Whether a word means a file and not a document's name: it has a slash in it, or ends in `.yaml`.
    public static func isMeant(by word: String) -> Bool { word.contains("/") || word.hasSuffix(ending) }

    /// The name that the file gives what is in it; nil when nothing can be named so.
    public static func name(of path: String) -> ResourceName? {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return ResourceName(file.hasSuffix(ending) ? String(file.dropLast(ending.count)) : file)
    }
}
