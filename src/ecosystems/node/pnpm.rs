//! pnpm: `pnpm install`, `pnpm fetch`.
//!
//! After pnpm's documentation ("pnpm install", "pnpm fetch", "Settings", "Working with Docker", "Global Virtual
//! Store") and what pnpm 8 to 10 do: `pnpm fetch` fills the store and `node_modules/.pnpm` from the lock alone and
//! runs no script of the project, and the install afterwards makes of them what it makes without.

use super::{
    COREPACK, Package, SCRIPTS, SCRIPTS_OFF, has_unknown_words,
    hooks::{self, HOOKS},
    ignores_scripts,
    lock::{loads_more, pnpm_keeps, pnpm_patches},
    npmrc, takes_npmrc, unknown,
};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, File, Grammar, Install, Manager, Scripts, Setting,
        Source, Starter, Switch, Verb,
        habits::{Habit, Own},
        homes::{Leaving, PUPPETEER},
        version::Version,
    },
    shell::{Invocation, Letters},
    text::{ImagePath, Refusal},
};

/// What it is called on the command line.
pub const NAME: &str = "pnpm";
/// What people call it.
pub const TITLE: &str = NAME;

/// The words for an install of what the manifest lists.
const INSTALLS: &[&str] = &["install", "i", "ci", "clean-install"];

/// Those that first remove what is there, and fail without a lock.
const CLEAN: &[&str] = &["ci", "clean-install"];

/// The words for what else fetches packages; `deploy` and `prune` install afresh what is to stay.
const FETCHES: &[&str] = &["fetch", "add", "update", "up", "deploy", "prune"];

pub(super) const LOCK: &str = "pnpm-lock.yaml";
pub(super) const WORKSPACE: &str = "pnpm-workspace.yaml";

/// Settings that move the store, or let what is installed lead into it.
const STORE_KEYS: &[&str] = &[
    "store-dir",
    "storeDir",
    "enable-global-virtual-store",
    "enableGlobalVirtualStore",
    "package-import-method",
    "packageImportMethod",
];

/// pnpm.
pub const MANAGER: Manager = Manager {
    packages: &[NAME, "@pnpm/exe"],
    system_packages: &[NAME],
    variables: "pnpm_config_",
    programs: &[NAME],
    starter: Some(Starter { switches: asks_for_version, ..COREPACK }),
    grammar: GRAMMAR,
    files: &[
        File::lock(LOCK),
        File::settings(WORKSPACE).with_cache_keys(STORE_KEYS),
        File::settings(".npmrc").with_cache_keys(STORE_KEYS),
        File::settings(".pnpmfile.cjs"),
        File::settings(".pnpmfile.mjs"),
    ],
    manifest: "package.json",
    makes: &["node_modules"],
    cache: &[Cache {
        // A mount is another file system than the project's: there pnpm copies packages from its store instead of
        // linking them, so that the image needs nothing of it.
        places: &[
            CachePlace::Option(&["--store-dir"]),
            CachePlace::Variable("npm_config_store_dir"),
            CachePlace::Variable("NPM_CONFIG_STORE_DIR"),
            CachePlace::Variable("pnpm_config_store_dir"),
            CachePlace::Below("PNPM_HOME", "store"),
            CachePlace::Below("XDG_DATA_HOME", "pnpm/store"),
            CachePlace::Home(".local/share/pnpm/store"),
        ],
        filled_by: FILLS,
        reused: true,
        // From pnpm 11 on, packages that are installed globally lie in the store itself.
        linked: &[Switch::Option("-g"), Switch::Option("--global")],
        offline: &[Switch::Option("--offline")],
        printed_by: &["pnpm store path"],
        // Install scripts of packages keep headers, browsers and the like in `~/.cache`.
        spills: true,
        ..Cache::NONE
    }],
    leaves: &[Leaving { verbs: FILLS, ..PUPPETEER }],
    habits: &[
        Habit {
            verbs: &["fetch"],
            bare: true,
            downloads: true,
            reads: &["package.json", LOCK, WORKSPACE, ".npmrc", ".pnpmfile.cjs", ".pnpmfile.mjs"],
            named: &[(".npmrc", "cafile"), (LOCK, "path:")],
            folder: FOLDER,
            makes: &["node_modules"],
            manifest: Some(LOCK),
            whole: &["type:directory", "tarball:file:"],
            ..Habit::IDLE
        },
        Habit {
            verbs: INSTALLS,
            bare: true,
            hooks: HOOKS,
            reads: &[
                "package.json",
                LOCK,
                WORKSPACE,
                ".npmrc",
                ".pnpmfile.cjs",
                ".pnpmfile.mjs",
                "binding.gyp",
            ],
            members: &[(WORKSPACE, "packages:")],
            named: &[(".npmrc", "cafile"), (LOCK, "path:")],
            folder: FOLDER,
            makes: &["node_modules"],
            manifest: Some("package.json"),
            own: Some(Own {
                without: &["--ignore-scripts"],
                unless: &[],
                needs: &[
                    "\"preinstall\":",
                    "\"install\":",
                    "\"postinstall\":",
                    "\"preprepare\":",
                    "\"prepare\":",
                    "\"postprepare\":",
                ],
            }),
            ..Habit::IDLE
        },
        Habit { verbs: &["add", "update", "up", "remove", "rm"], with: GLOBAL, ..Habit::IDLE },
        Habit { verbs: &["config", "set", "get", "store", "view", "env"], ..Habit::IDLE },
    ],
    facts: install,
    ..Manager::new(NAME, TITLE, Ecosystem::Node)
};

