import FleetModel
import FleetRuntime
import FleetStore

/// The parts of the controller that routes work with.
public struct APIServices: Sendable {
    let store: FleetStore
    let uploads: UploadStore
    let images: ImageCatalogue
    let feed: EventFeed
    let enrolment: HostEnrolment
    let keys: ControllerKeys
    let metrics: MetricsRegistry
    let time: any TimeSource
    /// Why the controller is not ready; empty when it is.
    let obstacles: @Sendable () async -> [String]

    public init(
        store: FleetStore, uploads: UploadStore, images: ImageCatalogue, enrolment: HostEnrolment,
        keys: ControllerKeys, metrics: MetricsRegistry, time: any TimeSource,
        obstacles: @escaping @Sendable () async -> [String]
    ) {
        self.store = store
        self.uploads = uploads
        self.images = images
        self.enrolment = enrolment
        self.keys = keys
        self.metrics = metrics
        self.time = time
        self.obstacles = obstacles
        feed = EventFeed(store: store, time: time)
        metrics.gauge("virtfleet_event_subscribers", help: "Open event streams.") { [feed] in
            Double(feed.subscriberCount)
        }
    }
}
