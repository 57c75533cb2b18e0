extension Sequence {
    /// The first result that is not nil, asking no further. (`lazy.compactMap { }.first` of a collection asks twice.)
    func firstResult<Result>(_ transform: (Element) -> Result?) -> Result? {
        for element in self {
            if let result = transform(element) { return result }
        }
        return nil
    }
}
