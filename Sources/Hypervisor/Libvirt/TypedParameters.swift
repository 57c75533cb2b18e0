import CLibvirt

/// libvirt's lists of names and values (virTypedParameter).
enum TypedParameters {
    static func values(
        _ parameters: UnsafePointer<virTypedParameter>, count: Int
    ) -> [String: DomainStatistics.Value] {
        var values: [String: DomainStatistics.Value] = [:]
        values.reserveCapacity(count)
        for index in 0..<count { values[name(of: parameters + index)] = value(of: parameters + index) }
        return values
    }

    private static func name(of parameter: UnsafePointer<virTypedParameter>) -> String {
        // `field` is the first member, a zero-terminated array of characters.
        String(cString: UnsafeRawPointer(parameter).assumingMemoryBound(to: CChar.self))
    }

    private static func value(of parameter: UnsafePointer<virTypedParameter>) -> DomainStatistics.Value? {
        let value = parameter.pointee.value
        return switch virTypedParameterType(UInt32(bitPattern: parameter.pointee.type)) {
        case VIR_TYPED_PARAM_INT: .integer(Int64(value.i))
        case VIR_TYPED_PARAM_UINT: .unsigned(UInt64(value.ui))
        case VIR_TYPED_PARAM_LLONG: .integer(value.l)
        case VIR_TYPED_PARAM_ULLONG: .unsigned(value.ul)
        case VIR_TYPED_PARAM_DOUBLE: .number(value.d)
        case VIR_TYPED_PARAM_BOOLEAN: .flag(value.b != 0)
        case VIR_TYPED_PARAM_STRING: value.s.map { .text(String(cString: $0)) }
        default: nil
        }
    }
}
