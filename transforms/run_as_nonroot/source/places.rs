//! What becomes of a place that source writes to: a folder for the user, nothing, or a reason to decline.

use super::{
    super::addresses::file_url, Process, Source, Trace, Written, files::Files, reach::Reached,
    resolve::Resolver, spot::Spot, sqlite,
};
use crate::{
    ecosystems::{code::Kind, dotnet},
    text::{ImagePath, Refusal},
};

impl Source {
    pub(super) fn refuse(&mut self, why: Refusal) {
        self.refusal.get_or_insert(why);
    }

    /// Adds a place that is written to, with what says so.
    pub(super) fn add(
        &mut self,
        files: &Files<'_, '_>,
        folder: &ImagePath,
        kind: Kind,
        spot: Spot,
        evidence: String,
    ) {
        match spot {
            Spot::Home => {
                self.is_scratch = true;
                self.home.get_or_insert(evidence);
            }
            Spot::Temporary => self.is_scratch = true,
            Spot::Nothing | Spot::Number(_) | Spot::Unknown => {}
            Spot::Text { text, is_open } => {
                // https://www.sqlite.org/uri.html
                let is_memory = text.contains(":memory:") || text.contains("mode=memory");
                let (text, kind) = match sqlite(&text) {
                    _ if is_memory => return,
                    _ if kind == Kind::Socket => match socket(&text) {
                        Some(path) => (path.to_owned(), Kind::File),
                        None => return,
                    },
                    _ if kind == Kind::FolderUrl => match file_url(&text) {
                        Some("") if is_open => {
                            let reason =
                                format!("{evidence}, and its source does not tell where it writes");
                            self.refuse(Refusal::new("unknown-write", reason));
                            return;
                        }
                        Some(path) => (path.to_owned(), Kind::Folder),
                        None => return,
                    },
                    Some(path) => (path, Kind::Database),
                    None if kind == Kind::Url || text.contains("://") => return,
                    None if kind == Kind::Database => {
                        let Some(path) = dotnet::source(&text) else { return };
                        if path.is_empty() && is_open {
                            let reason =
                                format!("{evidence}, and its source does not tell where it writes");
                            self.refuse(Refusal::new("unknown-write", reason));
                            return;
                        }
                        let path = path.strip_prefix("file:").unwrap_or(path);
                        (path.split('?').next().unwrap_or(path).to_owned(), kind)
                    }
                    None => (text, kind),
                };
                if is_device(&text) {
                    let reason = format!("{evidence} with {text}, a device that only root has");
                    self.refuse(Refusal::new("needs-root", reason));
                    return;
                }
                // In the home of the user.
                if text.starts_with('~') {
                    self.is_scratch = true;
                    self.home.get_or_insert(evidence);
                    return;
                }
                // The names of streams in the settings of logs.
                let is_stream = kind == Kind::File && ["stdout", "stderr"].contains(&text.as_str());
                if is_stream || text.is_empty() || Process::is_scratch(&text) {
                    // A folder without a name is the one for temporary files.
                    self.is_scratch |=
                        text.starts_with('/') || (text.is_empty() && kind == Kind::Folder);
                    return;
                }
                let is_own = |it: &ImagePath| files.is_own(it);
                if let Some(why) = roots(&text, &evidence, &is_own) {
                    self.refuse(why);
                    return;
                }
                // What the image has is not fetched, and a path is that of a file which is there.
                let is_there = text.contains('/') || files.at(&folder.join(&text)).is_some();
                if kind == Kind::Fetched && (is_open || is_there) {
                    return;
                }
                // A file that the image has belongs to root, whoever its folder belongs to.
                let path = folder.join(&text);
                if kind == Kind::Removed && !is_open && files.has_folder(&path) {
                    self.remove(&path, &evidence);
                    return;
                }
                let is_made = kind == Kind::Database && files.is_mentioned(path.file_name());
                if is_made {
                    let reason = format!("{evidence} with {path}, which a RUN makes as root");
                    self.refuse(Refusal::new("database-in-image", reason));
                    return;
                }
                if !is_open && kind != Kind::Folder && files.at(&path).is_some() {
                    if kind == Kind::Database {
                        let reason = format!(
                            "{evidence} with {path}, which is copied into the image as root"
                        );
                        self.refuse(Refusal::new("database-in-image", reason));
                        return;
                    }
                    let own = Trace::new(Written::folder(path.as_str()), evidence.clone());
                    self.traces.push(Trace { exists: true, ..own });
                    if kind != Kind::Entry && kind != Kind::Removed {
                        return;
                    }
                }
                let written = match (kind, is_open) {
                    (_, true) => {
                        let folder = text.rsplit_once('/').map_or(".", |it| it.0);
                        Written::folder(if folder.is_empty() { "/" } else { folder })
                    }
                    (Kind::Folder, false) => Written::folder(text),
                    (
                        Kind::File
                        | Kind::Entry
                        | Kind::Database
                        | Kind::Fetched
                        | Kind::FolderUrl
                        | Kind::Removed
                        | Kind::Socket
                        | Kind::Url,
                        false,
                    ) => Written::file(text),
                };
                self.traces.push(Trace::new(written, evidence));
            }
        }
    }
}

