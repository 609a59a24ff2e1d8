//! pip: `pip install`, `wheel` and `download`.
//!
//! After pip's documentation: "Requirements File Format", "Caching" and "Configuration".

use super::{
    At, Caching, Call, Install, Manager, OffVariable, Source,
    requirements::{self, Line},
};
use crate::dockerfile::stage::absolute;

/// pip.
pub const MANAGER: Manager = Manager {
    name: "pip",
    programs: &["pip"],
    manifests: &[
        "*requirements*.txt",
        "*requirements*.in",
        "requirements*.pip",
        "constraints*.txt",
        "setup.py",
        "setup.cfg",
        "pip.conf",
    ],
    install,
    caching,
    cache_config: &[("pip.conf", "cache")],
};

/// The options of `pip install` that take a value.
pub(super) const VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "-d",
    "--dest",
    "-w",
    "--wheel-dir",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--root",
    "--prefix",
    "--src",
    "-b",
    "--build",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--progress-bar",
    "--log",
    "--proxy",
    "--retries",
    "--timeout",
    "--default-timeout",
    "--exists-action",
    "--trusted-host",
    "--cert",
    "--client-cert",
    "--cache-dir",
    "--global-option",
    "--install-option",
    "--config-settings",
    "-C",
    "--upgrade-strategy",
    "--python",
    "--report",
    "--root-user-action",
    "--use-feature",
    "--use-deprecated",
    "--keyring-provider",
    "--group",
    "--build-constraint",
    "--index-strategy",
    "--index",
    "--default-index",
    "-p",
    "--link-mode",
    "--resolution",
    "--prerelease",
    "--exclude-newer",
    "--extra",
    "--refresh-package",
    "--reinstall-package",
    "--upgrade-package",
];

/// pip takes any value that is set and not empty for a yes, `0` and `false` included
/// (`_handle_no_cache_dir` in `cmdoptions.py` says why).
pub(super) const NO_CACHE: OffVariable =
    OffVariable { name: "PIP_NO_CACHE_DIR", when: |it| !it.is_empty() };

fn install(call: &Call, at: &At<'_>) -> Option<Install> {
    if !matches!(call.subcommand()?, "install" | "wheel" | "download") {
        return None;
    }
    requirements(call, at)
}

/// What `pip install` and its like (`uv pip install`) read; `None` when no file says what to install.
pub(super) fn requirements(call: &Call, at: &At<'_>) -> Option<Install> {
    let mut install = Install::default();
    let mut seen = Vec::new();
    let files = call.values(&["-r", "--requirement", "--requirements"]);
    let constraints = call.values(&["-c", "--constraint", "--constraints", "--build-constraint"]);
    let locals = call.positionals(VALUED);
    let locals = locals.iter().map(|it| it.text.as_deref());
    let editables = call.values(&["-e", "--editable"]);
    for local in locals.chain(editables) {
        let unknown = || Some("a requirement that cannot be read".to_owned());
        if let Some(path) = local.map_or_else(unknown, |it| match it {
            "." | ".." => Some(it.to_owned()),
            it => requirements::local(it),
        }) {
            local_requirement(&mut install, at, &path, "the command line");
        }
    }
    for file in files.iter().chain(&constraints) {
        match file.and_then(|it| at.path(it)) {
            Some(path) if !file.is_some_and(|it| it.contains("://")) => {
                read(&mut install, at, path, &mut seen);
            }
            Some(_) => {}
            None => install.source = unreadable(),
        }
    }
    for folder in call.values(&["-f", "--find-links"]) {
        if !folder.is_some_and(|it| it.contains("://")) {
            install.source = Source::Now(
                "local-requirement",
                "--find-links names a folder of the project".to_owned(),
            );
        }
    }
    for group in call.values(&["--group"]) {
        let file = group.and_then(|it| it.split_once(':')).map_or("pyproject.toml", |it| it.0);
        install.reads.extend(at.path(file).map(|path| super::Read { path, required: true }));
    }
    // Files that the environment names are read by every call.
    for name in ["PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_CONFIG_FILE", "PIP_FIND_LINKS"] {
        match at.variable(call, name) {
            super::Setting::Known(value) if !value.is_empty() && !value.contains("://") => {
                at.path(&value).into_iter().for_each(|it| read(&mut install, at, it, &mut seen));
            }
            super::Setting::Unknown => install.source = unreadable(),
            _ => {}
        }
    }
    for target in
        call.values(&["-t", "--target", "--prefix", "--root", "-d", "--dest", "-w", "--wheel-dir"])
    {
        match target.and_then(|it| at.path(it)) {
            Some(path) => install.makes.push(path),
            None => install.source = unreadable(),
        }
    }
    (!install.reads.is_empty() || install.source != Source::Nothing).then_some(install)
}

fn unreadable() -> Source {
    Source::Now(
        "unknown-manifest",
        "what it installs depends on a value that is not known".to_owned(),
    )
}

/// A requirements or constraints file and the files it names, each once.
fn read(install: &mut Install, at: &At<'_>, path: String, seen: &mut Vec<String>) {
    if seen.contains(&path) {
        return;
    }
    seen.push(path.clone());
    let text = (at.text)(&path);
    install.needs(path.clone());
    let folder = path.rsplit_once('/').map_or("/", |it| it.0);
    for (line, asked) in requirements::read(text.as_deref().unwrap_or_default()) {
        let place = format!("{}:{line}", path.rsplit('/').next().unwrap_or_default());
        match asked {
            Line::Package(_) => {}
            // Nested files are relative to the file that names them, local packages to the directory.
            Line::Include(nested) => read(install, at, absolute(folder, &nested), seen),
            Line::Local(local) => local_requirement(install, at, &local, &place),
            Line::FindLinks(folder) => {
                let reason = format!("{place} takes archives from {folder}");
                install.source = Source::Now("local-requirement", reason);
            }
        }
    }
}

/// A file or folder of the project: an archive is one more file to copy, a folder needs its source.
fn local_requirement(install: &mut Install, at: &At<'_>, local: &str, place: &str) {
    let path = at.path(local);
    let is_archive = [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|it| local.ends_with(it));
    match path {
        Some(path) if is_archive => install.needs(path),
        _ => {
            let reason = match local {
                "." => "pip installs the project itself and needs its source".to_owned(),
                local => format!("{place} installs {local}, so pip needs its source"),
            };
            install.source = Source::Now("local-requirement", reason);
        }
    }
}

fn caching(call: &Call, at: &At<'_>) -> Option<Caching> {
    if !matches!(call.subcommand()?, "install" | "wheel" | "download") {
        return None;
    }
    // Without an index nothing is fetched, and so nothing is cached.
    if call.has(&["--no-index"]) {
        return None;
    }
    let folder = match call.values(&["--cache-dir"]).last() {
        Some(folder) => folder.and_then(|it| at.path(it)),
        None => at.cache(call, "PIP_CACHE_DIR", "pip"),
    };
    let folder = folder.unwrap_or_default();
    // pip takes options that are cut short, as long as they fit no other.
    let is_off = |it: &str| it.starts_with("--no-ca") && "--no-cache-dir".starts_with(it);
    let off = call.arguments.iter().filter(|it| it.text.as_deref().is_some_and(is_off));
    Some(Caching {
        folders: vec![folder.clone()],
        root: folder,
        off: off.map(|it| it.word).collect(),
        off_variables: &[NO_CACHE],
        ..Caching::default()
    })
}
