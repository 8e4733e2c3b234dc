extension Schema {
    /// Documents, the log of their changes, and the triggers that keep both true whoever writes.
    ///
    /// A row that another program inserts needs `collection`, `id` and `body`. The triggers give it an etag and an entry in the
    /// log; the column lists of the triggers keep them from setting each other off, with and without recursive triggers.
    static let documents: [String] = [
        """
        CREATE TABLE collections (
            name TEXT NOT NULL PRIMARY KEY,
            default_lifetime INTEGER,
            settings TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE documents (
            number INTEGER PRIMARY KEY,
            collection TEXT NOT NULL,
            partition TEXT NOT NULL DEFAULT '[]' CHECK (partition <> ''),
            id TEXT NOT NULL,
            body TEXT NOT NULL,
            etag TEXT,
            expires_at INTEGER,
            UNIQUE (collection, partition, id)
        ) STRICT
        """,
        """
        CREATE INDEX documents_by_expiry ON documents (collection, expires_at) WHERE expires_at IS NOT NULL
        """,
        """
        CREATE TABLE changes (
            sequence INTEGER PRIMARY KEY,
            collection TEXT NOT NULL,
            partition TEXT NOT NULL,
            id TEXT NOT NULL,
            is_delete INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TRIGGER documents_inserted AFTER INSERT ON documents BEGIN
            INSERT INTO changes (collection, partition, id, is_delete)
                VALUES (NEW.collection, NEW.partition, NEW.id, 0);
        END
        """,
        """
        CREATE TRIGGER documents_updated AFTER UPDATE OF body, expires_at ON documents
        WHEN (OLD.collection, OLD.partition, OLD.id) IS (NEW.collection, NEW.partition, NEW.id) BEGIN
            INSERT INTO changes (collection, partition, id, is_delete)
                VALUES (NEW.collection, NEW.partition, NEW.id, 0);
        END
        """,
        """
        CREATE TRIGGER documents_moved AFTER UPDATE OF collection, partition, id ON documents
        WHEN (OLD.collection, OLD.partition, OLD.id) IS NOT (NEW.collection, NEW.partition, NEW.id) BEGIN
            INSERT INTO changes (collection, partition, id, is_delete)
                VALUES (OLD.collection, OLD.partition, OLD.id, 1),
                       (NEW.collection, NEW.partition, NEW.id, 0);
        END
        """,
        """
        CREATE TRIGGER documents_deleted AFTER DELETE ON documents BEGIN
            INSERT INTO changes (collection, partition, id, is_delete)
                VALUES (OLD.collection, OLD.partition, OLD.id, 1);
        END
        """,
        """
        CREATE TRIGGER documents_inserted_etag AFTER INSERT ON documents WHEN NEW.etag IS NULL BEGIN
            UPDATE documents SET etag = lower(hex(randomblob(12))) WHERE number = NEW.number;
        END
        """,
        """
        CREATE TRIGGER documents_updated_etag
        AFTER UPDATE OF collection, partition, id, body, expires_at ON documents WHEN NEW.etag IS OLD.etag BEGIN
            UPDATE documents SET etag = lower(hex(randomblob(12))) WHERE number = NEW.number;
        END
        """,
        """
        CREATE TRIGGER documents_lost_etag AFTER UPDATE OF etag ON documents WHEN NEW.etag IS NULL BEGIN
            UPDATE documents SET etag = lower(hex(randomblob(12))) WHERE number = NEW.number;
        END
        """,
        """
        CREATE TRIGGER changes_keep_last BEFORE DELETE ON changes
        WHEN OLD.sequence = (SELECT max(sequence) FROM changes) BEGIN
            SELECT RAISE(ABORT, 'The last change stays: the next one takes its number from it.');
        END
        """,
    ]

    /// The etag under which this library wrote the body: while it is the etag of the row, the body is canonical Extended JSON,
    /// and SQL may look into it. Whatever another program does to a row gives it another etag.
    static let canonicalBodies: [String] = [
        "ALTER TABLE documents ADD COLUMN canonical TEXT"
    ]
}
