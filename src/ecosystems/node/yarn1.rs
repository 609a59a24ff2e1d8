//! Yarn 1: `yarn install`, also as plain `yarn`.
//!
//! After Yarn 1's documentation (classic.yarnpkg.com: "yarn install", "yarn cache", "Environment Variables",
//! ".yarnrc", "Offline mirror") and its source (1.22.22). Yarn 2 and later have the same name and other rules.

use super::{
    COREPACK, Package, SCRIPTS, global, has_unknown_words,
    hooks::{self, HOOKS},
    ignores_scripts,
    lock::yarn1_keeps,
    project, takes_npmrc, unknown,
};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, File, Grammar, Install, Leaving, Manager, Scripts,
        Setting, Sharing, Source, Starter, Switch, Verb,
        habits::{Habit, Own},
        homes::PUPPETEER,
        version::Version,
    },
    shell::{Invocation, Letters},
    text::ImagePath,
};

/// What it is called on the command line.
pub const NAME: &str = "yarn";
/// What people call it.
pub const TITLE: &str = "Yarn 1";

const LOCK: &str = "yarn.lock";

/// Yarn 1.
pub const MANAGER: Manager = Manager {
    packages: &[NAME],
    system_packages: &["yarn", "yarnpkg"],
    variables: "yarn_",
    programs: &[NAME, "yarnpkg"],
    starter: Some(Starter {
        replaced_by: &["corepack", "berry", "set version", "policies"],
        brought_by: |image| image.old_yarn(),
        ..COREPACK
    }),
    grammar: GRAMMAR,
    files: &[
        File::lock("yarn.lock"),
        File::settings(".yarnrc").with_cache_keys(&["cache-folder"]),
        File::settings(".yarnrc.yml"),
    ],
    manifest: "package.json",
    makes: &["node_modules"],
    cache: &[Cache {
        places: &[
            CachePlace::Option(&["--cache-folder"]),
            CachePlace::Variable("YARN_CACHE_FOLDER"),
            CachePlace::Variable("yarn_cache_folder"),
            CachePlace::Below("XDG_CACHE_HOME", "yarn"),
            // Root's, whatever HOME is; a mount is for root alone.
            CachePlace::Fixed("/usr/local/share/.cache/yarn"),
        ],
        filled_by: &[
            Verb::new("install"),
            Verb::new("add"),
            Verb::new("upgrade"),
            Verb::new("remove"),
            Verb::new("global add"),
            Verb::new("global upgrade"),
        ],
        offline: &[
            Switch::Option("--offline"),
            Switch::Set("YARN_OFFLINE"),
            Switch::Set("yarn_offline"),
        ],
        portable: true,
        // Two that unpack the same package take files from each other (yarnpkg/yarn#683 and #4102).
        sharing: Sharing::Locked,
        printed_by: &["yarn cache dir"],
        // Install scripts of packages keep headers, browsers and the like in `~/.cache`.
        spills: true,
        ..Cache::NONE
    }],
    leaves: &[Leaving { verbs: &[Verb::new("install"), Verb::new("add")], ..PUPPETEER }],
    habits: &[
        Habit {
            with: &["--production", "--prod"],
            own: Some(Own {
                without: &["--ignore-scripts"],
                unless: &[],
                needs: &["\"preinstall\":", "\"install\":", "\"postinstall\":"],
            }),
            ..INSTALL
        },
        INSTALL,
        Habit { verbs: &["global add", "config", "cache", "info", "versions"], ..Habit::IDLE },
    ],
    facts: install,
    other,
    ..Manager::new(NAME, TITLE, Ecosystem::Node)
};

