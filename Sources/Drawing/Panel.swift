/// A labelled box with lines of text and further boxes inside: what a picture is made of, before its width is known.
public struct Panel: Equatable, Sendable {
    /// A text, and one at the right edge that tells what is the matter with it.
    public struct Line: Equatable, Sendable {
        public var text: String
        public var note: String
        public var tone: Tone
        /// Shown by a viewer that can, when one points at the line.
        public var hint: String?

        /// - Parameter tone: of the note, or of the text when there is no note.
        public init(_ text: String, note: String = "", tone: Tone = .plain, hint: String? = nil) {
            self.text = text.withoutControls
            self.note = note.withoutControls
            self.tone = tone
            self.hint = hint?.withoutControls
        }
    }

    /// How the boxes inside are put.
    public enum Arrangement: Equatable, Sendable {
        /// As small as they can be, beside each other while there is room.
        case flow
        /// In as many columns of equal width as fit, each at least this wide.
        case columns(atLeast: Int)
    }

    public var title: String
    public var tone: Tone
    public var lines: [Line]
    public var children: [Panel]
    public var arrangement: Arrangement

    public init(
        _ title: String, tone: Tone = .plain, lines: [Line] = [], children: [Panel] = [],
        arrangement: Arrangement = .flow
    ) {
        self.title = title.withoutControls
        self.tone = tone
        self.lines = lines
        self.children = children
        self.arrangement = arrangement
    }
}
