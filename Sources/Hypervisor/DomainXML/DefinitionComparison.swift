import FleetModel

extension SettingDifference {
    /// Where a definition is not what another one says. What it has beside that is no difference.
    /// - Throws: `invalidDefinition`.
    public static func between(wanted: String, found: String) throws(HypervisorError) -> [SettingDifference] {
        var comparison = DefinitionComparison()
        try XMLTree.read(wanted, as: "wanted definition") { wanted throws(HypervisorError) in
            try XMLTree.read(found, as: "domain definition") { found in comparison.compare(wanted, found) }
        }
        return comparison.differences
    }
}

extension DomainSpecification {
    /// Where a definition, as libvirt gives it, is not what this makes of it. What libvirt has added by itself is no
    /// difference, nor is what a start decides: which threads, memory and devices of its host the VM gets.
    /// - Parameter xml: the persistent definition.
    /// - Throws: `invalidDefinition`.
    public func differences(from xml: String) throws(HypervisorError) -> [SettingDifference] {
        try SettingDifference.between(wanted: unplaced.xml(), found: xml)
    }

    /// The definition with all differences gone that can be mended; everything else in it stays as it is.
    /// - Parameter isMeant: whether a setting is to be mended.
    /// - Throws: `invalidDefinition`.
    public func mending(
        _ xml: String, where isMeant: @escaping (_ setting: String) -> Bool = { _ in true }
    ) throws(HypervisorError) -> String {
        try XMLTree.read(unplaced.xml(), as: "wanted definition") { wanted throws(HypervisorError) in
            try XMLTree.rewrite(xml, as: "domain definition") { found in
                var comparison = DefinitionComparison()
                comparison.compare(wanted, found)
                for (setting, mend) in comparison.mends where isMeant(setting) {
                    mend()
                    // Of the size before: the guest would start with no more than that.
                    if setting == "memory" { found.first("currentMemory")?.remove() }
                }
            }
        }
    }

    private var unplaced: DomainSpecification {
        var copy = self
        copy.memoryBytes = placement?.memory.bytes ?? memoryBytes
        copy.placement = nil
        return copy
    }
}

/// Walks through what is wanted and looks for each element, attribute and text of it in what is found.
private struct DefinitionComparison {
    private(set) var differences: [SettingDifference] = []
    private(set) var mends: [(setting: String, mend: () -> Void)] = []

    /// What tells elements of one name apart. Others are told apart by their order.
    private static func key(of element: XMLElement) -> [String?] {
        switch element.name {
        case "disk": [element.first("target")?.attribute("dev")]
        case "interface": [element.first("mac")?.attribute("address")]
        case "channel": [element.first("target")?.attribute("name")]
        case "controller": [element.attribute("type"), element.attribute("index")]
        case "input": [element.attribute("type"), element.attribute("bus")]
        case "timer", "entry": [element.attribute("name")]
        case "graphics": [element.attribute("type")]
        case "hostdev":
            [
                element.attribute("type"), element.first("source", "vendor")?.attribute("id"),
                element.first("source", "product")?.attribute("id"),
            ]
        case "filesystem": [element.first("target")?.attribute("dir")]
        case "device": [element.attribute("alias")]
        case "property": [element.attribute("name")]
        default: []
        }
    }

    /// Elements that are a difference where nobody wants them, by the path of their parent without keys; and whether they may
    /// go.
    private static let closed: [String: (names: Set<String>?, mayGo: Bool)] = [
        "features": (["hyperv", "kvm"], true), "features/hyperv": (nil, true), "features/kvm": (nil, true),
        "devices": (["disk", "interface", "tpm", "graphics", "filesystem"], false),
        "devices/interface": (["vlan"], true), "metadata/vm/demand": (nil, true),
    ]

    mutating func compare(_ wanted: XMLElement, _ found: XMLElement) { compare(wanted, found, at: "", names: "") }

    /// - Parameter names: the path without keys.
    private mutating func compare(_ wanted: XMLElement, _ found: XMLElement, at path: String, names: String) {
        if path == "cpu/topology" { return compareTopology(wanted, found, at: path) }
        if names == "devices/interface", wanted.attribute("type") != found.attribute("type") {
            return noteMove(wanted, found, at: path)
        }
        compareText(wanted, found, at: path)
        for (name, value) in wanted.attributes {
            let other = found.attribute(name)
            guard !Self.isAlike(name, wanted: value, found: other) else { continue }
            note("\(path.isEmpty ? "" : path + "/")@\(name)", found: other, wanted: value) {
                found.setAttribute(name, value)
            }
        }
        if names == "metadata/vm/demand" { compareAbsence(wanted, found, at: path) }
        if names == "devices" { compareRedirections(wanted, found, at: path) }
        let rest = Array(found.children)
        var matched: Set<Int> = []
        for child in wanted.children where !Self.isRedirection(child) {
            let candidates = rest.indices.filter { !matched.contains($0) && Self.isSame(child, rest[$0]) }
            let place = Self.path(to: child, below: path)
            if let index = candidates.first {
                matched.insert(index)
                compare(child, rest[index], at: place, names: names.isEmpty ? child.name : "\(names)/\(child.name)")
            } else {
                note(place, found: nil, wanted: child.summary, isFixable: child.name != "disk") {
                    found.add(copyOf: child)
                }
            }
        }
        guard let (closed, mayGo) = Self.closed[names] else { return }
        for index in rest.indices
        where !matched.contains(index) && !rest[index].isPlaced {
            let isOwn = USBDeviceID.isOwn(rest[index])
            guard isOwn || closed?.contains(rest[index].name) != false else { continue }
            let place = Self.path(to: rest[index], below: path)
            note(place, found: rest[index].summary, wanted: nil, isFixable: mayGo || isOwn) { rest[index].remove() }
        }
    }

