//! Node's package managers, and the manifest that they share.

pub mod aliases;
pub mod hooks;
mod lock;
pub mod npm;
pub mod pnpm;
pub mod yarn1;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{At, Broken, Install, Lifecycle, Scripts, Setting, Source, Starter, UNKNOWN};
use crate::{
    shell::Invocation,
    text::{ImagePath, Refusal},
};

/// The manifest of a package.
pub const MANIFEST: &str = "package.json";

/// The file that Node loads for the folder of a package, by the text of its manifest. After Node's documentation:
/// "Modules: Packages", `main`.
pub fn main(manifest: &str) -> Option<String> {
    let value: Value = serde_json::from_str(manifest).ok()?;
    value.get("main")?.as_str().map(str::to_owned)
}

/// The file of a program that a package brings: `"bin": "cli.js"`, which has the package's name, or one of several.
pub fn program(manifest: &str, name: &str) -> Option<String> {
    let value: Value = serde_json::from_str(manifest).ok()?;
    let bin = value.get("bin")?;
    let is_own = |it: &str| it.rsplit('/').next() == Some(name);
    let file = match bin.as_str() {
        Some(file) => value.get("name")?.as_str().is_some_and(is_own).then_some(file),
        None => bin.get(name)?.as_str(),
    };
    file.map(str::to_owned)
}

/// The packages that a manifest names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Those that every install brings.
    pub always: Vec<String>,
    /// Those that only development needs, which an install may leave out.
    pub development: Vec<String>,
}

/// The packages that a manifest names; `None` if it cannot be read.
pub fn dependencies(manifest: &str) -> Option<Dependencies> {
    let value: Value = serde_json::from_str(manifest.trim_start_matches('\u{feff}')).ok()?;
    let names = |key: &str| {
        let entries = value[key].as_object().into_iter().flatten();
        entries.map(|it| it.0.clone()).collect::<Vec<_>>()
    };
    let mut always = names("dependencies");
    always.extend(names("optionalDependencies"));
    always.extend(names("peerDependencies"));
    Some(Dependencies { always, development: names("devDependencies") })
}

/// Whether a call leaves out or removes what only development needs; `environment` is the value of `NODE_ENV`.
///
/// After docs.npmjs.com/cli/commands/npm-install (`--omit`, and `--production` and `--only` before it),
/// classic.yarnpkg.com/en/docs/cli/install (`--production`), yarnpkg.com/cli/workspaces/focus (`--production`) and
/// pnpm.io/cli/install (`--prod`).
pub fn leaves_out_development(call: &Invocation, environment: Option<&str>) -> bool {
    let managers = [&npm::MANAGER, &pnpm::MANAGER, &yarn1::MANAGER];
    let Some(manager) = managers.into_iter().find(|it| it.has_program(&call.program)) else {
        return false;
    };
    let is_told = |option: &str| {
        let values = call.values(&[option]);
        values.into_iter().flatten().any(|it| ["dev", "prod", "production"].contains(&it))
    };
    let options = ["--production", "--prod", "-P"];
    match call.flags(&options).filter_map(|it| it.text.as_deref()).last() {
        Some(it) => !it.ends_with("=false"),
        None => {
            let installs = environment == Some("production") && manager.grammar.installs(call);
            is_told("--omit") || is_told("--only") || installs
        }
    }
}

/// The name of a package, by the text of its manifest.
pub fn name(manifest: &str) -> Option<String> {
    let value: Value = serde_json::from_str(manifest).ok()?;
    value.get("name")?.as_str().map(str::to_owned)
}

/// What starts a manager in the version that a manifest names. nodejs.org: "Corepack".
const COREPACK: Starter = Starter {
    enabled_by: &["corepack enable"],
    switches: |_, _| false,
    replaced_by: &[],
    brought_by: |_| None,
};