/// What an install reads and makes.
const INSTALL: Habit = Habit {
    verbs: &["install"],
    bare: true,
    hooks: HOOKS,
    reads: &["package.json", "yarn.lock", "binding.gyp"],
    above: &[(".yarnrc", ""), (".npmrc", "")],
    named: &[(".yarnrc", "yarn-path"), (".yarnrc", "yarn-offline-mirror")],
    folder: &["--cwd"],
    makes: &["node_modules"],
    manifest: Some("package.json"),
    whole: &["\"workspaces\":"],
    own: Some(Own {
        without: &["--ignore-scripts"],
        unless: &[],
        needs: &[
            "\"preinstall\":",
            "\"install\":",
            "\"postinstall\":",
            "\"prepublish\":",
            "\"prepare\":",
        ],
    }),
    ..Habit::IDLE
};

const GRAMMAR: Grammar = Grammar {
    // The help of `yarn install`, `yarn add` and `yarn global`.
    letters: Letters { flags: "DEfghOPsTW", valued: "" },
    valued: &[
        "--cwd",
        "--cache-folder",
        "--preferred-cache-folder",
        "--modules-folder",
        "--global-folder",
        "--registry",
        "--mutex",
        "--network-timeout",
        "--network-concurrency",
        "--https-proxy",
        "--proxy",
        "--use-yarnrc",
        "--link-folder",
        "--prefix",
    ],
    install: &[Verb::new("install"), Verb::new("global add")],
    change: &[Verb::new("add"), Verb::new("upgrade"), Verb::new("remove")],
    apart: &[
        Verb::new("global"),
        Verb::new("config"),
        Verb::new("cache"),
        Verb::new("info"),
        Verb::new("versions"),
    ],
    configure: &[Verb::new("config")],
    clean: &[Verb::new("cache clean")],
    scripts: Some(Scripts { folder: &["--cwd"], missing: "", separates: false, ..SCRIPTS }),
    run: &[Verb::new("run"), Verb::new("exec")],
    bare: "install",
    audits: &[Verb::new("check"), Verb::new("audit"), Verb::new("autoclean")],
    ..Grammar::NONE
};

/// Why a call is one of Yarn 2 or later.
fn other(call: &Invocation, at: &At<'_>) -> Option<String> {
    let options = ["--immutable", "--immutable-cache", "--check-cache", "--inline-builds"];
    if let Some(it) = options.into_iter().find(|it| call.has(&[it])) {
        return Some(format!("{it} is an option of Yarn 2 and later"));
    }
    let version = (at.version)();
    if version.as_ref().is_some_and(|it| *it >= Version::new(&[2])) {
        return Some("the Dockerfile installs Yarn 2 or later".to_owned());
    }
    let asks = version.is_none_or(|it| it >= Version::new(&ASKS));
    let folder = folder(call, at)?;
    folder.ancestors().find_map(|it| {
        let text = |name: &str| (at.text)(&it.join(name));
        if text(".yarnrc.yml").is_some() {
            return Some("a .yarnrc.yml is there, which Yarn 2 and later read".to_owned());
        }
        if text("yarn.lock").is_some_and(|it| it.contains("__metadata:")) {
            return Some("yarn.lock was written by Yarn 2 or later".to_owned());
        }
        let path = text(".yarnrc").filter(|it| yarnrc(it).any(|it| it.0 == "yarn-path"));
        let asked = text("package.json").filter(|_| asks || path.is_some())?;
        let asked = Package::read(&asked).ok()?.manager?;
        let is_classic = ["yarn@0.", "yarn@1."].iter().any(|it| asked.starts_with(it));
        (!is_classic).then(|| format!("package.json asks for {asked}"))
    })
}

/// The first Yarn 1 that refuses to work where `packageManager` names another Yarn (`findPackageManager` in
/// `src/cli/index.js`); those before do not read it. Only Corepack starts the one that it names.
const ASKS: [u32; 3] = [1, 22, 20];

fn folder(call: &Invocation, at: &At<'_>) -> Option<ImagePath> {
    match call.values(&["--cwd"]).last() {
        Some(it) => at.path((*it)?),
        None => at.directory.cloned(),
    }
}

