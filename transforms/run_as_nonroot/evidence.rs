//! Folders that are written to and folders that are only read, judged by names and values.

use super::Image;
use crate::{
    ecosystems::{MANAGERS, homes},
    text::{ImagePath, Refusal},
};

/// A file or folder that something writes to, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    /// The file or folder.
    pub written: Written,
    /// How it is known, for people: `VOLUME`, `LOG_DIR of compose.yml:3`.
    pub evidence: String,
    /// True if a volume is mounted there.
    pub is_volume: bool,
    /// True if the image has it, and nothing in it changes owner.
    pub exists: bool,
    /// True if a RUN may have put files there, which change owner with it.
    pub is_whole: bool,
}

impl Trace {
    /// A trace of something that is not a volume.
    pub(super) fn new(written: Written, evidence: impl Into<String>) -> Self {
        Self {
            written,
            evidence: evidence.into(),
            is_volume: false,
            exists: false,
            is_whole: false,
        }
    }

    /// The trace of a volume.
    pub(super) fn volume(written: Written, evidence: impl Into<String>) -> Self {
        Self { is_volume: true, ..Self::new(written, evidence) }
    }
}

/// A file or folder that is written to, as a variable or an option names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The path as written; it may be relative.
    pub path: String,
    /// True if it is a file, so that its folder is written to.
    pub is_file: bool,
}

impl Written {
    /// A folder.
    pub(super) fn folder(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_file: false }
    }

    /// A file.
    pub(super) fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_file: true }
    }

    /// The folder that is written to; `None` if the path is relative and the working directory is not known.
    pub(super) fn place(&self, workdir: Option<&ImagePath>) -> Option<ImagePath> {
        let path = self.absolute(workdir)?;
        Some(path.parent().filter(|_| self.is_file).unwrap_or(path))
    }

    /// The file or folder; `None` if the path is relative and the working directory is not known.
    pub(super) fn absolute(&self, workdir: Option<&ImagePath>) -> Option<ImagePath> {
        ImagePath::new(&self.path).or_else(|| Some(workdir?.join(&self.path)))
    }
}

