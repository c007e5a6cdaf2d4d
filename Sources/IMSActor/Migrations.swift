import ActionDoors
import Store

/// The tables of the inventory service, as they came to be.
enum Migrations {
    static let all = [
        // Times are nanoseconds since 1970, money is minor units.
        Migration(
            1, "products, inventory, reservations, movements",
            """
            CREATE TABLE products (
                sku TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, price INTEGER NOT NULL CHECK (price >= 0),
                image_url TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE inventory (
                sku TEXT PRIMARY KEY REFERENCES products (sku), quantity INTEGER NOT NULL CHECK (quantity >= 0),
                updated_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE reservations (
                number INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, items TEXT NOT NULL, outcome TEXT NOT NULL,
                reason TEXT, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE movements (
                sequence INTEGER PRIMARY KEY, sku TEXT NOT NULL, delta INTEGER NOT NULL, cause TEXT NOT NULL,
                cause_id TEXT NOT NULL, at INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE idempotency (
                caller TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, quantity INTEGER NOT NULL,
                updated_at INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (caller, key)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX idempotency_by_age ON idempotency (created_at);
            """),
        DoorRows.migration(2),
    ]
}
