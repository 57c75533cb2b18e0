import FleetModel
import FoundationEssentials

extension FleetStore {
    /// Makes the window what the document says. Jobs keep the times that it had when they were asked for.
    public func applyWindow(
        _ name: ResourceName, document: [String: JSONValue], by who: String
    ) throws(StoreError) -> WindowApplication {
        try write { connection in
            let windows = WindowRepository(connection: connection)
            let found = try windows.find(name)
            if let found, found.document == document { return WindowApplication(window: found, changed: false) }
            let now = time.now()
            let window = WindowResource(
                name: name, document: document, createdAt: found?.createdAt ?? now, updatedAt: now)
            try windows.put(window)
            try audit("window.apply", name.description, by: who)
            return WindowApplication(window: window, changed: true)
        }
    }

    /// By name.
    public func windows(after cursor: String?, limit: Int) throws(StoreError) -> Page<WindowResource> {
        try read { try WindowRepository(connection: $0).page(after: cursor, limit: limit) }
    }

    public func window(_ name: ResourceName) throws(StoreError) -> WindowResource {
        try read { connection in
            guard let window = try WindowRepository(connection: connection).find(name) else {
                throw StoreError.notFound(kind: "window", name: name.description)
            }
            return window
        }
    }

    /// Removes a window. Jobs keep the times that it had.
    public func removeWindow(_ name: ResourceName, by who: String) throws(StoreError) {
        _ = try window(name)
        try write { connection in
            try WindowRepository(connection: connection).remove(name)
            try audit("window.remove", name.description, by: who)
        }
    }
}
