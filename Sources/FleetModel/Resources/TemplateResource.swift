import FoundationEssentials

/// `/api/v1/templates`: one immutable version of a template.
public struct TemplateResource: Codable, Equatable, Sendable {
    public var image: ImageReference
    public var createdAt: Date
    public init(image: ImageReference, createdAt: Date) {
        self.image = image
        self.createdAt = createdAt
    }
}

/// `POST /api/v1/templates`: makes a finished upload a template version.
public struct TemplateImport: Codable, Equatable, Sendable {
    public var name: ResourceName
    public var version: ResourceName
    public var upload: UploadID
    /// A finished upload with the UEFI variables of the sealed VM.
    public var variables: UploadID?
    public var seal: TemplateSeal?

    public init(
        name: ResourceName, version: ResourceName, upload: UploadID, variables: UploadID? = nil,
        seal: TemplateSeal? = nil
    ) {
        self.name = name
        self.version = version
        self.upload = upload
        self.variables = variables
        self.seal = seal
    }
}

/// `GET /api/v1/uploads/{id}` and the answer to each `PUT`.
public struct UploadResource: Codable, Equatable, Sendable {
    public var id: UploadID
    /// Bytes on the controller's disk, contiguous from 0: where to go on.
    public var receivedBytes: UInt64
    public var totalBytes: UInt64?
    public init(id: UploadID, receivedBytes: UInt64, totalBytes: UInt64?) {
        self.id = id
        self.receivedBytes = receivedBytes
        self.totalBytes = totalBytes
    }
}
