//! uv: `uv sync`, `uv pip install` and their kin.
//!
//! After uv's documentation: "Using uv in Docker", "Caching" and the reference of its settings.

use super::{pip, pyproject::Pyproject};
use crate::{
    ecosystems::{At, Caching, Install, Manager, OffVariable, Setting, Source, UNKNOWN},
    shell::Invocation,
    text::Refusal,
};

/// uv.
pub const MANAGER: Manager = Manager {
    name: "uv",
    programs: &["uv"],
    manifests: &["pyproject.toml", "uv.lock", "uv.toml", ".python-version"],
    install,
    caching,
    cache_config: &[
        ("pyproject.toml", "symlink"),
        ("uv.toml", "cache-dir"),
        ("uv.toml", "no-cache"),
        ("uv.toml", "symlink"),
    ],
};

pub(in crate::ecosystems) const NO_CACHE: OffVariable =
    OffVariable { name: "UV_NO_CACHE", when: is_true };

fn is_true(value: &str) -> bool {
    ["1", "true", "t", "yes", "y", "on"].contains(&value.to_ascii_lowercase().as_str())
}

fn install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    match call.subcommands() {
        (Some("pip"), Some("install" | "sync")) => pip_install(call, at),
        (Some("sync" | "export"), _) => sync(call, at),
        _ => None,
    }
}

/// `uv pip install` reads what `pip install` reads; `uv pip sync` names its files without a flag.
fn pip_install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    let mut inner = call.clone();
    let verb = inner.arguments.iter().position(|it| it.text.as_deref() == Some("pip"))?;
    inner.arguments.remove(verb);
    if call.subcommands().1 == Some("sync") {
        let files: Vec<usize> = inner.positionals(pip::VALUED).iter().map(|it| it.word).collect();
        for argument in inner.arguments.iter_mut().filter(|it| files.contains(&it.word)) {
            argument.text = argument.text.take().map(|it| format!("--requirement={it}"));
        }
    }
    let mut install = pip::requirements(&inner, at)?;
    // uv reads a manifest as a list of requirements, without installing its project.
    for it in call.values(&["-r", "--requirement", "--requirements"]) {
        if it.is_some_and(|it| {
            it.ends_with("pyproject.toml") || it.ends_with("setup.py") || it.ends_with("setup.cfg")
        }) {
            let text = it.and_then(|it| (at.text)(&at.path(it)?));
            let manifest = text.and_then(|it| Pyproject::read(&it).ok());
            if let Some(path) = manifest.as_ref().and_then(|it| it.paths.first()) {
                let reason = format!("pyproject.toml depends on {path}, so uv needs its source");
                install.source = Source::Now(Refusal::new("local-requirement", reason));
            } else if manifest.is_none_or(|it| it.dynamic_dependencies) {
                install.source = Source::Now(Refusal::new(
                    "dynamic-metadata",
                    "uv has to build the project to know its dependencies",
                ));
            }
        }
    }
    Some(install)
}

fn sync(call: &Invocation, at: &At<'_>) -> Option<Install> {
    // A script lists its dependencies itself.
    if call.has(&["--script"]) {
        return None;
    }
    let directory = match call.values(&["--directory", "--project"]).last() {
        Some(it) => at.path((*it)?)?,
        None => at.directory?.clone(),
    };
    let file = |name: &str| directory.join(name);
    let mut install = Install::default();
    install.needs(file("pyproject.toml"));
    install.takes(file("uv.lock"));
    let mut workspace = false;
    // Settings and workspaces are looked for in the folders above, too.
    for above in directory.ancestors() {
        install.takes(above.join("uv.toml"));
        install.takes(above.join(".python-version"));
        let text = (at.text)(&above.join("pyproject.toml"));
        workspace |= text.is_some_and(|it| Pyproject::read(&it).is_ok_and(|it| it.workspace));
    }
    install.settings(call, at, &["UV_CONFIG_FILE"], &[".config/uv/uv.toml"]);
    let exports = call.subcommand() == Some("export");
    if exports {
        let files = call.values(&["-o", "--output-file"]).into_iter().flatten();
        install.makes.extend(files.filter_map(|it| at.path(it)));
    } else {
        match at.variable(call, "UV_PROJECT_ENVIRONMENT") {
            Setting::Known(it) if !it.is_empty() => {
                install.makes.push(directory.join(&it));
            }
            Setting::Unknown => {
                install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN));
            }
            _ => install.makes.push(file(".venv")),
        }
    }
    if install.source != Source::Nothing {
        return Some(install);
    }
    let manifest = match at.pyproject(&file("pyproject.toml")) {
        Ok(it) => it,
        Err(source) => {
            install.source = source;
            return Some(install);
        }
    };
    install.source = if workspace || call.has(&["--package", "--all-packages"]) {
        Source::Now(Refusal::new(
            "workspace",
            "uv needs the manifests of every member of the workspace",
        ))
    } else if let Some(path) = manifest.paths.first() {
        Source::Now(Refusal::new(
            "local-requirement",
            format!("pyproject.toml depends on {path}, so uv needs its source"),
        ))
    } else if manifest.dynamic_dependencies {
        Source::Now(Refusal::new(
            "dynamic-metadata",
            "uv has to build the project to know its dependencies",
        ))
    } else if exports && !call.has(&["--no-emit-project"]) && manifest.has_build_system {
        Source::Now(Refusal::new("local-requirement", "what is exported names the project itself"))
    } else if exports
        || !manifest.has_build_system
        || manifest.uv_virtual
        || call.has(&["--no-install-project", "--no-install-workspace"])
    {
        Source::Nothing
    } else {
        Source::Later(vec!["--no-install-project"])
    };
    Some(install)
}

fn caching(call: &Invocation, at: &At<'_>) -> Option<Caching> {
    let fills = matches!(
        call.subcommands(),
        (Some("sync" | "add" | "lock"), _)
            | (Some("pip"), Some("install" | "sync" | "compile"))
            | (Some("tool"), Some("install"))
    );
    let folder = match call.values(&["--cache-dir"]).last() {
        Some(folder) => folder.and_then(|it| at.path(it)).map(|it| it.to_string()),
        None => at.cache(call, "UV_CACHE_DIR", "uv"),
    };
    let folder = folder.unwrap_or_default();
    let symlinks = call.values(&["--link-mode"]).contains(&Some("symlink"))
        || at.variable(call, "UV_LINK_MODE") == Setting::Known("symlink".to_owned());
    fills.then(|| Caching {
        folders: vec![folder.clone()],
        root: folder,
        off: call.flags(&["--no-cache", "-n", "--no-cache-dir"]).map(|it| it.word).collect(),
        off_variables: &[NO_CACHE],
        // A script's environment lives in the cache.
        linked: symlinks || call.has(&["--script"]),
        offline: call.has(&["--offline"])
            || !matches!(at.variable(call, "UV_OFFLINE"), crate::ecosystems::Setting::Unset),
        ..Caching::default()
    })
}
