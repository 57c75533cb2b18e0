import Drawing
/// A piece of a table: what people read, and what a program gets in its place.
public struct Cell: Equatable, Sendable {
    public typealias Style = Tone

    public let text: String
    /// For `csv`: `2026-11-20T18:00:00.000Z` where people read "3 min ago".
    public let raw: String
    public let style: Style

    public init(_ text: String, raw: String? = nil, style: Style = .plain) {
        self.text = text
        self.raw = raw ?? text
        self.style = style
    }

    /// Nothing to show.
    public static let none = Cell("-", raw: "", style: .faint)
}

public struct Column<Item: Sendable>: Sendable {
    public enum Alignment: Sendable { case left, right }

    let title: String
    let alignment: Alignment
    let isWide: Bool
    let mayShrink: Bool
    let cell: @Sendable (Item) -> Cell

    /// - Parameters:
    ///   - isWide: shown by `wide` and `csv` alone.
    ///   - mayShrink: cut, with an ellipsis, where the terminal is too narrow.
    public init(
        _ title: String, alignment: Alignment = .left, isWide: Bool = false, mayShrink: Bool = false,
        cell: @escaping @Sendable (Item) -> Cell
    ) {
        self.title = title
        self.alignment = alignment
        self.isWide = isWide
        self.mayShrink = mayShrink
        self.cell = cell
    }
}

/// Lines `Label: value` under a title, for one item's full view.
public struct DetailSection: Equatable, Sendable {
    public let title: String?
    public var fields: [(label: String, cell: Cell)]

    public init(_ title: String? = nil, _ fields: [(String, Cell)]) {
        self.title = title
        self.fields = fields.map { (label: $0.0, cell: $0.1) }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.title == right.title
            && left.fields.elementsEqual(right.fields) { $0.label == $1.label && $0.cell == $1.cell }
    }
}

/// How one kind of resource is shown, in every format.
public struct Presentation<Item: Encodable & Sendable>: Sendable {
    let columns: [Column<Item>]
    let name: @Sendable (Item) -> String
    let details: @Sendable (Item) -> [DetailSection]
    /// Said in place of an empty table.
    let emptyHint: String

    public init(
        columns: [Column<Item>], emptyHint: String, name: @escaping @Sendable (Item) -> String,
        details: @escaping @Sendable (Item) -> [DetailSection]
    ) {
        self.columns = columns
        self.emptyHint = emptyHint
        self.name = name
        self.details = details
    }
}
