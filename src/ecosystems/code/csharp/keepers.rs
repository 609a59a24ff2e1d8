//! Packages of .NET that keep files, or write them by functions that are not followed.
//!
//! What they do is from their own pages on nuget.org and in their repositories.

use super::super::facts::Keeper;

const fn store(module: &'static str) -> Keeper {
    Keeper { module, what: "which keeps files", told_by: &[] }
}

const fn told(module: &'static str, told_by: &'static [&'static str]) -> Keeper {
    Keeper { module, what: "which keeps files", told_by }
}

/// All of them, by name.
pub(super) const ALL: &[Keeper] = &[
    store("Akka.Persistence.Sqlite"),
    store("CefSharp"),
    store("DuckDB.NET"),
    store("Duende.IdentityServer"),
    store("Elsa"),
    store("Hangfire.LiteDB"),
    store("Hangfire.Storage.SQLite"),
    store("LibGit2Sharp"),
    told("LiteDB", &["LiteDatabase", "LiteRepository"]),
    store("Lucene.Net"),
    store("Microsoft.FASTER.Core"),
    store("Microsoft.Playwright"),
    store("OrchardCore"),
    store("Piranha"),
    store("PuppeteerSharp"),
    store("RavenDB.Embedded"),
    store("Realm"),
    store("RocksDB"),
    store("RocksDbSharp"),
    store("Selenium.WebDriver"),
    store("Serilog.Sinks.SQLite"),
    store("Umbraco.Cms"),
    store("Xabe.FFmpeg"),
    store("ZoneTree"),
];