const GLOBAL: &[&str] = &["-g", "--global"];

/// The options that name the folder to run in.
const FOLDER: &[&str] = &["--dir", "-C"];

const GRAMMAR: Grammar = Grammar {
    // pnpm.io/pnpm-cli and the pages of its commands.
    letters: Letters { flags: "dDEfgOPrsSw", valued: "CF" },
    valued: &[
        "--dir",
        "-C",
        "--store-dir",
        "--filter",
        "-F",
        "--filter-prod",
        "--registry",
        "--loglevel",
        "--reporter",
        "--network-concurrency",
        "--child-concurrency",
        "--workspace-concurrency",
        "--location",
    ],
    install: &Verb::each::<{ INSTALLS.len() }>(&[INSTALLS]),
    fetch: &[Verb::new("fetch")],
    change: &[
        Verb::new("add"),
        Verb::new("update"),
        Verb::new("up"),
        Verb::new("remove"),
        Verb::new("rm"),
        Verb::new("dedupe"),
        Verb::new("import"),
    ],
    apart: &[
        Verb::new("add").with(GLOBAL),
        Verb::new("update").with(GLOBAL),
        Verb::new("remove").with(GLOBAL),
        // Without this option, settings are the user's.
        Verb::new("config").without(&["--location"]),
        Verb::new("set").without(&["--location"]),
        Verb::new("get"),
        Verb::new("store"),
        Verb::new("view"),
        Verb::new("env"),
    ],
    configure: &[Verb::new("config"), Verb::new("c"), Verb::new("set")],
    clean: &[Verb::new("store prune")],
    scripts: Some(Scripts { executes: &["exec"], folder: FOLDER, separates: false, ..SCRIPTS }),
    run: &[Verb::new("dlx")],
    runners: &["pnpx"],
    audits: &[
        Verb::new("prune"),
        Verb::new("deploy"),
        Verb::new("audit"),
        Verb::new("rebuild"),
        Verb::new("licenses"),
    ],
    ..Grammar::NONE
};

/// The verbs that fetch packages.
const FILLS: &[Verb] = &Verb::each::<{ INSTALLS.len() + FETCHES.len() }>(&[INSTALLS, FETCHES]);

/// The scripts of the project that an install runs.
const LIFECYCLE: &[&str] =
    &["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"];

/// The options of an install that `pnpm fetch` needs as well, each as it is written there.
const KEPT: &[(&str, &str)] = &[
    ("--prod", "--prod"),
    ("--production", "--prod"),
    ("-P", "--prod"),
    ("--dev", "--dev"),
    ("-D", "--dev"),
    ("--ignore-scripts", "--ignore-scripts"),
];

/// The options of an install that change nothing of what it downloads.
const IDLE: &[&str] = &[
    "--frozen-lockfile",
    "--prefer-offline",
    "--recursive",
    "-r",
    "--silent",
    "-s",
    "--reporter",
    "--loglevel",
    "--dir",
    "-C",
];

/// From pnpm 10 on, a pnpm that is not started by Corepack fetches the version that `package.json` asks for, unless
/// it is of this version itself.
///
/// <https://pnpm.io/settings#managepackagemanagerversions>
fn asks_for_version(manifest: &str, own: Option<&Version>) -> bool {
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap_or_default();
    if manifest.get("devEngines").is_some() {
        return true;
    }
    let Some(asked) = manifest.get("packageManager") else { return false };
    // `pnpm@10.5.0+sha512.…`
    let asked = asked.as_str().and_then(|it| it.strip_prefix(NAME)?.strip_prefix('@'));
    let asked = asked.and_then(|it| it.split('+').next()?.parse::<Version>().ok());
    own.is_none() || asked.as_ref() != own
}

fn install(verb: &Verb, call: &Invocation, at: &At<'_>) -> Option<Install> {
    let mut install = Install::default();
    if has_unknown_words(call) {
        install.source = unknown();
        return Some(install);
    }
    // With names it adds packages.
    if GRAMMAR.words(call).nth(1).is_some() {
        return None;
    }
    let folder = match call.values(FOLDER).last() {
        Some(it) => at.path((*it)?)?,
        None => at.directory?.clone(),
    };
    let fetches = verb.words == "fetch";
    let file = |name: &str| folder.join(name);
    match fetches {
        true => install.takes(file("package.json")),
        false => install.needs(file("package.json")),
    }
    match fetches || CLEAN.contains(&verb.words) || call.has(&["--frozen-lockfile"]) {
        true => install.needs(file(LOCK)),
        false => install.takes(file(LOCK)),
    }
    install.takes(file(WORKSPACE));
    install.takes(file(".pnpmfile.cjs"));
    install.takes(file(".pnpmfile.mjs"));
    takes_npmrc(&mut install, file(".npmrc"), at);
    let variables = ["NODE_EXTRA_CA_CERTS", "npm_config_userconfig", "NPM_CONFIG_USERCONFIG"];
    install.settings(call, at, &variables, &[".npmrc", ".config/pnpm/rc"]);
    install.makes.push(file("node_modules"));
    if install.source == Source::Nothing {
        install.source = source(&mut install, verb, call, &folder, at);
    }
    Some(install)
}

