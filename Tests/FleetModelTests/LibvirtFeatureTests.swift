import FleetModel
import Testing

@Suite struct LibvirtFeatureTests {
    @Test(arguments: [
        ("9.0.0", false), ("11.2.9", false), ("11.3.0", true), ("12.0.0", true), ("", false), ("x.y", false),
    ])
    func featuresComeWithVersions(_ version: String, _ isThere: Bool) {
        #expect(LibvirtFeature.discardGranularity.isIn(version) == isThere)
    }
}