fn install(verb: &Verb, call: &Invocation, at: &At<'_>) -> Option<Install> {
    let names = GRAMMAR.words(call).skip(verb.words.split(' ').count()).collect::<Vec<_>>();
    if verb.words != "install" {
        return global(&names, at);
    }
    let mut install = Install::default();
    if has_unknown_words(call) {
        install.source = unknown();
        return Some(install);
    }
    if !names.is_empty() {
        return None;
    }
    let folder = folder(call, at)?;
    let file = |name: &str| folder.join(name);
    install.needs(file("package.json"));
    install.takes(file("yarn.lock"));
    install.takes(file(".yarnclean"));
    let mut modules = None;
    let mut ignores = ignores_scripts(call, at);
    // Settings are looked for in the folders above, too; the nearest counts.
    for it in folder.ancestors() {
        takes_npmrc(&mut install, it.join(".npmrc"), at);
        let path = it.join(".yarnrc");
        let text = (at.text)(&path);
        install.takes(path);
        for (key, value) in text.iter().flat_map(|it| yarnrc(it)) {
            let path = it.join(value);
            match key {
                "yarn-path" => install.needs(path),
                "yarn-offline-mirror" if value != "false" => {
                    install.takes_folder(
                        Some(path),
                        format!("the install takes archives from {value}"),
                    );
                }
                "--modules-folder" | "--install.modules-folder" => modules = modules.or(Some(path)),
                "--cwd" | "--install.cwd" => install.source = unknown(),
                "ignore-scripts" | "--ignore-scripts" | "--install.ignore-scripts" => {
                    ignores |= value == "true";
                }
                _ => {}
            }
        }
    }
    let variables = ["NODE_EXTRA_CA_CERTS", "npm_config_userconfig", "NPM_CONFIG_USERCONFIG"];
    install.settings(call, at, &variables, &[".npmrc", ".yarnrc", ".config/yarn/config"]);
    match call.values(&["--modules-folder"]).last() {
        Some(Some(it)) => install.makes.push(folder.join(it)),
        Some(None) => install.source = unknown(),
        None => install.makes.push(modules.unwrap_or_else(|| file("node_modules"))),
    }
    if install.source != Source::Nothing {
        return Some(install);
    }
    let Some(package) = project(&mut install, TITLE, &folder, at) else { return Some(install) };
    let manifest = (at.text)(&file("package.json")).unwrap_or_default();
    if !ignores {
        let names: &[_] = match is_production(call, at) {
            true => &["preinstall", "install", "postinstall"],
            false => &["preinstall", "install", "postinstall", "prepublish", "prepare"],
        };
        install.runs = package.scripts(names, &folder, at);
        hooks::add(&mut install, &manifest, &folder, LOCK, at);
    }
    let keeps_lock = call.has(&["--frozen-lockfile", "--pure-lockfile", "--no-lockfile"]);
    if !keeps_lock && (at.text)(&file(LOCK)).is_some_and(|it| !yarn1_keeps(&manifest, &it)) {
        install.rewrites = Some(file(LOCK));
    }
    Some(install)
}

/// Whether an install leaves out what only development needs, and with it the script `prepare`.
fn is_production(call: &Invocation, at: &At<'_>) -> bool {
    let options = ["--production", "--prod"];
    match call.flags(&options).filter_map(|it| it.text.as_deref()).last() {
        Some(it) => !it.ends_with("=false"),
        None => at.variable(call, "NODE_ENV") == Setting::Known("production".to_owned()),
    }
}

/// The settings of a `.yarnrc`: lines of a key and a value, which may be quoted.
fn yarnrc(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = text.lines().filter_map(|it| it.trim().split_once([' ', '=']));
    pairs.map(|(key, value)| (key.trim_matches('"'), value.trim().trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_lines_of_key_and_value() {
        let text = "# yarn lockfile v1\n\nyarn-path \".yarn/releases/yarn-1.22.19.js\"\n\"--install.modules-folder\" /m";
        let settings: Vec<_> = yarnrc(text).skip(1).collect();
        let expected =
            [("yarn-path", ".yarn/releases/yarn-1.22.19.js"), ("--install.modules-folder", "/m")];
        assert_eq!(settings, expected);
    }
}