/// What an install needs of the project besides manifests; adds what it reads and runs.
fn source(
    install: &mut Install,
    verb: &Verb,
    call: &Invocation,
    folder: &ImagePath,
    at: &At<'_>,
) -> Source {
    let text = |name: &str| (at.text)(&folder.join(name));
    let now = |code, reason: String| Source::Now(Refusal::new(code, reason));
    let hooks = [".pnpmfile.cjs", ".pnpmfile.mjs"];
    if let Some(it) = hooks.iter().find(|it| text(it).is_some_and(|it| loads_more(&it))) {
        return now("local-requirement", format!("{it} loads other files"));
    }
    let lock = text(LOCK);
    if let Some(why) = lock.as_deref().and_then(|it| pnpm_patches(install, it, folder, at)) {
        return Source::Now(why);
    }
    if verb.words == "fetch" {
        return Source::Nothing;
    }
    let (manifest, package) = match Package::at(folder, at) {
        Ok(read) => read,
        Err(why) => return Source::Now(why),
    };
    let has_members = |it: &ImagePath| {
        let text = (at.text)(&it.join(WORKSPACE));
        text.is_some_and(|it| it.lines().any(|it| it.starts_with("packages:")))
    };
    let lacks_root = package.is_member && text(WORKSPACE).is_none();
    if lacks_root || folder.ancestors().skip(1).any(|it| has_members(&it)) {
        let reason = format!("{TITLE} needs the manifests of every member of the workspace");
        return now("workspace", reason);
    }
    let off = text(".npmrc").as_deref().and_then(|it| npmrc(it, SCRIPTS_OFF)) == Some("true");
    let off_or_ignored = off || ignores_scripts(call, at);
    let runs = match off_or_ignored {
        true => Vec::new(),
        false => package.scripts(LIFECYCLE, folder, at),
    };
    let mut own = Install::default();
    if !off_or_ignored {
        hooks::add(&mut own, &manifest, folder, LOCK, at);
    }
    // Of all else, what is downloaded can be fetched before.
    let is_whole = has_members(folder)
        || !package.paths.is_empty()
        || !runs.is_empty()
        || own.source != Source::Nothing
        || own.folders().next().is_some();
    let keeps_lock = CLEAN.contains(&verb.words)
        || call.has(&["--frozen-lockfile"])
        || at.variable(call, "CI") != Setting::Unset;
    if !is_whole {
        install.reads.append(&mut own.reads);
        install.makes.append(&mut own.makes);
        if !keeps_lock && lock.is_some_and(|it| !pnpm_keeps(&manifest, &it)) {
            install.rewrites = Some(folder.join(LOCK));
        }
        return Source::Nothing;
    }
    if lock.is_none() {
        let reason =
            format!("{TITLE} fetches what {LOCK} lists, which is not in the build context");
        return now("no-lock", reason);
    }
    if CLEAN.contains(&verb.words) {
        return now("no-fetch", format!("{} first removes what was fetched", verb.words));
    }
    // Else it may set the lock aside, where fetching would fail.
    if !call.has(&["--frozen-lockfile"]) {
        return now("no-fetch", "without --frozen-lockfile it may write another lock".to_owned());
    }
    match fetch(call, at) {
        Ok(words) => {
            install.runs = runs;
            Source::Fetch { commands: vec![words] }
        }
        Err(reason) => now("no-fetch", reason),
    }
}

/// The command that fetches what an install downloads.
///
/// # Errors
/// What of the install it knows nothing about, as a reason.
fn fetch(call: &Invocation, at: &At<'_>) -> Result<Vec<String>, String> {
    let mut words = vec![NAME.to_owned(), "fetch".to_owned()];
    let mut is_chosen = false;
    for option in call.texts().filter(|it| it.starts_with('-')) {
        let name = option.strip_suffix("=true").unwrap_or(option);
        let bare = name.split('=').next().unwrap_or_default();
        match KEPT.iter().find(|it| it.0 == name) {
            Some((_, kept)) => {
                is_chosen |= *kept != "--ignore-scripts";
                words.push((*kept).to_owned());
            }
            None if IDLE.contains(&bare) && name != "--frozen-lockfile=false" => {}
            None => return Err(format!("{TITLE} fetch has no counterpart of {option}")),
        }
    }
    if !is_chosen && at.variable(call, "NODE_ENV") != Setting::Unset {
        return Err("NODE_ENV may say what is installed".to_owned());
    }
    if !call.assignments.is_empty() {
        return Err("it is given variables of its own".to_owned());
    }
    Ok(words)
}
