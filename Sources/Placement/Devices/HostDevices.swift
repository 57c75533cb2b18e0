import FleetModel

/// The PCI functions of a machine, as far as handing them out goes.
struct HostDevices: Sendable {
    /// What the ledger looks at often, without the rest of the document.
    struct Function: Sendable {
        var address: PCIAddress
        /// Where a VM can have it.
        var companions: [PCIAddress]
        var canBePassed: Bool
        var showsHostsPicture: Bool
        /// A driver of the host's works with it.
        var isInUse: Bool
        var group: Int?
        var physicalFunction: PCIAddress?
        var virtualFunctions: [PCIAddress] = []
        /// How many it could have, as it has none now and its driver can make some. Their number can only be changed by way
        /// of none (Documentation/PCI/pci-iov-howto.rst).
        var creatable = 0
        /// What a VM can have a share of.
        var mediatedTypes: [MediatedType] = []
        /// It has mediated devices, whoever made them.
        var isShared = false

        /// With all that goes along.
        var all: [PCIAddress] { [address] + companions }
    }

    /// A type of mediated devices that a VM sees as PCI devices.
    struct MediatedType: Sendable {
        var id: MediatedTypeID
        /// How many can be made beside those that there are.
        var available: Int
        var devices: Set<MediatedDeviceID>

        /// How many there could be of it, and the fewer, the larger a share each is.
        var total: Int { available.addingReportingOverflow(devices.count).overflow ? .max : available + devices.count }
    }

    /// By address, each once.
    let documents: [PCIDevice]
    let functions: [Function]
    let places: [PCIAddress: Int]

    init(_ documents: [PCIDevice]) {
        let known = Dictionary(documents.map { ($0.address, $0) }) { first, _ in first }.values
            .sorted { $0.address < $1.address }
        let places = Dictionary(known.enumerated().map { ($0.element.address, $0.offset) }) { first, _ in first }
        var functions = known.map { device in
            let canBePassed = [.pass, .passWithCompanions].contains(device.passthrough.verdict)
            return Function(
                address: device.address,
                companions: canBePassed ? Set(device.passthrough.with).subtracting([device.address]).sorted() : [],
                canBePassed: canBePassed, showsHostsPicture: device.gpu?.role == .hostDisplay,
                isInUse: device.hostsDriver != nil,
                group: device.iommuGroup, physicalFunction: device.physicalFunction,
                mediatedTypes: device.mediatedTypes.compactMap(MediatedType.init),
                isShared: device.mediatedTypes.contains { $0.devices?.isEmpty == false })
        }
        for device in known {
            guard let place = device.physicalFunction.flatMap({ places[$0] }) else { continue }
            functions[place].virtualFunctions.append(device.address)
        }
        for place in known.indices where functions[place].virtualFunctions.isEmpty {
            functions[place].creatable = known[place].creatableFunctions
        }
        self.documents = known
        self.functions = functions
        self.places = places
    }

    subscript(address: PCIAddress) -> PCIDevice? { places[address].map { documents[$0] } }

    /// The node that all of them are on.
    func node(of addresses: [PCIAddress]) -> Int? {
        let nodes = Set(addresses.compactMap { self[$0]?.numaNode }.filter { $0 >= 0 })
        return nodes.count == 1 ? nodes.first : nil
    }

    /// What the selector means, by place, the best first.
    func matches(of selector: DeviceSelector) -> [Int] {
        guard !selector.isEmpty else { return [] }
        if let type = selector.mdevType {
            return documents.indices.filter { selector.matches(documents[$0]) && functions[$0].offers(type) }
        }
        if selector.virtualFunction {
            return documents.indices.filter { hasVirtualFunctions($0) && selector.matches(documents[$0]) }
        }
        return documents.indices.filter { selector.matches(documents[$0]) }.sorted {
            (documents[$0].effort, functions[$0].companions.count, $0)
                < (documents[$1].effort, functions[$1].companions.count, $1)
        }
    }

    /// The functions that are there and would answer the selector.
    func answers(to selector: DeviceSelector) -> [Int] {
        guard selector.virtualFunction else { return matches(of: selector) }
        return matches(of: selector).flatMap { functions[$0].virtualFunctions }.compactMap { places[$0] }
    }

    private func hasVirtualFunctions(_ place: Int) -> Bool {
        documents[place].physicalFunction == nil
            && (documents[place].sriov.map { $0.total > 0 } ?? false || !functions[place].virtualFunctions.isEmpty)
    }
}

extension HostDevices.Function {
    func offers(_ type: MediatedTypeID) -> Bool {
        type == .auto ? !mediatedTypes.isEmpty : mediatedTypes.contains { $0.id == type }
    }
}

extension HostDevices.MediatedType {
    /// Nil for what is no PCI device to a guest, such as an adapter of a mainframe.
    fileprivate init?(_ document: PCIDevice.MediatedType) {
        guard document.deviceAPI == "vfio-pci", let id = MediatedTypeID(document.id) else { return nil }
        self.init(id: id, available: max(0, document.available ?? 0), devices: Set(document.devices ?? []))
    }
}

extension PCIDevice {
    /// How much stands in the way of giving it to a VM.
    fileprivate var effort: Int {
        switch passthrough.verdict {
        case .pass, .passWithCompanions:
            switch gpu?.role {
            case nil, .candidate: 0
            case .renderOnly: 1
            case .hostDisplay: 2
            }
        case .blocked: 3
        case .notSeparable: 4
        case .never: 5
        }
    }
}

extension PCIDevice {
    /// One that does more than keep it for VMs.
    var hostsDriver: String? { driver.flatMap { $0.hasPrefix("vfio") || $0 == "pci-stub" ? nil : $0 } }

    /// It is the driver that makes them; VFIO's makes none by itself.
    fileprivate var creatableFunctions: Int {
        guard let sriov, sriov.current == 0, physicalFunction == nil, iommuGroup != nil, hostsDriver != nil
        else { return 0 }
        return max(0, sriov.total)
    }
}
