//! Crates that keep files: where one is used, the source has to say where.
//!
//! What they do is from their pages on docs.rs.

use super::super::facts::Keeper;

const fn store(module: &'static str, told_by: &'static [&'static str]) -> Keeper {
    Keeper { module, what: "which keeps files", told_by }
}

/// The functions that open a database of SQLite with sqlx.
const SQLX: &[&str] = &["sqlx::", ".filename", ".connect"];

/// All of them, by name.
pub(super) const ALL: &[Keeper] = &[
    store("cacache", &["cacache::"]),
    store("chromiumoxide", &[]),
    store("confy", &["confy::store_path"]),
    store("diesel::sqlite", &["diesel::"]),
    store("diesel::SqliteConnection", &["diesel::"]),
    store("duckdb", &["duckdb::"]),
    store("fastembed", &[]),
    store("fjall", &["fjall::"]),
    store("flexi_logger", &[]),
    store("headless_chrome", &[]),
    store("heed", &[]),
    store("hf_hub", &[]),
    store("kv", &[]),
    store("libsql::Builder::new_local", &["libsql::"]),
    store("lmdb", &[]),
    store("log4rs", &[]),
    store("native_db", &[]),
    store("opendal::services::Fs", &[]),
    store("persy", &[]),
    store("pickledb", &[]),
    store("polodb_core", &[]),
    store("r2d2_sqlite", &["r2d2_sqlite::"]),
    store("redb", &["redb::"]),
    store("rocksdb", &["rocksdb::"]),
    store("rusqlite", &["rusqlite::", "r2d2_sqlite::", "tokio_rusqlite::"]),
    store("sled", &["sled::"]),
    store("sqlite", &["sqlite::"]),
    store("sqlx::SqliteConnectOptions", SQLX),
    store("sqlx::SqlitePool", SQLX),
    store("sqlx::sqlite", SQLX),
    store("surrealdb::engine::local", &[]),
    store("tantivy", &["tantivy::"]),
    store("tokio_rusqlite", &["tokio_rusqlite::"]),
    store("tracing_appender::rolling", &["tracing_appender::", ".build"]),
];
