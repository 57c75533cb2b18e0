import CLibvirt

extension HypervisorError {
    /// The error that libvirt keeps for this thread until its next call.
    /// - Parameter object: asked for after the error is taken, since that may be a call too.
    static func lastLibvirtError(_ operation: String, _ object: @autoclosure () -> String) -> HypervisorError {
        guard let error = virGetLastError()?.pointee else {
            return HypervisorError(.failed, operation: operation, object: object(), message: "libvirt gave no reason")
        }
        let code = code(of: error)
        let message = error.message.map { String(cString: $0) } ?? "libvirt error \(error.code)"
        return HypervisorError(code, operation: operation, object: object(), message: message)
    }

    private static func code(of error: virError) -> Code {
        switch virErrorNumber(UInt32(bitPattern: error.code)) {
        case VIR_ERR_NO_DOMAIN: .noSuchDomain
        case VIR_ERR_DOM_EXIST: .alreadyExists
        case VIR_ERR_OPERATION_INVALID: .invalidState
        case VIR_ERR_XML_ERROR, VIR_ERR_XML_DETAIL, VIR_ERR_XML_INVALID_SCHEMA, VIR_ERR_CONFIG_UNSUPPORTED,
            VIR_ERR_OS_TYPE, VIR_ERR_INVALID_MAC:
            .invalidDefinition
        case VIR_ERR_OPERATION_TIMEOUT, VIR_ERR_AGENT_UNRESPONSIVE, VIR_ERR_AGENT_UNSYNCED: .timeout
        case VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_ARGUMENT_UNSUPPORTED: .unsupported
        case VIR_ERR_RPC, VIR_ERR_NO_CONNECT, VIR_ERR_INVALID_CONN: .disconnected
        // A broken connection has no code of its own, but it alone fails inside the RPC client.
        default: isTransport(error) ? .disconnected : .failed
        }
    }

    private static func isTransport(_ error: virError) -> Bool {
        let domain = virErrorDomain(UInt32(bitPattern: error.domain))
        return domain == VIR_FROM_RPC || domain == VIR_FROM_REMOTE
    }
}
