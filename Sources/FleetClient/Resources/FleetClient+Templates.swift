import FleetModel

extension FleetClient {
    public func templates() async throws(FleetClientError) -> [TemplateResource] { try await collect("templates") }

    /// Makes a finished upload a template version. The controller reads the whole image before it answers.
    public func importTemplate(_ wanted: TemplateImport) async throws(FleetClientError) -> TemplateResource {
        try await send(.post, Path("templates"), wanted, stallTimeout: .seconds(3600))
    }
}
