//! The settings of packages of Python that name places, and the packages that load modules by themselves.
//!
//! To add a line, read in the package's documentation or source what it writes, and where if it is not told.

use super::facts::{Entry, Keyed, Kind, Setting, setting};

/// Entries of tables of settings.
pub(super) const ENTRIES: &[Entry] = &[
    // docs.djangoproject.com: "Settings", DATABASES and CACHES; docs.python.org: "Configuration dictionary schema";
    // django-haystack.readthedocs.io: "Haystack Settings"; flask-caching.readthedocs.io: "Configuring Flask-Caching".
    entry("NAME", "ENGINE", "sqlite", Kind::Database, "DATABASES"),
    entry("filename", "class", "FileHandler", Kind::File, "logging.FileHandler"),
    entry("LOCATION", "BACKEND", "FileBasedCache", Kind::Folder, "CACHES"),
    entry("PATH", "ENGINE", "whoosh", Kind::Folder, "HAYSTACK_CONNECTIONS"),
    entry("CACHE_DIR", "CACHE_TYPE", "ile", Kind::Folder, "CACHE_DIR"),
    // loguru.readthedocs.io: `Logger.configure`.
    told("loguru", "sink", Kind::File, "loguru"),
    // docs.scrapy.org: "Settings"; dogpilecache.sqlalchemy.org: "File Backends".
    told("scrapy", "LOG_FILE", Kind::File, "LOG_FILE"),
    told("scrapy", "FEED_URI", Kind::File, "FEED_URI"),
    told("scrapy", "FILES_STORE", Kind::Folder, "FILES_STORE"),
    told("scrapy", "IMAGES_STORE", Kind::Folder, "IMAGES_STORE"),
    told("scrapy", "HTTPCACHE_DIR", Kind::Folder, "HTTPCACHE_DIR"),
    told("scrapy", "JOBDIR", Kind::Folder, "JOBDIR"),
    told("dogpile", "filename", Kind::File, "dogpile"),
    // docs.celeryq.dev: "Configuration and defaults", "Using the filesystem as a broker".
    entry("result_backend", "", "", Kind::FolderUrl, "result_backend"),
    entry("data_folder_in", "", "", Kind::Folder, "data_folder_in"),
    entry("data_folder_out", "", "", Kind::Folder, "data_folder_out"),
    entry("processed_folder", "data_folder_in", "", Kind::Folder, "processed_folder"),
    entry("control_folder", "data_folder_in", "", Kind::Folder, "control_folder"),
    // github.com/yt-dlp/yt-dlp: "Embedding yt-dlp".
    entry("outtmpl", "", "", Kind::File, "yt-dlp"),
];

/// An entry that says where a module writes, if the file imports that.
const fn told(module: &'static str, key: &'static str, kind: Kind, what: &'static str) -> Entry {
    Entry { module, key, beside: "", contains: "", kind, what }
}

/// Entries whose keys name places: docs.scrapy.org: "Feed exports".
pub(super) const KEYED: &[Keyed] = &[Keyed { module: "scrapy", key: "FEEDS", kind: Kind::File }];

const fn entry(
    key: &'static str,
    beside: &'static str,
    contains: &'static str,
    kind: Kind,
    what: &'static str,
) -> Entry {
    Entry { module: "", key, beside, contains, kind, what }
}

/// Names of settings. docs.djangoproject.com: "Settings"; flask-sqlalchemy.palletsprojects.com: "Configuration";
/// flask-session.readthedocs.io: "Configuration"; flask-uploads.readthedocs.io: "Configuration"; docs.celeryq.dev:
/// "Configuration and defaults".
pub(super) const SETTINGS: &[Setting] = &[
    BROKER,
    Setting { name: "CELERY_BROKER_URL", ..BROKER },
    setting("CELERY_RESULT_BACKEND", Kind::FolderUrl),
    setting("result_backend", Kind::FolderUrl),
    setting("EMAIL_FILE_PATH", Kind::Folder),
    setting("MEDIA_ROOT", Kind::Folder),
    setting("SESSION_FILE_DIR", Kind::Folder),
    setting("SESSION_FILE_PATH", Kind::Folder),
    setting("SQLALCHEMY_DATABASE_URI", Kind::Url),
    setting("UPLOADED_FILES_DEST", Kind::Folder),
    setting("UPLOADED_PHOTOS_DEST", Kind::Folder),
    setting("UPLOADS_DEFAULT_DEST", Kind::Folder),
    Setting {
        name: "SESSION_TYPE",
        kind: Kind::Folder,
        implies: Some(("filesystem", "flask_session")),
    },
];

/// A broker of files, which keeps its table of queues where it runs unless it is told another folder.
const BROKER: Setting =
    Setting { name: "broker_url", kind: Kind::Folder, implies: Some(("filesystem://", ".")) };

/// Named arguments. huggingface.co/docs, sbert.net and python.langchain.com.
pub(super) const KEYWORDS: &[Setting] = &[
    setting("cache_folder", Kind::Folder),
    setting("download_root", Kind::Folder),
    setting("persist_directory", Kind::Folder),
    setting("user_data_dir", Kind::Folder),
];

/// Modules that write when they are imported. github.com/Chainlit/chainlit: backend/chainlit/config.py.
pub(super) const ON_IMPORT: &[(&str, &str)] = &[("chainlit", ".files"), ("chainlit", ".chainlit")];

/// Modules that load the modules of the project's folders by themselves.
pub(super) const LOADERS: &[&str] = &["nonebot", "pyrogram.plugins", "straight.plugin", "yapsy"];

/// Modules that load the modules of folders of the project if a settings file has a section for that.
///
/// docs.pyrogram.org: "Smart Plugins", "Using config.ini file" of version 1.
pub(super) const TOLD_LOADERS: &[(&str, &str, &str)] = &[("pyrogram", "config.ini", "[plugins]")];
