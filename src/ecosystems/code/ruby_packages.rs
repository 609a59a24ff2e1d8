//! What well-known gems write, and which of them load files of the project by themselves.
//!
//! To add a line, read in the gem's documentation or source what it writes, and where if it is not told.

use super::facts::{
    Argument::{At, Named},
    Does, Entry, Fact, Gives, Keeper, Kind, When, gives, may_write, writes, writes_if,
};

/// Functions and methods.
pub(super) const FACTS: &[Fact] = &[
    // Rails: api.rubyonrails.org: "Rails". It is started where its `config.ru` is.
    gives("Rails.root", Gives::In("")),
    gives("Rails.public_path", Gives::In("public")),
    // Loggers: api.rubyonrails.org: `ActiveSupport::Logger`; logger.rocketjob.io: "Appenders"; hanami/utils:
    // lib/hanami/logger.rb; dry-rb.org: "dry-logger"; the READMEs of ougai, mono_logger and yell.
    writes("ActiveSupport.Logger.new", At(0, ""), Kind::File),
    writes("SemanticLogger.add_appender", Named("file_name"), Kind::File),
    writes("Hanami.Logger.new", Named("stream"), Kind::File),
    writes("Dry.Logger", Named("stream"), Kind::File),
    writes(".add_backend", Named("stream"), Kind::File).with(&[
        "dry/logger",
        "dry-logger",
        "hanami",
    ]),
    writes("Ougai.Logger.new", At(0, ""), Kind::File),
    writes("MonoLogger.new", At(0, ""), Kind::File),
    writes("Yell.new", At(0, ""), Kind::File),
    // Settings of servers: puma.io: "Puma::DSL"; the README of unicorn: `Unicorn::Configurator`.
    may_write("pidfile", At(0, ""), Kind::File),
    may_write("state_path", At(0, ""), Kind::File),
    may_write("stdout_redirect", At(0, ""), Kind::File),
    may_write("stdout_redirect", At(1, ""), Kind::File),
    may_write("stderr_path", At(0, ""), Kind::File),
    may_write("stdout_path", At(0, ""), Kind::File),
    may_write("pid", At(0, ""), Kind::File),
    may_write("bind", At(0, ""), Kind::Socket),
    may_write("listen", At(0, ""), Kind::Socket),
    may_write("activate_control_app", At(0, ""), Kind::Socket),
    // Databases: the gems' own READMEs; sequel.jeremyevans.net: "Connecting to a database";
    // api.rubyonrails.org: `establish_connection`; datamapper.org: "Getting started".
    writes("SQLite3.Database.new", At(0, ""), Kind::Database),
    writes("SQLite3.Database.open", At(0, ""), Kind::Database),
    writes("Sequel.connect", At(0, "database"), Kind::Url),
    writes("Sequel.sqlite", At(0, "database"), Kind::Database),
    writes("ActiveRecord.Base.establish_connection", At(0, ""), Kind::Url),
    writes("DataMapper.setup", At(1, ""), Kind::Url),
    writes("Daybreak.DB.new", At(0, ""), Kind::File),
    writes("LMDB.new", At(0, ""), Kind::Folder),
    writes("RocksDB.DB.new", At(0, ""), Kind::Folder),
    may_write("set", At(1, ""), Kind::Url),
    // Uploads and caches: shrinerb.com: "File System"; api.rubyonrails.org: `ActiveSupport::Cache::FileStore`;
    // the README of Moneta.
    writes("Shrine.Storage.FileSystem.new", At(0, ""), Kind::Folder),
    writes("ActiveSupport.Cache.FileStore.new", At(0, ""), Kind::Folder),
    writes("Moneta.Adapters.File.new", Named("dir"), Kind::Folder),
    writes("Moneta.new", Named("dir"), Kind::Folder),
    writes("Moneta.new", Named("file"), Kind::Database),
    writes("Moneta.new", Named("db"), Kind::Url),
    may_write("adapter", Named("dir"), Kind::Folder).with(&["moneta"]),
    may_write("adapter", Named("file"), Kind::Database).with(&["moneta"]),
    writes("Prometheus.Client.DataStores.DirectFileStore.new", Named("dir"), Kind::Folder),
    // Documents, archives and pictures: the READMEs of prawn, rubyzip, caxlsx, write_xlsx, mini_magick and rmagick.
    writes("Prawn.Document.generate", At(0, ""), Kind::File),
    writes(".render_file", At(0, ""), Kind::File),
    writes_if("Zip.File.open", At(0, ""), At(1, "create"), &["CREATE", "true"]),
    writes("Zip.OutputStream.open", At(0, ""), Kind::File),
    writes("WriteXLSX.new", At(0, ""), Kind::File),
    may_write(".serialize", At(0, ""), Kind::File).when(When::Path(At(0, ""))),
    // The body of an answer: the README of rack.
    gives("Rack.Response.new", Gives::Nothing),
    may_write(".write", At(0, ""), Kind::File).when(When::Path(At(0, ""))),
    writes(".write", At(0, ""), Kind::File).when(When::File(At(0, ""))).with(&["mini_magick"]),
    may_write(".write_to_file", At(0, ""), Kind::File).when(When::Path(At(0, ""))),
    may_write(".save_screenshot", At(0, ""), Kind::File),
    may_write(".atomic_write", At(0, ""), Kind::Entry),
    writes("File.atomic_write", At(0, ""), Kind::Entry),
    // The README of down: without a destination, a temporary file.
    writes("Down.download", Named("destination"), Kind::File),
    // Repositories: github.com/ruby-git/ruby-git, github.com/libgit2/rugged.
    writes("Git.clone", At(1, ""), Kind::Folder),
    writes("Git.init", At(0, ""), Kind::Folder),
    writes("Rugged.Repository.clone_at", At(1, ""), Kind::Folder),
    writes("Rugged.Repository.init_at", At(0, ""), Kind::Folder),
    // The gems of a manifest that load files: the README of require_all.
    Fact { name: "require_all", does: Does::Imports(0) },
    Fact { name: "require_rel", does: Does::ImportsBeside(0) },
    // The object of a method.
    gives(".presence", Gives::Object),
    writes(".copy_to", At(0, ""), Kind::File).when(When::Path(At(0, ""))),
    may_write(".move_to", At(0, ""), Kind::Entry).when(When::Path(At(0, ""))),
];

