import ActionDoors
import Store

/// The tables of the orders service, as they came to be.
enum Migrations {
    static let all = [
        // Identifiers begin with their time, so new rows of all orders stand side by side in every index but the
        // customers'. Times are nanoseconds since 1970, money is minor units.
        Migration(
            1, "orders, customers, deliveries",
            """
            CREATE TABLE customers (
                id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, address TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE orders (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, customer_id TEXT NOT NULL, items TEXT NOT NULL,
                total INTEGER CHECK (total >= 0), status TEXT NOT NULL, reason TEXT,
                created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX orders_of_customer ON orders (customer_id, created_at, number);
            CREATE INDEX orders_by_status ON orders (status, created_at);
            CREATE TABLE deliveries (
                order_id TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL, reference TEXT, reason TEXT,
                updated_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE idempotency (
                caller TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, order_id TEXT NOT NULL,
                created_at INTEGER NOT NULL, PRIMARY KEY (caller, key)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX idempotency_by_age ON idempotency (created_at);
            """),
        DoorRows.migration(2),
    ]
}
