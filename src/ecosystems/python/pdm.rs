//! PDM: `pdm install` and `pdm sync`.
//!
//! After PDM's documentation of its commands and configuration.

use crate::{
    ecosystems::{At, Caching, Install, Manager, OffVariable, Source},
    shell::Invocation,
    text::Refusal,
};

/// PDM.
pub const MANAGER: Manager = Manager {
    name: "pdm",
    programs: &["pdm"],
    manifests: &["pyproject.toml", "pdm.lock", "pdm.toml", ".pdm-python", ".pdm.toml"],
    install,
    caching,
    cache_config: &[("pdm.toml", "cache"), (".pdm.toml", "cache")],
};

pub(in crate::ecosystems) const NO_CACHE: OffVariable =
    OffVariable { name: "PDM_NO_CACHE", when: |it| !it.is_empty() };

fn install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    if !matches!(call.subcommand()?, "install" | "sync") {
        return None;
    }
    let directory = match call.values(&["-p", "--project"]).last() {
        Some(it) => at.path((*it)?)?,
        None => at.directory?.clone(),
    };
    let file = |name: &str| directory.join(name);
    let mut install = Install::default();
    install.needs(file("pyproject.toml"));
    for name in ["pdm.lock", "pdm.toml", ".pdm-python", ".python-version"] {
        install.takes(file(name));
    }
    install.settings(call, at, &["PDM_CONFIG_FILE"], &[".config/pdm/config.toml"]);
    install.makes.extend([file(".venv"), file("__pypackages__")]);
    let manifest = match at.pyproject(&file("pyproject.toml")) {
        Ok(it) => it,
        Err(source) => {
            install.source = source;
            return Some(install);
        }
    };
    install.source = if install.source != Source::Nothing {
        install.source
    } else if let Some(path) = manifest.paths.first() {
        Source::Now(Refusal::new(
            "local-requirement",
            format!("pyproject.toml depends on {path}, so PDM needs its source"),
        ))
    } else if manifest.dynamic_dependencies {
        Source::Now(Refusal::new(
            "dynamic-metadata",
            "PDM has to build the project to know its dependencies",
        ))
    } else if !manifest.has_build_system || manifest.pdm_virtual || call.has(&["--no-self"]) {
        Source::Nothing
    } else {
        Source::Later(vec!["--no-self"])
    };
    Some(install)
}

fn caching(call: &Invocation, at: &At<'_>) -> Option<Caching> {
    let fills = matches!(call.subcommand()?, "install" | "sync" | "add" | "update" | "lock");
    let folder = at.cache(call, "PDM_CACHE_DIR", "pdm").unwrap_or_default();
    fills.then(|| Caching {
        folders: vec![folder.clone()],
        root: folder,
        off: call.flags(&["--no-cache"]).map(|it| it.word).collect(),
        off_variables: &[NO_CACHE],
        // With this cache, packages are links into the cache.
        linked: !matches!(
            at.variable(call, "PDM_INSTALL_CACHE"),
            crate::ecosystems::Setting::Unset
        ),
        ..Caching::default()
    })
}
