import CYAML

/// Reads one YAML document with libyaml's event interface, without recursion.
enum YAMLParser {
    /// - Returns: nil for a text without a document.
    static func parse(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> YAMLNode? {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(position: nil, message: "larger than \(limits.bytes) bytes")
        }
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw YAMLError(position: nil, message: "out of memory") }
        defer { yaml_parser_delete(&parser) }
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)

        // libyaml keeps pointers to the parser and to its input: both stay where they are until the end.
        let result: Result<YAMLNode?, YAMLError> = withUnsafeMutablePointer(to: &parser) { parser in
            bytes.withUnsafeBufferPointer { input in
                yaml_parser_set_input_string(parser, input.baseAddress, input.count)
                return Result { () throws(YAMLError) in try readEvents(parser, bytes: bytes, limits: limits) }
            }
        }
        return try result.get()
    }

    private static func readEvents(
        _ parser: UnsafeMutablePointer<yaml_parser_t>, bytes: [UInt8], limits: YAMLLimits
    ) throws(YAMLError) -> YAMLNode? {
        var builder = YAMLTreeBuilder(limits: limits)
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure(of: parser.pointee, bytes: bytes) }
            defer { yaml_event_delete(&event) }
            let position = TextPosition(event.start_mark)
            switch event.type {
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
                try builder.refuseTag(string(scalar.tag), at: position)
                try builder.scalar(
                    String(decoding: text, as: UTF8.self), plain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                    anchor: string(scalar.anchor), at: position)
            case YAML_SEQUENCE_START_EVENT:
                try builder.refuseTag(string(event.data.sequence_start.tag), at: position)
                try builder.open(.sequence, anchor: string(event.data.sequence_start.anchor), at: position)
            case YAML_MAPPING_START_EVENT:
                try builder.refuseTag(string(event.data.mapping_start.tag), at: position)
                try builder.open(.mapping, anchor: string(event.data.mapping_start.anchor), at: position)
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: try builder.close()
            case YAML_ALIAS_EVENT: try builder.alias(string(event.data.alias.anchor) ?? "", at: position)
            case YAML_DOCUMENT_START_EVENT: try builder.startDocument(at: position)
            case YAML_STREAM_END_EVENT: return builder.root
            default: break
            }
        }
    }

    private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }

    private static func failure(of parser: yaml_parser_t, bytes: [UInt8]) -> YAMLError {
        let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
        guard parser.error != YAML_READER_ERROR else {
            return YAMLError(position: position(ofByte: parser.problem_offset, in: bytes), message: problem)
        }
        let context = parser.context.map { String(cString: $0) + ", " } ?? ""
        return YAMLError(position: TextPosition(parser.problem_mark), message: context + problem)
    }

    /// libyaml tells of a bad character only how many bytes come before it.
    private static func position(ofByte offset: Int, in bytes: [UInt8]) -> TextPosition {
        let before = bytes.prefix(offset)
        let line = before.reversed().prefix { $0 != UInt8(ascii: "\n") }
        return TextPosition(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: line.count { $0 & 0xC0 != 0x80 } + 1)
    }
}

extension TextPosition {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}
