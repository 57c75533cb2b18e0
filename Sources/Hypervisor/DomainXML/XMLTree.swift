import CXML2
import FleetRuntime
import Glibc

/// A parsed XML document, for as long as `read` runs. Entities are never declared, so nothing can expand; nothing is
/// fetched; text beyond the limit is refused.
enum XMLTree {
    /// A domain's definition takes some ten KiB.
    static let sizeLimit = 1 << 20

    /// - Throws: `invalidDefinition` with the parser's words and line.
    static func read<Result>(
        _ xml: String, as what: String, _ body: (XMLElement) throws(HypervisorError) -> Result
    ) throws(HypervisorError) -> Result {
        try withDocument(xml, as: what) { _, root throws(HypervisorError) in try body(root) }
    }

    /// The document as the body has changed it.
    static func rewrite(
        _ xml: String, as what: String, _ body: (XMLElement) throws(HypervisorError) -> Void
    ) throws(HypervisorError) -> String {
        try withDocument(xml, as: what) { document, root throws(HypervisorError) in
            try body(root)
            var text: UnsafeMutablePointer<xmlChar>?
            var size: Int32 = 0
            xmlDocDumpMemoryEnc(document, &text, &size, "UTF-8")
            guard let text else {
                throw HypervisorError(.failed, operation: "write", object: what, message: "out of memory")
            }
            // See `XMLElement.take`.
            defer { free(text) }
            return String(cString: text)
        }
    }

    private static func withDocument<Result>(
        _ xml: String, as what: String, _ body: (xmlDocPtr, XMLElement) throws(HypervisorError) -> Result
    ) throws(HypervisorError) -> Result {
        func invalid(_ message: String) -> HypervisorError {
            HypervisorError(.invalidDefinition, operation: "read", object: what, message: message)
        }
        let size = xml.utf8.count
        guard size <= sizeLimit else { throw invalid("\(size) bytes; at most \(sizeLimit) are accepted") }
        _ = parserReady
        guard let context = xmlNewParserCtxt() else { throw invalid("out of memory") }
        defer { xmlFreeParserCtxt(context) }
        context.pointee.sax?.pointee.entityDecl = nil
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
        guard let document = xmlCtxtReadMemory(context, xml, Int32(size), nil, "UTF-8", Int32(options)) else {
            let error = context.pointee.lastError
            let reason = error.message.map { String(cString: $0) } ?? "not well-formed\n"
            throw invalid("line \(error.line): \(reason.dropLast())")
        }
        defer { xmlFreeDoc(document) }
        guard let root = xmlDocGetRootElement(document) else { throw invalid("it is empty") }
        return try body(document, XMLElement(node: root))
    }

    /// libxml2 wants to be set up by one thread before others use it.
    private static let parserReady: Void = xmlInitParser()
}

/// An element of a document that `XMLTree.read` holds.
struct XMLElement {
    fileprivate let node: xmlNodePtr

    var name: String { Self.text(node.pointee.name) ?? "" }

    /// The URI of the element's namespace.
    var namespace: String? { node.pointee.ns.flatMap { Self.text($0.pointee.href) } }

    /// The text inside.
    var text: String { Self.take(xmlNodeGetContent(node)) ?? "" }

    func attribute(_ name: String) -> String? { Self.take(xmlGetNoNsProp(node, name)) }

    /// Those without a namespace, in their order.
    var attributes: [(name: String, value: String)] {
        sequence(first: node.pointee.properties) { $0?.pointee.next }
            .compactMap { $0 }
            .filter { $0.pointee.ns == nil }
            .compactMap { property in
                guard let name = Self.text(property.pointee.name), let value = attribute(name) else { return nil }
                return (name, value)
            }
    }

    /// Nothing but text is inside.
    var isLeaf: Bool { !children.contains { _ in true } }

    var children: some Sequence<XMLElement> {
        sequence(first: node.pointee.children) { $0?.pointee.next }
            .lazy.compactMap { $0 }
            .filter { $0.pointee.type == XML_ELEMENT_NODE }
            .map(XMLElement.init)
    }

    func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first element at a path of names below this one.
    func first(_ path: String...) -> XMLElement? {
        path.reduce(self) { element, name in element?.children.first { $0.name == name } }
    }

    func setText(_ text: String) {
        xmlNodeSetContent(node, nil)
        xmlNodeAddContent(node, text)
    }

    func setAttribute(_ name: String, _ value: String) { xmlSetProp(node, name, value) }

    func removeAttribute(_ name: String) { xmlUnsetProp(node, name) }

    /// Takes the element and all inside out of the document; it must not be used any more.
    func remove() {
        xmlUnlinkNode(node)
        xmlFreeNode(node)
    }

    /// Adds what is written at the end.
    func add(_ write: (inout XMLWriter) -> Void) {
        var writer = XMLWriter()
        write(&writer)
        var list: xmlNodePtr?
        // The writer's XML is well-formed.
        xmlParseInNodeContext(node, writer.text, Int32(writer.text.utf8.count), 0, &list)
        xmlAddChildList(node, list)
    }

    /// Adds the same as another element at the end, which may be of another document.
    func add(copyOf element: XMLElement) { xmlAddChild(node, xmlDocCopyNode(element.node, node.pointee.doc, 1)) }

    /// The first child of the name, made when there is none.
    func child(_ name: String) -> XMLElement {
        first(name) ?? XMLElement(node: xmlNewChild(node, nil, name, nil))
    }

    private static func text(_ pointer: UnsafePointer<xmlChar>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func take(_ pointer: UnsafeMutablePointer<xmlChar>?) -> String? {
        guard let pointer else { return nil }
        // What xmlFree is unless somebody replaced libxml2's allocator; Swift may not read that variable.
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
