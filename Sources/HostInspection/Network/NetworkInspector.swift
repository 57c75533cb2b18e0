/// /sys/class/net and /proc/net/route.
struct NetworkInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> NetworkDocument {
        NetworkDocument(interfaces: [], defaultRoutes: [])
    }
}
