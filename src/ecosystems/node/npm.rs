//! npm: `npm ci`, `npm install` and their aliases.
//!
//! After npm's documentation ("npm ci", "npm install", "npm cache", "Config", "Scripts", "npmrc") and what npm 6
//! to 11 do. `npm install` with names changes the manifest, so it waits for the source.

use super::{
    Package, SCRIPTS, SCRIPTS_OFF, global, has_unknown_words,
    hooks::{self, HOOKS},
    ignores_scripts,
    lock::npm_keeps,
    npmrc, project, takes_npmrc, unknown,
};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, File, Grammar, Install, Leaving, Manager, Source, Switch,
        Verb,
        habits::{Habit, Own},
        homes::PUPPETEER,
    },
    shell::{Invocation, Letters},
};

/// What it is called on the command line.
pub const NAME: &str = "npm";
/// What people call it.
pub const TITLE: &str = "npm";

/// npm.
pub const MANAGER: Manager = Manager {
    packages: &[NAME],
    system_packages: &["npm", "nodejs-npm"],
    variables: "npm_config_",
    programs: &[NAME],
    grammar: GRAMMAR,
    files: &[
        File::manifest("package.json").marking_project(),
        File::lock("package-lock.json"),
        File::lock("npm-shrinkwrap.json"),
        File::settings(".npmrc").with_cache_keys(&["cache"]),
        File::runtime(".nvmrc"),
        File::named("binding.gyp"),
        File::named("*.prisma"),
        File::named("prisma.config.*"),
        File::named(".puppeteerrc*"),
        File::named("puppeteer.config.*"),
    ],
    manifest: "package.json",
    makes: &["node_modules"],
    cache: &[Cache {
        // Whatever the case of its letters, the variable counts; these two are written.
        places: &[
            CachePlace::Option(&["--cache"]),
            CachePlace::Variable("npm_config_cache"),
            CachePlace::Variable("NPM_CONFIG_CACHE"),
            CachePlace::Home(".npm"),
        ],
        filled_by: FILLS,
        offline: &[
            Switch::Option("--offline"),
            Switch::Set("npm_config_offline"),
            Switch::Set("NPM_CONFIG_OFFLINE"),
        ],
        portable: true,
        printed_by: &["npm config get cache", "npm get cache"],
        // Install scripts of packages keep headers, browsers and the like in `~/.cache`.
        spills: true,
        ..Cache::NONE
    }],
    facts: install,
    leaves: &[Leaving { verbs: FILLS, ..PUPPETEER }],
    habits: &[
        Habit { verbs: INSTALLS, with: GLOBAL, ..Habit::IDLE },
        Habit {
            verbs: INSTALLS,
            bare: true,
            reads: &[
                "package.json",
                "package-lock.json",
                "npm-shrinkwrap.json",
                ".npmrc",
                "binding.gyp",
            ],
            named: &[(".npmrc", "cafile")],
            hooks: HOOKS,
            folder: &["--prefix", "-C"],
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
                    "\"preprepare\":",
                    "\"prepare\":",
                    "\"postprepare\":",
                ],
            }),
            ..Habit::IDLE
        },
        Habit { verbs: &["config", "set", "get", "cache", "view", "ping"], ..Habit::IDLE },
        Habit { verbs: &["update", "uninstall", "remove", "rm"], with: GLOBAL, ..Habit::IDLE },
    ],
    broken: Package::broken,
    ..Manager::new(NAME, TITLE, Ecosystem::Node)
};

/// The words for an install.
const INSTALLS: &[&str] = &[
    "install",
    "i",
    "add",
    "in",
    "ins",
    "inst",
    "insta",
    "instal",
    "isntall",
    "ci",
    "clean-install",
    "ic",
    "install-clean",
];

/// The words for an install that is followed by the tests.
const TESTS: &[&str] = &["install-test", "it", "install-ci-test", "cit"];

/// The words for an update.
const UPDATES: &[&str] = &["update", "upgrade", "up"];

/// The words for a removal.
const REMOVES: &[&str] = &["uninstall", "remove", "rm"];

const GLOBAL: &[&str] = &["-g", "--global", "--location=global"];

/// The verbs that fail without a lock.
const CLEAN: &[&str] = &["ci", "clean-install", "ic", "install-clean"];

