import FoundationEssentials

/// Where a page ended: the sort key of its last row, opaque to callers and safe in a URL.
enum Cursor {
    static func encode(_ key: [String]) throws -> String {
        try JSONEncoder().encode(key).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// - Parameter count: how many parts the key of this collection has.
    static func decode(_ text: String, count: Int) throws(StoreError) -> [String] {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), let key = try? JSONDecoder().decode([String].self, from: data),
            key.count == count
        else { throw .invalid("the cursor '\(text.prefix(80))' is not one that this collection gave out") }
        return key
    }
}