    private mutating func compareText(_ wanted: XMLElement, _ found: XMLElement, at path: String) {
        guard wanted.isLeaf, !wanted.text.isEmpty else { return }
        if path == "memory" {
            let (bytes, other) = (
                DomainDefinition.bytes(wanted.text, wanted), DomainDefinition.bytes(found.text, found)
            )
            guard bytes != other else { return }
            note(path, found: other.map(Self.size), wanted: bytes.map(Self.size)) {
                found.setAttribute("unit", "bytes")
                found.setText(wanted.text)
            }
        } else if wanted.text != found.text {
            note(path, found: found.text, wanted: wanted.text) { found.setText(wanted.text) }
        }
    }

    /// What virtfleet writes of a demand is all of it.
    private mutating func compareAbsence(_ wanted: XMLElement, _ found: XMLElement, at path: String) {
        for (name, value) in found.attributes where wanted.attribute(name) == nil {
            note("\(path)/@\(name)", found: value, wanted: nil) { found.removeAttribute(name) }
        }
    }

    private static func isRedirection(_ element: XMLElement) -> Bool {
        element.name == "redirdev" && element.attribute("type") == "spicevmc"
    }

    /// Places for USB devices of who looks at the console: one is like the other, so that they are counted.
    private mutating func compareRedirections(_ wanted: XMLElement, _ found: XMLElement, at path: String) {
        let (some, others) = (
            wanted.children.filter(Self.isRedirection), found.children.filter(Self.isRedirection)
        )
        guard some.count != others.count else { return }
        note("\(path)/redirdev", found: "\(others.count)", wanted: "\(some.count)") {
            for element in others.dropFirst(some.count) { element.remove() }
            for element in some.dropFirst(others.count) { found.add(copyOf: element) }
        }
    }

    /// How the vCPUs are grouped is decided at a start.
    private mutating func compareTopology(_ wanted: XMLElement, _ found: XMLElement, at path: String) {
        func vcpus(_ element: XMLElement) -> Int {
            ["sockets", "dies", "cores", "threads"].map { element.attribute($0).flatMap { Int($0) } ?? 1 }.reduce(1, *)
        }
        guard vcpus(wanted) != vcpus(found) else { return }
        note(path, found: "\(vcpus(found)) vCPUs", wanted: "\(vcpus(wanted)) vCPUs") {
            for (name, value) in wanted.attributes { found.setAttribute(name, value) }
        }
    }

    /// A network card hangs on something of another kind; in the guest it stays the same card.
    private mutating func noteMove(_ wanted: XMLElement, _ found: XMLElement, at path: String) {
        let kept: Set<String> = ["mac", "model", "address", "alias", "boot"]
        note("\(path)/@type", found: found.attribute("type"), wanted: wanted.attribute("type")) {
            for child in Array(found.children) where !kept.contains(child.name) { child.remove() }
            for child in wanted.children where !kept.contains(child.name) { found.add(copyOf: child) }
            if let type = wanted.attribute("type") { found.setAttribute("type", type) }
        }
    }

    private mutating func note(
        _ setting: String, found: String?, wanted: String?, isFixable: Bool = true, _ mend: @escaping () -> Void
    ) {
        differences.append(SettingDifference(setting: setting, found: found, wanted: wanted, isFixable: isFixable))
        if isFixable { mends.append((setting, mend)) }
    }

    /// Whether the two are the same thing. A key that is not wanted may be anything.
    private static func isSame(_ wanted: XMLElement, _ found: XMLElement) -> Bool {
        guard wanted.name == found.name, wanted.namespace == found.namespace else { return false }
        return zip(key(of: wanted), key(of: found)).allSatisfy { $0 == nil || $0 == $1 }
    }

    /// libvirt makes the newest version of a machine type of its name alone, and `memory` is compared in bytes.
    private static func isAlike(_ name: String, wanted: String, found: String?) -> Bool {
        switch name {
        case "machine": found == wanted || found?.hasPrefix("pc-\(wanted)-") == true
        case "unit": true
        default: found == wanted
        }
    }

    private static func path(to element: XMLElement, below path: String) -> String {
        let key = key(of: element).compactMap(\.self).joined(separator: " ")
        return (path.isEmpty ? "" : path + "/") + element.name + (key.isEmpty ? "" : "[\(key)]")
    }

    private static func size(_ bytes: UInt64) -> String {
        bytes % (1 << 30) == 0 ? "\(bytes >> 30) GiB" : "\(bytes >> 20) MiB"
    }
}

extension XMLElement {
    /// In a few words what it is: its text, or the attributes of what is inside.
    fileprivate var summary: String {
        if isLeaf, !text.isEmpty { return text }
        let own = attributes.map { "\($0.name)=\($0.value)" }
        let inside = children.flatMap { child in child.attributes.map { "\(child.name) \($0.name)=\($0.value)" } }
        let all = own + inside
        return all.isEmpty ? "present" : all.prefix(4).joined(separator: ", ")
    }
}
