internal import CutoverAzureTransport
internal import MigrationCore

/// One change of an entity, alone or in an entity-group transaction.
struct EntityChange: Sendable {
    enum Kind: Sendable {
        /// Whatever is there.
        case put
        case insert
        /// Only over the entity that is there, whichever version it has.
        case replace
        case replaceVersion(String)
        case delete
        case deleteVersion(String)
    }

    var kind: Kind
    var key: EntityKey
    /// The properties of what is written; nil for a delete.
    var properties: [EntityForm.Property]?

    func method() -> HTTPMethod {
        switch kind {
        case .insert: .post
        case .put, .replace, .replaceVersion: .put
        case .delete, .deleteVersion: .delete
        }
    }

    func path(_ table: String) -> String {
        if case .insert = kind { table } else { TableGateway.path(table, key) }
    }

    var headers: HTTPHeaders {
        switch kind {
        case .insert: ["Prefer": "return-no-content"]
        case .put: [:]
        case .replace, .delete: ["If-Match": "*"]
        case .replaceVersion(let tag), .deleteVersion(let tag): ["If-Match": tag]
        }
    }

    func body(stamp: String) -> [UInt8]? { properties.map { Entity.json(key, $0, stamp: stamp) } }

    /// A change of a version can be sent again, since that version is never there a second time. Another one could meet what
    /// was written meanwhile: an entity can be absent twice, and an insert would bring back what another writer has deleted.
    var effect: RequestEffect {
        switch kind {
        case .replaceVersion, .deleteVersion: .repeatableWrite
        case .insert, .put, .replace, .delete: .write
        }
    }
}
