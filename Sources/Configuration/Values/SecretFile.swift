import FoundationEssentials

/// A secret that a configuration gives directly or by the name of a file.
public enum SecretFile {
    /// - Returns: the file's first line, else what is given directly; nil when neither is given.
    /// - Throws: for a file that cannot be read, or holds nothing.
    public static func value(_ direct: String? = nil, file: String?) throws(ConfigurationProblem) -> String? {
        guard let file else { return direct }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw problem(file, "cannot be read; it must exist, and this user must be allowed to read it")
        }
        let text = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
        guard let text, !text.isEmpty else { throw problem(file, "holds no secret; it is empty") }
        return text
    }

    private static func problem(_ file: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(source: file, position: nil, key: "", message: message)
    }
}
