extension NodeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { (node ?? defaults)?.isNull ?? true }

    func decode(_ type: Bool.Type) throws -> Bool {
        switch try plain("expected true or false") {
        case "true": true
        case "false": false
        default: throw mismatch("expected true or false", node ?? defaults)
        }
    }

    func decode(_ type: String.Type) throws -> String {
        guard let node = node ?? defaults else { throw mismatch("expected a text, got nothing", nil) }
        guard case .scalar(let text, _) = node.content, !node.isNull else { throw mismatch("expected a text", node) }
        return text
    }

    func decode(_ type: Double.Type) throws -> Double {
        guard let value = Double(try plain("expected a number")), value.isFinite else {
            throw mismatch("expected a number", node ?? defaults)
        }
        return value
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    private func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        let expectation =
            Value.bitWidth < 64
            ? "expected an integer from \(Value.min) to \(Value.max)"
            : Value.isSigned ? "expected an integer" : "expected an integer, 0 or more"
        guard let value = Value(try plain(expectation)) else { throw mismatch(expectation, node ?? defaults) }
        return value
    }

    /// The text of a scalar without quotes: with them it is a text, whatever it looks like.
    private func plain(_ expectation: String) throws -> String {
        guard case .scalar(let text, plain: true)? = (node ?? defaults)?.content else {
            throw mismatch(expectation, node ?? defaults)
        }
        return text
    }
}
