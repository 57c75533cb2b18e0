import FoundationEssentials

/// A secret that a configuration gives directly or by the name of a file.
enum SecretFile {
    /// - Returns: nil when neither is given.
    /// - Throws: for a file that cannot be read, or holds nothing.
    static func value(_ direct: String?, file: String?) throws(SetupError) -> String? {
        guard let file else { return direct }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SetupError("cannot read the secret in \(file); it must exist and be readable for this user")
        }
        let text = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
        guard let text, !text.isEmpty else { throw SetupError("the file \(file) should hold a secret and is empty") }
        return text
    }
}
