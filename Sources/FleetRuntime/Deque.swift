/// A queue that lets go of what is taken from it at once; a slice of an array would hold on to it.
struct Deque<Element> {
    private var slots: [Element?] = []
    private var head = 0
    private(set) var count = 0

    mutating func append(_ element: Element) {
        if count == slots.count {
            slots = (0..<count).map { slots[(head + $0) % count] } + Array(repeating: nil, count: max(count, 8))
            head = 0
        }
        slots[(head + count) % slots.count] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head].take()
        head = (head + 1) % slots.count
        count -= 1
        return element
    }
}
