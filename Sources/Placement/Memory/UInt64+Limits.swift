/// Arithmetic that stops at the limits: documents may hold any numbers.
extension UInt64 {
    func adding(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func times(_ other: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    /// Not below 0.
    func less(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
