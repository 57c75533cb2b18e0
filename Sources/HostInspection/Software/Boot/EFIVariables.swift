/// The firmware's variables as the kernel shows them: four bytes of attributes, then the value
/// (Documentation/filesystems/efivarfs.rst).
struct EFIVariables: Sendable {
    /// Left by the boot loader (https://systemd.io/BOOT_LOADER_INTERFACE).
    enum LoaderVariable: String {
        case loaderInfo = "LoaderInfo"
        case stubInfo = "StubInfo"
    }

    private static let directory = "/sys/firmware/efi/efivars"
    private static let loaderVendor = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
    /// EFI_GLOBAL_VARIABLE (UEFI Specification).
    private static let globalVendor = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
    private let root: HostRoot

    init(_ root: HostRoot) { self.root = root }

    func text(_ variable: LoaderVariable) -> String? {
        guard let value = value("\(variable.rawValue)-\(Self.loaderVendor)") else { return nil }
        let units = stride(from: value.startIndex, to: value.endIndex - 1, by: 2).map {
            UInt16(value[$0]) | UInt16(value[$0 + 1]) << 8
        }
        let text = String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
        return text.isEmpty ? nil : text
    }

    /// Nil where the firmware has no such variable.
    var secureBoot: Bool? { value("SecureBoot-\(Self.globalVendor)")?.first.map { $0 == 1 } }

    private func value(_ name: String) -> ArraySlice<UInt8>? {
        guard let bytes = root.bytes("\(Self.directory)/\(name)", limit: 4096), bytes.count > 4 else { return nil }
        return bytes.dropFirst(4)
    }
}
