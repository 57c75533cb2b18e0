import Drawing

extension Inspection {
    /// Topology and groups in one.
    public var picture: Panel {
        Panel(software.hostname ?? "machine", children: [topologyPicture, groupPicture])
    }
}