/// Databases: api.rubyonrails.org: `establish_connection`; sequel.jeremyevans.net.
pub(super) const ENTRIES: &[Entry] = &[Entry {
    module: "",
    key: "database",
    beside: "adapter",
    contains: "sqlite",
    kind: Kind::Database,
    what: "a database",
}];

/// The gems that load the project's files by their names: github.com/fxn/zeitwerk; guides.rubyonrails.org:
/// "Autoloading"; guides.hanamirb.org: "Autoloading"; dry-rb.org: "dry-system".
pub(super) const LOADERS: &[&str] =
    &["dry/system", "hanami", "jets", "rails", "require_all", "zeitwerk"];

const fn keeps(module: &'static str, what: &'static str) -> Keeper {
    Keeper { module, what, told_by: &[] }
}

/// The gems that keep files in places that settings or classes of the project name, after their READMEs.
pub(super) const KEEPERS: &[Keeper] = &[
    keeps("carrierwave", "which keeps uploads"),
    keeps("daemons", "which keeps a PID file"),
    keeps("dragonfly", "which keeps uploads"),
    keeps("god", "which keeps PID files"),
    keeps("jekyll", "which writes pages"),
    keeps("kt-paperclip", "which keeps uploads"),
    keeps("paperclip", "which keeps uploads"),
    keeps("refile", "which keeps uploads"),
    keeps("sitemap_generator", "which writes files"),
    keeps("whenever", "which writes a crontab"),
];
