/// Makes a tree of a document's events, within limits.
struct YAMLTreeBuilder {
    enum Collection { case sequence, mapping }

    private struct Open {
        var kind: Collection
        var position: TextPosition
        var anchor: String?
        var nodesBefore: Int
        var items: [YAMLNode] = []
        var members: [YAMLNode.Member] = []
        var key: (text: String, position: TextPosition)?
    }

    private let limits: YAMLLimits
    private var stack: [Open] = []
    private var anchors: [String: (node: YAMLNode, nodes: Int)] = [:]
    private var nodes = 0
    private var documents = 0
    private(set) var root: YAMLNode?

    init(limits: YAMLLimits) { self.limits = limits }

    mutating func startDocument(at position: TextPosition) throws(YAMLError) {
        documents += 1
        if documents > 1 { throw YAMLError(position: position, message: "a second document; expected one") }
    }

    func refuseTag(_ tag: String?, at position: TextPosition) throws(YAMLError) {
        if let tag { throw YAMLError(position: position, message: "tags are not supported, got '\(tag.prefix(60))'") }
    }

    mutating func scalar(_ text: String, plain: Bool, anchor: String?, at position: TextPosition) throws(YAMLError) {
        let before = nodes
        try count(1, at: position)
        let node = YAMLNode(content: .scalar(text, plain: plain), position: position)
        if let anchor { anchors[anchor] = (node, nodes - before) }
        try add(node)
    }

    mutating func open(_ kind: Collection, anchor: String?, at position: TextPosition) throws(YAMLError) {
        guard stack.count < limits.depth else {
            throw YAMLError(position: position, message: "nested deeper than \(limits.depth) levels")
        }
        let before = nodes
        try count(1, at: position)
        stack.append(Open(kind: kind, position: position, anchor: anchor, nodesBefore: before))
    }

    mutating func close() throws(YAMLError) {
        guard let open = stack.popLast() else { return }
        let node = YAMLNode(
            content: open.kind == .sequence ? .sequence(open.items) : .mapping(open.members), position: open.position)
        if let anchor = open.anchor { anchors[anchor] = (node, nodes - open.nodesBefore) }
        try add(node)
    }

    mutating func alias(_ name: String, at position: TextPosition) throws(YAMLError) {
        guard let anchored = anchors[name] else {
            throw YAMLError(position: position, message: "alias '\(name.prefix(60))' has no anchor before it")
        }
        try count(anchored.nodes, at: position)
        try add(anchored.node)
    }

    private mutating func count(_ added: Int, at position: TextPosition) throws(YAMLError) {
        nodes += added
        if nodes > limits.nodes {
            throw YAMLError(position: position, message: "more than \(limits.nodes) nodes, aliases expanded")
        }
    }

    private mutating func add(_ node: YAMLNode) throws(YAMLError) {
        guard let top = stack.indices.last else {
            root = node
            return
        }
        guard stack[top].kind == .mapping else {
            stack[top].items.append(node)
            return
        }
        if let key = stack[top].key {
            stack[top].key = nil
            stack[top].members.append(YAMLNode.Member(key: key.text, position: key.position, value: node))
            return
        }
        guard case .scalar(let text, _) = node.content else {
            throw YAMLError(position: node.position, message: "expected a key, got \(node.quoted)")
        }
        if let earlier = stack[top].members.first(where: { $0.key == text }) {
            throw YAMLError(
                position: node.position,
                message: "key '\(text.prefix(60))' is already given on line \(earlier.position.line)")
        }
        stack[top].key = (text, node.position)
    }
}
