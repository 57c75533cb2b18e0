import Synchronization

/// A bounded queue from any thread to one asynchronous consumer. Sending never blocks and keeps the order of each
/// sender; what does not fit is refused and counted, never silently lost.
public final class Mailbox<Element: Sendable>: Sendable, AsyncSequence {
    private struct State {
        var elements = Deque<Element>()
        var waiter: CheckedContinuation<Element?, Never>?
        var finished = false
        var refused: UInt64 = 0
        var weight = 0
    }

    public let capacity: Int
    private let weightLimit: Int
    private let weight: @Sendable (Element) -> Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - weightLimit: what all queued elements together may weigh, such as bytes.
    ///   - weight: what one element weighs.
    public init(
        capacity: Int, weightLimit: Int = .max, weight: @escaping @Sendable (Element) -> Int = { _ in 0 }
    ) {
        self.capacity = capacity
        self.weightLimit = weightLimit
        self.weight = weight
    }

    /// - Parameter exempt: taken even when the mailbox is full; for rare elements whose loss would mislead the consumer.
    /// - Returns: false when the mailbox is full or finished; the element is counted in `refused`.
    @discardableResult
    public func send(_ element: Element, exempt: Bool = false) -> Bool {
        let weight = weight(element)
        let (accepted, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Element?, Never>?) in
            if state.finished { return (false, nil) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (true, waiter)
            }
            guard exempt || state.elements.count < capacity && state.weight + weight <= weightLimit else {
                state.refused += 1
                return (false, nil)
            }
            state.elements.append(element)
            state.weight += weight
            return (true, nil)
        }
        waiter?.resume(returning: element)
        return accepted
    }

    /// No more elements are taken; the consumer gets those that are queued, then nil.
    public func finish() {
        let waiter = state.withLock { state in
            state.finished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// How many elements were refused because the mailbox was full.
    public var refused: UInt64 { state.withLock(\.refused) }
    public var count: Int { state.withLock(\.elements.count) }

    /// The next element; nil once finished and empty, or when the calling task is cancelled. For one consumer at a time.
    public func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, element) = state.withLock { state -> (Bool, Element?) in
                    if let element = state.elements.popFirst() {
                        state.weight -= weight(element)
                        return (true, element)
                    }
                    if state.finished || Task.isCancelled { return (true, nil) }
                    precondition(state.waiter == nil, "a mailbox has one consumer")
                    state.waiter = continuation
                    return (false, nil)
                }
                if ready { continuation.resume(returning: element) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    public struct Iterator: AsyncIteratorProtocol {
        let mailbox: Mailbox
        public mutating func next() async -> Element? { await mailbox.next() }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(mailbox: self) }
}
