//! Pipenv: `pipenv install` and `pipenv sync`.
//!
//! After Pipenv's documentation of its commands and environment variables.

use super::{pip, pyproject};
use crate::{
    ecosystems::{At, Caching, Install, Manager, Source},
    shell::Invocation,
    text::Refusal,
};

/// Pipenv.
pub const MANAGER: Manager = Manager {
    name: "pipenv",
    programs: &["pipenv"],
    manifests: &["Pipfile", "Pipfile.lock"],
    install,
    caching,
    cache_config: &[],
};

const VALUED: &[&str] = &[
    "-r",
    "--requirements",
    "--python",
    "--pypi-mirror",
    "-i",
    "--index",
    "--categories",
    "--extra-pip-args",
];

fn install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    if !matches!(call.subcommand()?, "install" | "sync") {
        return None;
    }
    // Packages on the command line change the Pipfile: that is no install from manifests.
    if !call.positionals(VALUED).is_empty()
        || call.has(&["-r", "--requirements", "-e", "--editable"])
    {
        return None;
    }
    let directory = at.directory?;
    let pipfile = match at.variable(call, "PIPENV_PIPFILE") {
        crate::ecosystems::Setting::Known(it) if !it.is_empty() => at.path(&it)?,
        crate::ecosystems::Setting::Unknown => return None,
        _ => directory.join("Pipfile"),
    };
    let mut install = Install::default();
    install.needs(pipfile.clone());
    install.takes(directory.join(&format!("{pipfile}.lock")));
    install.settings(call, at, &["PIP_CONFIG_FILE"], &[".config/pip/pip.conf", ".pip/pip.conf"]);
    if !call.has(&["--system"]) {
        install.makes.push(directory.join(".venv"));
    }
    if install.source != Source::Nothing {
        return Some(install);
    }
    let paths = (at.text)(&pipfile).and_then(|it| pyproject::pipfile_paths(&it).ok());
    install.source = match paths.as_deref() {
        None if (at.text)(&pipfile).is_some() => {
            Source::Now(Refusal::new("unknown-manifest", "the Pipfile cannot be read"))
        }
        None => {
            let reason = format!("the install reads {pipfile}, which is not in the build context");
            Source::Now(Refusal::new("manifest-not-found", reason))
        }
        Some([]) => Source::Nothing,
        Some([path, ..]) => Source::Now(Refusal::new(
            "local-requirement",
            format!("the Pipfile depends on {path}, so Pipenv needs its source"),
        )),
    };
    Some(install)
}

/// Pipenv gives its own cache folder to the pip that it runs.
fn caching(call: &Invocation, at: &At<'_>) -> Option<Caching> {
    let fills = matches!(call.subcommand()?, "install" | "sync" | "update" | "upgrade" | "lock");
    let folder = at.cache(call, "PIPENV_CACHE_DIR", "pipenv").unwrap_or_default();
    let off = call.flags(&["--clear"]).map(|it| it.word).collect();
    fills.then(|| Caching {
        folders: vec![folder.clone()],
        root: folder,
        off,
        off_variables: &[pip::NO_CACHE],
        ..Caching::default()
    })
}
