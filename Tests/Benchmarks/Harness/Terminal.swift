import Foundation

enum Terminal {
    /// At once, also into a pipe or a file.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