impl Source {
    /// Adds the paths of which a file asks whether there is something.
    pub(super) fn ask(&mut self, number: usize, file: &Reached<'_>, resolver: &Resolver<'_, '_>) {
        for asked in &file.facts.asked {
            let what = asked.what.trim_start_matches('.');
            for spot in resolver.spots(number, &asked.target) {
                let Spot::Text { text, is_open: false } = spot else { continue };
                let call = format!("{}:{} calls {what}", file.path, asked.line);
                self.asked.push((file.folder.join(&text), call));
            }
        }
    }

    /// Adds a folder of the image that a program removes or moves away: all that is in it, and the folder above.
    fn remove(&mut self, path: &ImagePath, evidence: &str) {
        let whole = Trace::new(Written::folder(path.as_str()), evidence);
        self.traces.push(Trace { is_whole: true, ..whole });
        self.traces.push(Trace::new(Written::file(path.as_str()), evidence));
    }
}

/// Whether a path is that of a device which a container gives no other user: man7.org, `null(4)`, `random(4)`, `tty(4)`;
/// github.com/opencontainers/runtime-spec: "Default Devices".
fn is_device(path: &str) -> bool {
    let open = [
        "console", "fd", "full", "log", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr",
        "stdin", "stdout", "tty", "urandom", "zero",
    ];
    let name = path.strip_prefix("/dev/").and_then(|it| it.split('/').next());
    name.is_some_and(|it| !it.is_empty() && !open.contains(&it))
}

/// The path of a socket; `None` for an address of the network.
fn socket(address: &str) -> Option<&str> {
    // A port, also where it was taken for a file in the directory of the process.
    if address.rsplit('/').next()?.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let path = address.strip_prefix("unix:").map(|it| it.strip_prefix("//").unwrap_or(it));
    let is_path = address.starts_with('/') || address.ends_with(".sock");
    path.or_else(|| (is_path && !address.contains("://")).then_some(address))
}

/// Why a path is one that only root should write to, if so, and it `is_own` to no application.
pub(in super::super) fn roots(
    path: &str,
    evidence: &str,
    is_own: &dyn Fn(&ImagePath) -> bool,
) -> Option<Refusal> {
    let path = ImagePath::new(path).filter(|it| !is_own(it))?;
    if path.is_within_fixed(&["/proc", "/sys", "/dev"]) {
        return Some(Refusal::new(
            "needs-root",
            format!("{evidence} with {path}, which needs root"),
        ));
    }
    let system = ["/bin", "/boot", "/etc", "/lib", "/run", "/sbin", "/usr"];
    path.is_within_fixed(&system).then(|| {
        let reason = format!("{evidence} with {path}, which is not the application's own");
        Refusal::new("shared-folder", reason)
    })
}
