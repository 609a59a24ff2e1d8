//! What well-known packages of PHP write.
//!
//! To add a line, read in the package's documentation or source what it writes, and where if it is not told.

use super::facts::{
    Argument::{At, Entry as In},
    Entry, Fact, Gives, Keeper, Kind, When, gives, may_write, starts, writes, writes_if,
};

/// When nothing else tells Smarty where it keeps what it makes of templates.
const COMPILED: When = When::Lacks("setCompileDir");

/// Functions and methods.
pub(super) const FACTS: &[Fact] = &[
    // Logs: seldaek.github.io/monolog: "Handlers".
    writes("Monolog\\Handler\\StreamHandler", At(0, "stream"), Kind::File),
    writes("Monolog\\Handler\\RotatingFileHandler", At(0, "filename"), Kind::File),
    writes("Katzgrau\\KLogger\\Logger", At(0, "logDirectory"), Kind::Folder),
    // Files: symfony.com/doc: "The Filesystem Component", "The Cache Component", "How to Upload Files";
    // flysystem.thephpleague.com: "Local Adapter".
    writes("League\\Flysystem\\Local\\LocalFilesystemAdapter", At(0, "location"), Kind::Folder),
    writes("League\\Flysystem\\Adapter\\Local", At(0, "root"), Kind::Folder),
    writes(
        "Symfony\\Component\\Cache\\Adapter\\FilesystemAdapter",
        At(2, "directory"),
        Kind::Folder,
    ),
    writes("Symfony\\Component\\Cache\\Adapter\\PhpFilesAdapter", At(2, "directory"), Kind::Folder),
    may_write(".dumpFile", At(0, "filename"), Kind::Entry),
    may_write(".appendToFile", At(0, "filename"), Kind::File),
    may_write(".moveTo", At(0, "targetPath"), Kind::Entry),
    // Laravel: laravel.com/docs: "Helpers", "Processes", "File Storage".
    gives("base_path", Gives::In("")),
    gives("app_path", Gives::In("app")),
    gives("config_path", Gives::In("config")),
    gives("database_path", Gives::In("database")),
    gives("public_path", Gives::In("public")),
    gives("resource_path", Gives::In("resources")),
    gives("storage_path", Gives::In("storage")),
    gives("env", Gives::Variable),
    writes("Illuminate\\Support\\Facades\\File.put", At(0, "path"), Kind::File),
    writes("Illuminate\\Support\\Facades\\File.append", At(0, "path"), Kind::File),
    writes("Illuminate\\Support\\Facades\\File.replace", At(0, "path"), Kind::Entry),
    writes("Illuminate\\Support\\Facades\\File.makeDirectory", At(0, "path"), Kind::Folder),
    writes("Illuminate\\Support\\Facades\\File.ensureDirectoryExists", At(0, "path"), Kind::Folder),
    writes("Illuminate\\Support\\Facades\\File.copy", At(1, "target"), Kind::File),
    writes("Illuminate\\Support\\Facades\\File.move", At(1, "target"), Kind::Entry),
    writes("Illuminate\\Support\\Facades\\File.copyDirectory", At(1, "destination"), Kind::Folder),
    // Symfony: symfony.com/doc: "The Kernel in the Application", "The Process Component".
    gives(".getProjectDir", Gives::In("")),
    gives(".getCacheDir", Gives::In("var/cache")),
    gives(".getLogDir", Gives::In("var/log")),
    starts("Symfony\\Component\\Process\\Process", At(0, "command")),
    starts("Symfony\\Component\\Process\\Process.fromShellCommandline", At(0, "command")),
    // Caches of templates: twig.symfony.com: "Environment Options"; smarty-php.github.io: "Rendering templates".
    writes("Twig\\Environment", In(1, "cache"), Kind::Folder),
    writes("Smarty", At(98, ""), Kind::Folder).or("templates_c").when(COMPILED),
    writes("Smarty\\Smarty", At(98, ""), Kind::Folder).or("templates_c").when(COMPILED),
    may_write(".setCompileDir", At(0, ""), Kind::Folder),
    may_write(".setCacheDir", At(0, ""), Kind::Folder),
    // php.net: `ZipArchive::open`.
    writes_if(".open", At(0, "filename"), At(1, "flags"), &["CREATE", "OVERWRITE"]).perhaps(),
    writes(".save", At(0, "filename"), Kind::File)
        .when(When::File(At(0, "filename")))
        .with(&["PhpOffice"]),
    // Documents: phpspreadsheet.readthedocs.io, mpdf.github.io, tcpdf.org: `Output` with a file.
    writes_if(".Output", At(0, "name"), At(1, "dest"), &["F"]).perhaps(),
];

/// Databases: laravel.com/docs: "Database: Getting Started"; doctrine-project.org: "DBAL Configuration"; catfan/medoo.
/// Downloads of Guzzle, and the folder of Twig's cache: twig.symfony.com: "Environment Options".
pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        module: "",
        key: "connections.sqlite.database",
        beside: "default",
        contains: "sqlite",
        kind: Kind::Database,
        what: "a database",
    },
    Entry {
        module: "",
        key: "path",
        beside: "driver",
        contains: "sqlite",
        kind: Kind::Database,
        what: "a database",
    },
    Entry {
        module: "",
        key: "sink",
        beside: "",
        contains: "",
        kind: Kind::File,
        what: "a download",
    },
    Entry {
        module: "",
        key: "log_file",
        beside: "",
        contains: "",
        kind: Kind::File,
        what: "a log file",
    },
    Entry {
        module: "",
        key: "pid_file",
        beside: "",
        contains: "",
        kind: Kind::File,
        what: "a PID file",
    },
];

/// The packages that keep files in places that they choose, after their documentation: docs.madelineproto.xyz:
/// "Sessions"; workerman.net/doc.
pub(super) const KEEPERS: &[Keeper] = &[
    Keeper {
        module: "Workerman",
        what: "which keeps a PID file and a log beside its source",
        told_by: &[],
    },
    Keeper { module: "danog\\MadelineProto", what: "which keeps sessions", told_by: &[] },
];
