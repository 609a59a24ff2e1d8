//! Packages of Go that keep files: where one is imported, the source has to say where.
//!
//! What they do is from their pages on pkg.go.dev.

use super::super::facts::Keeper;

/// The functions that open a database by the name of its driver.
const OPENS: &[&str] = &[
    "database/sql.Open",
    "entgo.io/ent/dialect/sql.",
    "github.com/XSAM/otelsql.",
    "github.com/astaxie/beego/orm.",
    "github.com/beego/beego/client/orm.",
    "github.com/go-xorm/xorm.",
    "github.com/glebarez/",
    "github.com/jinzhu/gorm.",
    "github.com/jmoiron/sqlx.",
    "github.com/uptrace/opentelemetry-go-extra/otelsql.",
    "gorm.io/driver/sqlite.",
    "xorm.io/xorm.",
];

const fn sqlite(module: &'static str) -> Keeper {
    Keeper { module, what: "a driver of SQLite", told_by: OPENS }
}

const fn store(module: &'static str, told_by: &'static [&'static str]) -> Keeper {
    Keeper { module, what: "which keeps files", told_by }
}

/// All of them, by name.
pub(super) const ALL: &[Keeper] = &[
    store("crawshaw.io/sqlite", &[]),
    store("github.com/akrylysov/pogreb", &["github.com/akrylysov/pogreb."]),
    store("github.com/asdine/storm", &["github.com/asdine/storm."]),
    store("github.com/blevesearch/bleve", &["github.com/blevesearch/bleve."]),
    store("github.com/boltdb/bolt", &["github.com/boltdb/bolt."]),
    store("github.com/caddyserver/certmagic", &[]),
    store("github.com/chromedp/chromedp", &[]),
    store("github.com/cihub/seelog", &[]),
    store("github.com/cockroachdb/pebble", &["github.com/cockroachdb/pebble."]),
    store("github.com/dgraph-io/badger", &["github.com/dgraph-io/badger."]),
    store("github.com/duckdb/duckdb-go", &[]),
    store("github.com/etcd-io/bbolt", &[]),
    store("github.com/glebarez/go-sqlite", OPENS),
    store("github.com/glebarez/sqlite", &["github.com/glebarez/"]),
    store("github.com/go-rod/rod", &[]),
    store("github.com/hashicorp/go-getter", &[]),
    store("github.com/hashicorp/raft-boltdb", &["github.com/hashicorp/raft-boltdb."]),
    store("github.com/lestrrat-go/file-rotatelogs", &["github.com/lestrrat-go/file-rotatelogs."]),
    store("github.com/marcboeker/go-duckdb", &[]),
    sqlite("github.com/mattn/go-sqlite3"),
    store("github.com/nats-io/nats-server", &[]),
    sqlite("github.com/ncruces/go-sqlite3"),
    store("github.com/nutsdb/nutsdb", &[]),
    store("github.com/ostafen/clover", &["github.com/ostafen/clover."]),
    store("github.com/peterbourgon/diskv", &["github.com/peterbourgon/diskv."]),
    store("github.com/playwright-community/playwright-go", &[]),
    store("github.com/pocketbase/pocketbase", &[]),
    store("github.com/rosedblabs/rosedb", &[]),
    store("github.com/sdomino/scribble", &["github.com/sdomino/scribble."]),
    store("github.com/syndtr/goleveldb", &["github.com/syndtr/goleveldb/"]),
    store("github.com/tecbot/gorocksdb", &[]),
    store("github.com/tidwall/buntdb", &["github.com/tidwall/buntdb."]),
    store("github.com/timshannon/badgerhold", &[]),
    sqlite("github.com/tursodatabase/go-libsql"),
    sqlite("github.com/uptrace/bun/driver/sqliteshim"),
    store("github.com/xujiajun/nutsdb", &[]),
    store("go.etcd.io/bbolt", &["go.etcd.io/bbolt."]),
    store("go.etcd.io/etcd/server/v3/embed", &[]),
    store("gopkg.in/natefinch/lumberjack.v2", &["gopkg.in/natefinch/lumberjack.v2."]),
    store("gorm.io/driver/sqlite", &["gorm.io/driver/sqlite."]),
    sqlite("modernc.org/sqlite"),
    store("tailscale.com/tsnet", &[]),
    store("zombiezen.com/go/sqlite", &["zombiezen.com/go/sqlite"]),
];