/// Whether a folder holds installed packages, which are code: `node_modules` and the like.
pub(super) fn is_installed(path: &str) -> bool {
    let folders =
        ["node_modules", ".venv", "venv", "vendor", "__pypackages__", "site-packages", "bundle"];
    folders.contains(&last(path))
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Whether a folder holds dependencies or builds: compose mounts a volume there so that the mounted source does
/// not hide them.
pub(super) fn is_dependencies(path: &str) -> bool {
    let builds = ["target", "dist", "build", ".next", "__pycache__", ".cargo"];
    is_installed(path) || builds.contains(&last(path))
}

/// Whether a path is that of a file, such as settings that compose mounts.
pub(super) fn is_file(path: &str) -> bool {
    let extension = path.rsplit('/').next().and_then(|it| it.rsplit_once('.')).map(|it| it.1);
    let files = ["yaml", "yml", "json", "conf", "toml", "ini", "cfg", "xml", "env", "pem", "key"];
    extension.is_some_and(|it| files.contains(&it))
}

/// Whether a folder has a name that is common for files that are only read at run time.
pub(super) fn is_settings(path: &str) -> bool {
    let name = last(path);
    let read = ["etc", "conf", "config", "certs", "ssl", "keys", "bin", "lib", "src", "static"];
    read.contains(&name) || name.ends_with(".d")
}

/// Words in the names of folders that are common for state.
const STATE: [&str; 20] = [
    "data", "db", "database", "log", "upload", "media", "storage", "output", "download", "tmp",
    "temp", "cache", "session", "backup", "state", "instance", "chroma", "results", "files",
    "save",
];

/// What may follow such a word.
const ENDINGS: [&str; 11] =
    ["", "s", "d", "dir", "dirs", "ed", "file", "folder", "path", "set", "sets"];

/// Whether a folder has a name that is common for state: `logs`, `user-uploads`, `.userdata`, and neither `templates`
/// nor `blog`.
pub(super) fn is_state_name(path: &str) -> bool {
    let name = last(path).to_lowercase();
    let name = name.trim_start_matches('.');
    let is_word = |part: &str, word: &str| {
        let rest =
            part.strip_prefix(word).map(|it| it.trim_end_matches(|it: char| it.is_ascii_digit()));
        rest.is_some_and(|it| ENDINGS.contains(&it))
    };
    let ends = |word: &str| word != "log" && name.ends_with(word);
    STATE.iter().any(|word| ends(word) || name.split(['-', '_', '.']).any(|it| is_word(it, word)))
}

/// The file or folder that a variable names, if its name or value says that it is written to.
pub(super) fn named(name: &str, value: &str) -> Option<Written> {
    if let Some(path) = sqlite(value) {
        return Some(Written::file(path));
    }
    let upper = name.to_uppercase();
    let kinds = [
        "UPLOAD", "MEDIA", "DATA", "LOG", "CACHE", "STORAGE", "DOWNLOAD", "OUTPUT", "SQLITE", "DB",
        "DATABASE", "SESSION", "TMP", "TEMP", "STATE", "PERSIST", "BACKUP",
    ];
    let files = ["FILE", "FILENAME"];
    let places = ["DIR", "PATH", "FOLDER", "ROOT", "FILE", "FILENAME", "DIRECTORY", "LOCATION"];
    let is_own = homes::WRITTEN.binary_search(&upper.as_str()).is_ok();
    // Variables of installs, and of folders that programs only read.
    let builds = [
        "NPM_",
        "APT_",
        "NUGET_",
        "LD_",
        "CARGO_",
        "GO",
        "COMPOSER_",
        "BUNDLE_",
        "PLAYWRIGHT_",
        "NLTK_",
        "TZ",
        "JAVA_",
        "HOMEBREW_",
        "CONDA_",
        "POSTGRES",
        "PG",
        "MYSQL",
        "REDIS",
        "MONGO",
        "PNPM_",
        "COREPACK",
    ];
    let managers = MANAGERS.iter().map(|it| it.variables).filter(|it| !it.is_empty());
    let configures =
        |prefix: &str| upper.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
    let parts: Vec<&str> = upper.split('_').collect();
    let kind =
        kinds.iter().any(|it| parts.contains(it) || parts.contains(&format!("{it}S").as_str()));
    let place = places.iter().any(|it| parts.last() == Some(it));
    let written = is_own
        || (kind
            && place
            && !builds.iter().any(|it| upper.starts_with(it))
            && !managers.into_iter().any(configures));
    let plain = value.contains('/') || value.starts_with('.');
    if !written
        || value.is_empty()
        || value.contains(['$', '{', ' ', ':', '*'])
        || !(plain || is_own)
    {
        return None;
    }
    let last = last(value);
    let is_file = last.trim_start_matches('.').contains('.')
        || parts.last().is_some_and(|it| files.contains(it));
    Some(Written { path: value.to_owned(), is_file })
}

/// Checks that the file of a database is not copied into the image: it would still belong to root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn is_new(image: &Image<'_>, value: &str) -> Result<(), Refusal> {
    match sqlite(value).filter(|it| image.provider(it).is_some()) {
        Some(path) => Err(Refusal::new(
            "database-in-image",
            format!("{path} is copied into the image as root"),
        )),
        None => Ok(()),
    }
}

