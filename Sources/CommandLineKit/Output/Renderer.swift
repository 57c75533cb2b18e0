import Drawing
import FleetModel

/// Turns resources into text.
public struct Renderer<Item: Encodable & Sendable> {
    public enum Content {
        case list([Item])
        case one(Item)
        /// One more of a list that grows while it is followed; goes below what was printed before.
        case next(Item)
    }

    private let presentation: Presentation<Item>
    private let format: OutputFormat
    private let headers: Bool
    private var table: TableLayout<Item>

    /// - Parameters:
    ///   - width: columns to keep within; nil for no limit.
    public init(
        _ presentation: Presentation<Item>, format: OutputFormat, headers: Bool = true, width: Int? = nil,
        usesColor: Bool = false
    ) {
        self.presentation = presentation
        self.format = format
        self.headers = headers
        table = TableLayout(
            columns: presentation.columns.filter { format != .table || !$0.isWide },
            width: format == .table ? width : nil, usesColor: usesColor)
    }

    public mutating func text(_ content: Content) throws -> String {
        switch format {
        case .table, .wide:
            switch content {
            case .list(let items): table.text(items, headers: headers)
            case .one(let item): table.details(presentation.details(item))
            case .next(let item): table.text([item], headers: false)
            }
        case .json:
            switch content {
            case .list(let items): try JSONText.indented(items)
            case .one(let item): try JSONText.indented(item)
            case .next(let item): try JSONText.line(item)
            }
        case .yaml:
            switch content {
            case .list(let items): YAMLText.text(try FleetJSON.value(items))
            case .one(let item): YAMLText.text(try FleetJSON.value(item))
            case .next(let item): "---\n" + YAMLText.text(try FleetJSON.value(item))
            }
        case .csv:
            switch content {
            case .list(let items): csv(items, headers: headers)
            case .one(let item): csv([item], headers: headers)
            case .next(let item): csv([item], headers: false)
            }
        case .name:
            switch content {
            case .list(let items): items.map { presentation.name($0).withoutControls + "\n" }.joined()
            case .one(let item), .next(let item): presentation.name(item).withoutControls + "\n"
            }
        }
    }

    /// What to say beside the output when there is nothing to show.
    public func hint(for items: [Item]) -> String? {
        items.isEmpty && (format == .table || format == .wide) ? presentation.emptyHint : nil
    }

    private func csv(_ items: [Item], headers: Bool) -> String {
        let columns = presentation.columns
        let head = headers ? CSVText.line(columns.map { $0.title.lowercased() }) : ""
        return head + items.map { item in CSVText.line(columns.map { $0.cell(item).raw }) }.joined()
    }
}
