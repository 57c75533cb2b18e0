import FleetModel

/// A profile is one YAML file, `<name>.yaml`.
public enum ProfileFile {
    private static let ending = ".yaml"

    /// Whether a word means a file and not a profile's name: it has a slash in it, or ends in `.yaml`.
    public static func isMeant(by word: String) -> Bool { word.contains("/") || word.hasSuffix(ending) }

    /// The name that the file gives its profile; nil when no profile can have it.
    public static func name(of path: String) -> ResourceName? {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return ResourceName(file.hasSuffix(ending) ? String(file.dropLast(ending.count)) : file)
    }
}