/// How npm runs the scripts of a `package.json`, and others that do it like npm.
pub(super) const SCRIPTS: Scripts = Scripts {
    manifest: MANIFEST,
    text: |manifest, name| {
        let value: Value = serde_json::from_str(manifest).ok()?;
        value.get("scripts")?.get(name)?.as_str().map(str::to_owned)
    },
    names: |manifest| {
        let value: Value = serde_json::from_str(manifest).unwrap_or_default();
        let scripts = value.get("scripts").and_then(Value::as_object);
        scripts.into_iter().flat_map(|it| it.keys().cloned()).collect()
    },
    verbs: &["run", "run-script"],
    // docs.npmjs.com, pnpm.io, classic.yarnpkg.com: "exec".
    executes: &["exec", "x"],
    folder: &["--prefix", "-C"],
    default: "start",
    // https://docs.npmjs.com/cli/v11/commands/npm-start
    missing: "node server.js",
    separates: true,
    needs_home: true,
    // docs.npmjs.com: "scripts"; classic.yarnpkg.com: "yarn run"; yarnpkg.com: "Lifecycle Scripts", for Yarn 2 and later,
    // which the manifest tells. pnpm has had a setting for it since version 6, which is on since version 9.
    runs_hooks: |manifest| {
        let value: Value = serde_json::from_str(manifest).unwrap_or_default();
        let manager = value.get("packageManager").and_then(Value::as_str).unwrap_or_default();
        let version = manager.strip_prefix("yarn@").and_then(|it| it.split('.').next());
        version.and_then(|it| it.parse::<u32>().ok()).is_none_or(|it| it < 2)
    },
};

/// Packages that bring a program of another name than their own, after `bin` of their `package.json`: the program and
/// the package.
const PROGRAMS: [(&str, &str); 18] = [
    ("babel-node", "@babel/node"),
    ("esr", "esbuild-runner"),
    ("medusa", "@medusajs/cli"),
    ("mikro-orm", "@mikro-orm/cli"),
    ("nest", "@nestjs/cli"),
    ("ng", "@angular/cli"),
    ("nuxi", "nuxt"),
    ("react-router-serve", "@react-router/serve"),
    ("remix-serve", "@remix-run/serve"),
    ("rsbuild", "@rsbuild/core"),
    ("sequelize", "sequelize-cli"),
    ("strapi", "@strapi/strapi"),
    ("sucrase-node", "sucrase"),
    ("tsc", "typescript"),
    ("tsnd", "ts-node-dev"),
    ("typeorm-ts-node-commonjs", "typeorm"),
    ("typeorm-ts-node-esm", "typeorm"),
    ("vue-cli-service", "@vue/cli-service"),
];

/// The package of npm that brings a program: often it is called the same.
pub fn package_of(program: &str) -> &str {
    PROGRAMS.iter().find(|it| it.0 == program).map_or(program, |it| it.1)
}

/// Folders below the home directory in which Node's managers cache for users other than root. A mount belongs to
/// root, so they are not among the places of a [`Cache`](super::Cache).
pub(super) const USER_CACHES: &[&str] = &[".cache/yarn"];

/// What a `package.json` says of an install.
///
/// After npm's documentation: "package.json" and "Scripts".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Package {
    scripts: BTreeMap<String, String>,
    /// The folders and archives that it depends on, as written but without `file:`.
    paths: Vec<String>,
    /// Whether it is the root of a workspace.
    has_workspaces: bool,
    /// Whether it depends on what only the root of a workspace knows: `workspace:*`, `catalog:`.
    is_member: bool,
    /// The manager that it asks for: `pnpm@10.14.0`.
    manager: Option<String>,
}