/// The file of an SQLite database: `sqlite:///./data/app.db`, `sqlite+aiosqlite:////data/app.db`, `file:./dev.db`; or
/// of a database of Java, which may be a folder: `jdbc:h2:./data/app`.
///
/// After "Database URLs" of SQLAlchemy, in whose `sqlite` addresses the path comes after a third slash. Rails'
/// `sqlite3` has the path of an address after the host, so that it is absolute (`ActiveRecord::ConnectionUrlResolver`).
pub(super) fn sqlite(value: &str) -> Option<String> {
    if let Some(address) = value.strip_prefix("jdbc:") {
        return jdbc(address).map(str::to_owned);
    }
    let path = match value.split_once(':') {
        Some(("sqlite3", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        Some((scheme, rest)) if scheme.split('+').next() == Some("sqlite") => {
            // php.net: "PDO_SQLITE DSN"; docs.rs/sqlx: `SqliteConnectOptions`.
            let slashes = rest.strip_prefix("//");
            slashes.map_or(rest, |it| it.strip_prefix('/').unwrap_or(it))
        }
        Some(("file", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        _ => return None,
    };
    let path = path.split('?').next().unwrap_or(path);
    let ends = [".db", ".sqlite", ".sqlite3"].iter().any(|it| path.ends_with(it));
    let memory = path.is_empty() || path.contains(":memory:") || path.contains('$');
    (!memory && (ends || !value.starts_with("file:"))).then(|| path.to_owned())
}

/// The path of a database of Java that is a file or a folder, from the rest of its address: h2database.com ("Database
/// URL Overview"), hsqldb.org ("Connections"), db.apache.org/derby ("Database connection URL"),
/// github.com/xerial/sqlite-jdbc.
fn jdbc(address: &str) -> Option<&str> {
    let (engine, rest) = address.split_once(':')?;
    let is_file = match engine {
        "h2" => rest.starts_with(['.', '/', '~']) || rest.starts_with("file:"),
        "hsqldb" => rest.starts_with("file:"),
        "derby" => !rest.starts_with("//") && !rest.starts_with("memory:"),
        "sqlite" => !rest.is_empty() && !rest.starts_with(":memory:"),
        _ => false,
    };
    let path = rest.strip_prefix("file:").unwrap_or(rest);
    let path = path.split([';', '?']).next().unwrap_or(path);
    (is_file && !path.contains('$')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_folders() {
        let rows = [
            ("LOG_DIR", "/var/log/a", Some("/var/log/a")),
            ("LOG_FILE", "logs/a.log", Some("/w/logs")),
            ("UPLOAD_FOLDER", "/srv/up/", Some("/srv/up")),
            ("DATABASE_URL", "sqlite:////data/a.db?x=1", Some("/data")),
            ("DATABASE_URL", "sqlite+aiosqlite:///a.db", Some("/w")),
            ("DATABASE_URL", "file:./dev/a.db", Some("/w/dev")),
            ("DATABASE_URL", "file:./dev/a.sqlite", Some("/w/dev")),
            ("DATABASE_URL", "sqlite3:///data/a.sqlite3", Some("/data")),
            ("DATABASE_URL", "sqlite3:db/a.sqlite3", Some("/w/db")),
            ("DATABASE_URL", "jdbc:h2:file:/data/a;MODE=x", Some("/data")),
            ("DATABASE_URL", "jdbc:h2:mem:a", None),
            ("DATABASE_URL", "jdbc:sqlite:db/a.db", Some("/w/db")),
            ("DATABASE_URL", "jdbc:postgresql://db/a", None),
            ("SETTINGS", "file:./a.yml", None),
            ("DATABASE_URL", "sqlite:///:memory:", None),
            ("DATABASE_URL", "postgres://db/data", None),
            ("HF_HOME", "/models", Some("/models")),
            ("prometheus_multiproc_dir", "/run/web", Some("/run/web")),
            ("WANDB_DIR", "runs", Some("/w/runs")),
            ("APP_HOME", "/app", None),
            ("PIP_CACHE_DIR", "/opt/pip", None),
            ("LOG_LEVEL", "info", None),
            ("DATA_DIR", "$HOME/data", None),
            ("STATIC_ROOT", "/app/static", None),
        ];
        let workdir = ImagePath::new("/w");
        for (name, value, expected) in rows {
            let place = named(name, value).map(|it| it.place(workdir.as_ref()).unwrap());
            assert_eq!(place.as_ref().map(ImagePath::as_str), expected, "{name}={value}");
        }
        assert_eq!(named("LOG_FILE", "logs/a.log").unwrap().place(None), None);
        assert_eq!(named("LOG_FILE", "/a.log").unwrap().place(None), Some(ImagePath::root()));
    }

    #[test]
    fn names_tell_state_settings_and_dependencies() {
        assert!(is_state_name("/app/media") && is_state_name("/srv/user-uploads"));
        for name in ["src", "templates", "login", "logic", "blog", "dataclasses"] {
            assert!(!is_state_name(name), "{name}");
        }
        for name in ["logs", "data2", "cached", "datasets", "log_files", ".userdata"] {
            assert!(is_state_name(name), "{name}");
        }
        assert!(is_settings("/opt/x/etc") && is_file("/app/config.yaml") && !is_file("/app/v1.2"));
        assert!(is_dependencies("/app/node_modules"));
    }
}