const GRAMMAR: Grammar = Grammar {
    // "Shorthands and Other CLI Niceties" of the page "config"; not `-w`, for `-ws` is one of its own.
    letters: Letters { flags: "adDBEfglnNOpPqsSy", valued: "CL" },
    valued: &[
        "--prefix",
        "-C",
        "--cache",
        "--registry",
        "--loglevel",
        "--workspace",
        "-w",
        "--omit",
        "--include",
        "--only",
        "--also",
        "--userconfig",
        "--globalconfig",
        "--location",
        "-L",
        "--tag",
        "--cafile",
        "--proxy",
        "--https-proxy",
        "--fetch-timeout",
        "--fetch-retries",
        "--maxsockets",
        "--install-strategy",
        "--script-shell",
    ],
    install: &Verb::each::<{ INSTALLS.len() }>(&[INSTALLS]),
    change: &Verb::each::<{ UPDATES.len() + REMOVES.len() }>(&[UPDATES, REMOVES]),
    apart: &[
        Verb::new("install").with(GLOBAL),
        Verb::new("i").with(GLOBAL),
        Verb::new("add").with(GLOBAL),
        Verb::new("update").with(GLOBAL),
        Verb::new("uninstall").with(GLOBAL),
        Verb::new("remove").with(GLOBAL),
        Verb::new("rm").with(GLOBAL),
        // Without this option, settings are the user's.
        Verb::new("config").without(&["--location", "-L"]),
        Verb::new("set").without(&["--location", "-L"]),
        Verb::new("get"),
        Verb::new("cache"),
        Verb::new("view"),
        Verb::new("ping"),
    ],
    configure: &[Verb::new("config"), Verb::new("c"), Verb::new("set")],
    clean: &[Verb::new("cache clean"), Verb::new("cache clear"), Verb::new("cache rm")],
    scripts: Some(SCRIPTS),
    run: &[Verb::new("exec"), Verb::new("x")],
    runners: &["npx"],
    audits: &[
        Verb::new("prune"),
        Verb::new("dedupe"),
        Verb::new("audit"),
        Verb::new("rebuild"),
        Verb::new("shrinkwrap"),
    ],
    ..Grammar::NONE
};

/// The verbs that fetch packages.
const FILLS: &[Verb] =
    &Verb::each::<{ INSTALLS.len() + TESTS.len() + UPDATES.len() }>(&[INSTALLS, TESTS, UPDATES]);

/// The scripts of the project that an install without names runs, also where it leaves out what only
/// development needs.
const LIFECYCLE: &[&str] = &[
    "dependencies",
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
];

fn install(verb: &Verb, call: &Invocation, at: &At<'_>) -> Option<Install> {
    let names: Vec<&str> = GRAMMAR.words(call).skip(1).collect();
    if call.has(GLOBAL) {
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
    let folder = match call.values(&["--prefix", "-C"]).last() {
        Some(it) => at.path((*it)?)?,
        None => at.directory?.clone(),
    };
    let file = |name: &str| folder.join(name);
    let there = |name: &str| (at.text)(&file(name)).is_some();
    install.needs(file("package.json"));
    let lock =
        if there("npm-shrinkwrap.json") { "npm-shrinkwrap.json" } else { "package-lock.json" };
    let is_clean = CLEAN.contains(&verb.words);
    match is_clean {
        true => install.needs(file(lock)),
        false => install.takes(file(lock)),
    }
    if !there(lock) {
        install.takes(file("yarn.lock"));
    }
    takes_npmrc(&mut install, file(".npmrc"), at);
    let variables = ["NODE_EXTRA_CA_CERTS", "npm_config_userconfig", "NPM_CONFIG_USERCONFIG"];
    install.settings(call, at, &variables, &[".npmrc"]);
    install.makes.push(file("node_modules"));
    if install.source != Source::Nothing {
        return Some(install);
    }
    let Some(package) = project(&mut install, TITLE, &folder, at) else { return Some(install) };
    let settings = (at.text)(&file(".npmrc"));
    let off = settings.as_deref().and_then(|it| npmrc(it, SCRIPTS_OFF)) == Some("true");
    let manifest = (at.text)(&file("package.json")).unwrap_or_default();
    if !off && !ignores_scripts(call, at) {
        install.runs = package.scripts(LIFECYCLE, &folder, at);
        hooks::add(&mut install, &manifest, &folder, lock, at);
    }
    let keeps_lock = is_clean
        || call.has(&["--no-package-lock", "--package-lock=false", "--no-save", "--save=false"])
        || settings.as_deref().and_then(|it| npmrc(it, "package-lock")) == Some("false");
    if !keeps_lock && (at.text)(&file(lock)).is_some_and(|it| !npm_keeps(&manifest, &it)) {
        install.rewrites = Some(file(lock));
    }
    Some(install)
}