impl Package {
    fn read(text: &str) -> Result<Self, Broken> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value = serde_json::from_str(text)
            .map_err(|it| Broken { line: it.line(), message: it.to_string() })?;
        let entries = |key: &str| value[key].as_object().into_iter().flatten();
        let texts = |key: &str| {
            entries(key).filter_map(|(name, it)| Some((name.clone(), it.as_str()?.to_owned())))
        };
        let lists = ["dependencies", "devDependencies", "optionalDependencies"];
        let of_root = |it: &str| it.starts_with("workspace:") || it.starts_with("catalog:");
        let paths = lists.into_iter().flat_map(texts).filter_map(|(_, it)| local_path(&it));
        Ok(Self {
            scripts: texts("scripts").collect(),
            paths: paths.collect(),
            is_member: lists.into_iter().flat_map(texts).any(|it| of_root(&it.1)),
            has_workspaces: !value["workspaces"].is_null(),
            manager: value["packageManager"].as_str().map(str::to_owned),
        })
    }

    /// The `package.json` of a folder: its text, and what it says.
    ///
    /// # Errors
    /// A decline, if nothing brings it or it cannot be read.
    fn at(folder: &ImagePath, at: &At<'_>) -> Result<(Arc<str>, Self), Refusal> {
        let path = folder.join("package.json");
        let text = (at.text)(&path).ok_or_else(|| {
            let reason = format!("the install reads {path}, {NOT_FOUND}");
            Refusal::new("manifest-not-found", reason)
        })?;
        let package = Self::read(&text)
            .map_err(|_| Refusal::new("unknown-manifest", format!("{path} cannot be read")))?;
        Ok((text, package))
    }

    /// What is wrong with a `package.json`; `None` for a sound one and for other files.
    fn broken(name: &str, text: &str) -> Option<Broken> {
        (name == "package.json").then(|| Self::read(text).err())?
    }

    /// The scripts of these names that an install runs, in order, and the one that a `binding.gyp` implies.
    fn scripts(
        &self,
        names: &[&'static str],
        directory: &ImagePath,
        at: &At<'_>,
    ) -> Vec<Lifecycle> {
        let script = |name: &'static str, text: &str| Lifecycle {
            name: name.to_owned(),
            text: text.to_owned(),
            directory: directory.clone(),
        };
        let own = names.iter().filter_map(|name| Some(script(name, self.scripts.get(*name)?)));
        let mut scripts: Vec<_> = own.collect();
        let replaces = |it: &str| self.scripts.contains_key(it);
        if (at.text)(&directory.join("binding.gyp")).is_some()
            && !replaces("install")
            && !replaces("preinstall")
        {
            scripts.push(script("install", "node-gyp rebuild"));
        }
        scripts
    }
}

/// The path that a dependency's version names, if it is no version.
fn local_path(version: &str) -> Option<String> {
    let rest = ["file:", "link:", "portal:"].iter().find_map(|it| version.strip_prefix(it));
    let is_path = |it: &str| it.starts_with(['.', '/', '~']) && !it.starts_with("~>");
    let is_range = |it: &str| it.starts_with('~') && !it.starts_with("~/");
    rest.or_else(|| Some(version).filter(|it| is_path(it) && !is_range(it))).map(str::to_owned)
}

/// Whether a word of a command line names a folder or an archive and no package of a registry.
fn is_path(word: &str) -> bool {
    word.starts_with(['.', '/', '~'])
        || ["file:", "link:"].iter().any(|it| word.starts_with(it))
        || (is_archive(word) && !word.contains("://"))
}

fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"].iter().any(|it| path.ends_with(it))
}

/// What a global install of these words reads of the project: nothing, unless one is a path.
fn global(words: &[&str], at: &At<'_>) -> Option<Install> {
    let mut install = Install::default();
    for word in words.iter().filter(|it| is_path(it)) {
        let path = at.path(word.trim_start_matches("file:").trim_start_matches("link:"));
        install.takes_folder(path, format!("it installs {word}"));
    }
    (!install.reads.is_empty()).then_some(install)
}

/// How a refusal ends that names a manifest nothing brings.
const NOT_FOUND: &str = "which is not in the build context";

/// The setting that keeps scripts from being run.
const SCRIPTS_OFF: &str = "ignore-scripts";

/// Adds what the `package.json` of a folder names; the manifest, unless that keeps the install from coming
/// before the source.
fn project(
    install: &mut Install,
    manager: &str,
    folder: &ImagePath,
    at: &At<'_>,
) -> Option<Package> {
    let package = match Package::at(folder, at) {
        Ok((_, package)) => package,
        Err(why) => {
            install.source = Source::Now(why);
            return None;
        }
    };
    // A member without its manifest is left out, and no error says so.
    let is_workspace = |above: ImagePath| {
        let text = (at.text)(&above.join("package.json"));
        text.and_then(|it| Package::read(&it).ok()).is_some_and(|it| it.has_workspaces)
    };
    if package.is_member || folder.ancestors().any(is_workspace) {
        let reason = format!("{manager} needs the manifests of every member of the workspace");
        install.source = Source::Now(Refusal::new("workspace", reason));
        return None;
    }
    for it in &package.paths {
        let path = folder.join(it);
        match is_archive(it) {
            true => install.needs(path),
            false => {
                let why = format!("package.json depends on {it}, so {manager} needs its source");
                install.takes_folder(Some(path), why);
            }
        }
    }
    Some(package)
}

/// The value of a setting of an `.npmrc`, the last one if there are several.
///
/// After npm's documentation of "npmrc": lines of `key = value`, of which those with `;` or `#` are comments.
fn npmrc<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let pairs = text.lines().filter_map(|it| it.split_once('='));
    pairs.filter(|it| it.0.trim() == key).map(|it| it.1.trim()).next_back()
}

/// Adds an `.npmrc` and the file of certificates that it names.
fn takes_npmrc(install: &mut Install, path: ImagePath, at: &At<'_>) {
    let text = (at.text)(&path);
    install.takes(path);
    let Some(certificates) = text.as_deref().and_then(|it| npmrc(it, "cafile")) else { return };
    match at.path(certificates).filter(|_| !certificates.contains('$')) {
        Some(path) => install.takes(path),
        None => install.source = unknown(),
    }
}

/// Whether an option or variable keeps the project's scripts from being run.
fn ignores_scripts(call: &Invocation, at: &At<'_>) -> bool {
    let is_on = |it: &str| matches!(it, "--ignore-scripts" | "--ignore-scripts=true");
    let names = ["npm_config_ignore_scripts", "NPM_CONFIG_IGNORE_SCRIPTS"];
    call.texts().any(is_on)
        || names.iter().any(
            |it| matches!(at.variable(call, it), Setting::Known(it) if it == "true" || it == "1"),
        )
}

/// What is installed cannot be known.
fn unknown() -> Source {
    Source::Now(Refusal::new("unknown-manifest", UNKNOWN))
}

/// Whether a word of a call cannot be known, which may be a package or an option.
fn has_unknown_words(call: &Invocation) -> bool {
    call.arguments.iter().any(|it| it.text.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_what_an_install_needs() {
        let text = r#"{"scripts": {"prepare": "tsc"}, "workspaces": ["packages/*"], "packageManager": "yarn@3.2.0",
            "dependencies": {"a": "^1.0.0", "b": "~2.1", "c": "file:../c", "d": "./d.tgz", "e": "git+ssh://x/e.git"},
            "devDependencies": {"f": "link:f"}}"#;
        let package = Package::read(text).unwrap();
        assert_eq!(package.paths, ["../c", "./d.tgz", "f"]);
        assert!(package.has_workspaces);
        assert_eq!(package.manager.as_deref(), Some("yarn@3.2.0"));
        assert_eq!(package.scripts["prepare"], "tsc");
        assert_eq!(Package::broken("package.json", "{\n  \"a\": 1,\n}").unwrap().line, 3);
        assert!(Package::broken("package-lock.json", "{").is_none());
    }

    #[test]
    fn settings_are_read_line_by_line() {
        let text = "; cafile=a\ncafile = certs/b.pem\n//r/:_authToken=${T}\nignore-scripts=true";
        assert_eq!(npmrc(text, "cafile"), Some("certs/b.pem"));
        assert_eq!(npmrc(text, "ignore-scripts"), Some("true"));
        assert_eq!(npmrc(text, "cache"), None);
    }
}
