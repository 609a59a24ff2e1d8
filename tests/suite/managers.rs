//! Whole managers: the facts of each, as its page of cases says, and whoever asks for them.
//!
//! A page stands beside the file of facts: `src/ecosystems/python/pip.md`. Below each `## ` heading stand a
//! Dockerfile and files, as on the pages of transforms, and a `facts` block that says of each call of a
//! manager what it reads, runs, makes and needs, and where it caches. `UPDATE=1` writes the blocks.

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::PathBuf};

use refit::{
    context::layers::Layers,
    dockerfile::Dockerfile,
    ecosystems::{
        self, At, Cache, CacheKind, CachePlace, Caching, File, Install, MANAGERS, Manager, Read,
        Source, Verb, images,
    },
    engine::plan::{Options, plan},
    load,
    project::{self, Project},
    run::{CallSite, Run, Site},
    text::{ImagePath, RepoPath},
    transforms,
};

use crate::support::{
    page::{Case, cases},
    source::{assert_none, root},
};

/// The page of a manager, whose title it has: beside its file of facts, or in its folder.
fn page(manager: &Manager) -> Option<PathBuf> {
    let folders = fs::read_dir(root().join("src/ecosystems")).unwrap();
    let folders = folders.map(|it| it.unwrap().path()).filter(|it| it.is_dir());
    let files = folders.flat_map(|it| fs::read_dir(it).unwrap()).map(|it| it.unwrap().path());
    let mut pages = files.filter(|it| it.extension().is_some_and(|it| it == "md"));
    let title = format!("# {}\n", manager.title);
    pages.find(|it| fs::read_to_string(it).unwrap().starts_with(&title))
}

fn project(case: &Case) -> Project {
    let path = |it: &str| RepoPath::new(it).unwrap();
    Project::new(case.files.iter().map(|(it, text)| (path(it), text.clone())))
}

/// What is known of each call of a manager in the Dockerfile of a case.
fn facts(case: &Case) -> String {
    let project = project(case);
    let file = project.file("Dockerfile").expect("a case has a Dockerfile");
    let dockerfile: &Dockerfile = file.dockerfile().unwrap();
    let site = Site::new(&file.path, dockerfile);
    let mut out = String::new();
    for stage in &site.stages {
        let layers = Layers::read(&project, site.path, &site.stages, stage, RepoPath::root());
        for run in site.runs(stage, &[""]).filter_map(|it| site.run(stage, it).ok()) {
            let text = |path: &ImagePath| {
                let file = layers.provider(stage.index, run.item, path)?.1;
                Some(project.file(file.as_str())?.text.clone())
            };
            for call in run.calls() {
                let Some(manager) = ecosystems::manager(&call.call) else { continue };
                let version = || site.installed(stage, run.item, manager.name);
                let at = At { text: &text, version: &version, ..run.at(call) };
                describe(&mut out, manager, &run, call, &at);
            }
        }
    }
    out
}

fn describe(out: &mut String, manager: &Manager, run: &Run<'_>, call: &CallSite, at: &At<'_>) {
    let mut say = |line: String| writeln!(out, "{line}").unwrap();
    say(run.text(run.script.commands()[call.command].span.clone()).to_owned());
    match manager.install(&call.call, at) {
        Some(install) => describe_install(&mut say, &install),
        None => {
            let grammar = &manager.grammar;
            let kinds = [
                (grammar.change, "changes the manifest"),
                (grammar.clean, "empties the cache"),
                (grammar.configure, "sets settings"),
                (grammar.run, "runs a program"),
            ];
            let mut kinds = kinds.into_iter().filter(|it| grammar.has(&call.call, it.0));
            if let Some((_, what)) = kinds.next() {
                say(format!("  {what}"));
            }
            let apart = if grammar.is_apart(&call.call) { "reads nothing" } else { "may read all" };
            say(format!("  {apart} of the project"));
        }
    }
    let cachings = manager.cachings(&call.call, at);
    for it in &cachings {
        describe_cache(&mut say, it, call, at);
    }
}

fn describe_install(say: &mut impl FnMut(String), install: &Install) {
    for required in [true, false] {
        let files = install.files().filter(|it| it.1 == required).map(|it| it.0.as_str());
        let files: Vec<&str> = files.collect();
        if !files.is_empty() {
            let verb = if required { "needs" } else { "takes" };
            say(format!("  {verb} {}", files.join(" ")));
        }
    }
    for it in &install.reads {
        if let Read::Folder { path, why } = it {
            let path = path.as_ref().map_or_else(|| "a folder".to_owned(), ToString::to_string);
            say(format!("  reads {path}: {why}"));
        }
    }
    install.runs.iter().for_each(|it| say(format!("  runs {}: {}", it.name, it.text)));
    install.makes.iter().for_each(|it| say(format!("  makes {it}")));
    match &install.source {
        Source::Nothing => {}
        Source::First { leaves_out } => {
            say(format!("  comes first with {}", leaves_out.join(" ")));
        }
        Source::Fetch { commands } => {
            for it in commands {
                say(format!("  fetches with {}", it.join(" ")));
            }
        }
        Source::Now(why) => say(format!("  needs the source: {}, {}", why.code, why.reason)),
    }
}

fn describe_cache(say: &mut impl FnMut(String), caching: &Caching, call: &CallSite, at: &At<'_>) {
    let folders: Vec<&str> = caching.folders().iter().map(ImagePath::as_str).collect();
    match folders.is_empty() {
        true => say("  caches where nothing tells".to_owned()),
        false => say(format!("  caches in {}", folders.join(" and "))),
    }
    for word in &caching.off {
        let option = call.call.arguments.iter().find(|it| it.word == *word).unwrap();
        say(format!("  turned off by {}", option.text.as_deref().unwrap()));
    }
    for it in caching.cache.off_variables() {
        let setting = at.variable(&call.call, it.name);
        if matches!(&setting, ecosystems::Setting::Known(value) if (it.when)(value)) {
            say(format!("  turned off by {}", it.name));
        }
    }
    let traits = [
        (caching.linked, "the image needs it"),
        (caching.offline, "without network"),
        (caching.exclusive, "one build at a time"),
    ];
    traits.iter().filter(|it| it.0).for_each(|it| say(format!("  {}", it.1)));
}

#[test]
fn every_page_says_what_the_facts_say() {
    for manager in MANAGERS {
        let path = page(manager).unwrap_or_else(|| panic!("{} has no page", manager.name));
        let mut text = fs::read_to_string(&path).unwrap();
        if env::var_os("UPDATE").is_some() {
            for case in cases(&text).into_iter().rev() {
                let facts = facts(&case);
                text.replace_range(case.facts.expect("a case has facts").1, &facts);
            }
            fs::write(&path, &text).unwrap();
        }
        assert!(text.starts_with("# "), "{} has no title", path.display());
        let cases = cases(&text);
        let mut said = String::new();
        for case in &cases {
            let (expected, _) = case.facts.as_ref().expect("a case has facts");
            assert_eq!(facts(case), *expected, "{}: {}", manager.name, case.title);
            said.push_str(expected);
        }
        for (what, word) in [
            ("an install", "  needs /"),
            ("a cache", "  caches in /"),
            ("a decline", "  needs the source: "),
            ("what turns the cache off", "  turned off by "),
        ] {
            let can_be_off = manager.cache.iter().any(|it| !it.off.is_empty());
            if word == "  turned off by " && !can_be_off {
                continue;
            }
            assert!(said.contains(word), "{} shows nothing of {what}", path.display());
        }
        let mut calls = said.lines().filter(|it| !it.starts_with(' '));
        assert!(
            calls.any(|it| manager.programs.iter().any(|program| it.contains(program))),
            "{} calls no {}",
            path.display(),
            manager.name
        );
    }
}

/// A name that a pattern matches.
fn sample(file: &File) -> String {
    file.pattern.replace('*', "x")
}

#[test]
fn every_file_is_read_by_the_loader() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = BTreeSet::new();
    for it in ecosystems::files() {
        let name = sample(it);
        let path = folder.path().join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x = 1\n").unwrap();
        names.insert(name);
    }
    fs::write(folder.path().join("Dockerfile"), "FROM a\n").unwrap();
    let loaded = load::load(&[folder.path().to_path_buf()], &load::Options::default()).unwrap();
    let missing = names.iter().filter(|it| loaded.project.file(it).is_none());
    assert_none("files that the loader leaves out", &missing.cloned().collect::<Vec<_>>());
}

/// A call of a verb, with its options as a case of their own.
fn line(manager: &Manager, verb: &Verb, options: &str) -> String {
    let with = verb.with.first().unwrap_or(&"");
    let words = [manager.programs[0], options, verb.words, with];
    words.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An official image that brings a manager.
fn image(manager: &Manager) -> &'static str {
    let known = ["python:3.12-slim", "golang:1.24"].into_iter();
    let mut bring = known.filter(|it| images::named(it).brings(manager.programs[0]));
    bring.next().unwrap_or("python:3.12-slim")
}

/// The Dockerfiles in which a cache is at each of its places, and where it is then.
fn placed(manager: &Manager, cache: &'static Cache, call: &str) -> Vec<(String, String)> {
    let variables = cache.variables().filter(|it| !matches!(*it, "HOME" | "XDG_CACHE_HOME"));
    let unset: String = variables.map(|it| format!("ENV {it}=\n")).collect();
    // Packages in a store may be needed by those who run the image.
    let store = manager.cache.iter().find(|it| it.kind == CacheKind::Store);
    let dockerfile = |env: String, call: &str| match store {
        None => format!("FROM python:3.12-slim\nUSER root\n{env}RUN {call}\n"),
        Some(store) => {
            let image = format!("FROM {} AS build\nUSER root\n", image(manager));
            let shown = store.shown_by.first().unwrap_or(&"");
            format!("{image}{unset}{env}WORKDIR /src\nCOPY {shown} .\nRUN {call}\nFROM scratch\n")
        }
    };
    let place = |place: &CachePlace| match place {
        CachePlace::Option(options) => {
            (dockerfile(String::new(), &format!("{call} {} /a/b", options[0])), "/a/b".to_owned())
        }
        CachePlace::Variable(name) => {
            (dockerfile(format!("ENV {name}=/a/b\n"), call), "/a/b".to_owned())
        }
        CachePlace::Below(name, folder) => {
            (dockerfile(format!("ENV {name}=/a/b\n"), call), format!("/a/b/{folder}"))
        }
        CachePlace::Xdg(name) => {
            (dockerfile("ENV XDG_CACHE_HOME=/a/b\n".to_owned(), call), format!("/a/b/{name}"))
        }
        CachePlace::Home(folder) => (dockerfile(String::new(), call), format!("/root/{folder}")),
        CachePlace::Fixed(folder) => (dockerfile(String::new(), call), (*folder).to_owned()),
    };
    cache.places.iter().map(place).collect()
}

#[test]
fn every_cache_is_mounted_and_the_engine_accepts_it() {
    let transform = transforms::ALL.iter().find(|it| it.name == "mount-caches").unwrap();
    for manager in MANAGERS {
        for cache in manager.cache {
            for verb in cache.filled_by {
                for (dockerfile, folder) in placed(manager, cache, &line(manager, verb, "")) {
                    let path = RepoPath::new("Dockerfile").unwrap();
                    let project = Project::new([(path, dockerfile.clone())]);
                    let plan = plan(project, &[*transform], &Options::default());
                    let after = &plan.after().file("Dockerfile").unwrap().text;
                    for part in cache.parts {
                        let folder = format!("{folder}/{part}");
                        let mount = format!("type=cache,target={}", folder.trim_end_matches('/'));
                        assert!(after.contains(&mount), "{dockerfile}{:#?}", plan.declines);
                    }
                }
            }
        }
    }
}

/// The verb of the first call of a RUN with these words.
fn verb_of(manager: &Manager, run: &str, verbs: &'static [Verb]) -> Option<&'static Verb> {
    let path = RepoPath::new("Dockerfile").unwrap();
    let dockerfile = Dockerfile::parse(format!("FROM a\nRUN {run}\n"));
    let site = Site::new(&path, &dockerfile);
    let item = site.runs(&site.stages[0], &[""]).next()?;
    let run = site.run(&site.stages[0], item).ok()?;
    let call = run
        .calls()
        .iter()
        .find(|it| ecosystems::manager(&it.call).is_some_and(|it| it.name == manager.name))?;
    manager.grammar.verb(&call.call, verbs)
}

#[test]
fn every_verb_is_seen_behind_options() {
    let mut missed = Vec::new();
    for manager in MANAGERS {
        let grammar = &manager.grammar;
        let lists = [
            grammar.install,
            grammar.fetch,
            grammar.build,
            grammar.change,
            grammar.apart,
            grammar.configure,
            grammar.clean,
        ];
        let options = grammar.valued.iter().filter(|it| it.starts_with("--"));
        let options: Vec<String> = options.map(|it| format!("{it} value")).collect();
        for (list, verb) in lists.into_iter().flat_map(|list| list.iter().map(move |it| (list, it)))
        {
            // With some options it means something else.
            let differs = |it: &&str| verb.without.iter().any(|name| it.starts_with(name));
            let options = options.iter().map(String::as_str).filter(|it| !differs(it));
            for options in options.chain(["", "--quiet"]) {
                let line = line(manager, verb, options);
                if verb_of(manager, &line, list).is_none_or(|it| it.words != verb.words) {
                    missed.push(line);
                }
            }
        }
    }
    assert_none("verbs that are not seen", &missed);
}

#[test]
fn a_lock_too_large_to_be_read_is_there_all_the_same() {
    let path = |it: &str| RepoPath::new(it).unwrap();
    let texts = [
        (
            "Dockerfile",
            "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install poetry==1.8.3\nCOPY . .\n\
             RUN poetry install --no-root\n",
        ),
        ("pyproject.toml", "[tool.poetry.dependencies]\nshared = { path = \"libs/shared\" }\n"),
        ("libs/shared/shared.py", ""),
    ];
    let files = || texts.map(|(it, text)| (path(it), text.to_owned()));
    let known = Project::new(files());
    let code = |project: Project| {
        let first = transforms::ALL.iter().find(|it| it.name == "copy-manifests-first").unwrap();
        let plan = plan(project, &[*first], &Options::default());
        plan.declines.first().map(|it| it.why.code)
    };
    assert_eq!(code(known.clone()), Some("no-lock"));
    // Of a file that is too large only the path is known.
    let paths = texts.iter().map(|it| path(it.0)).chain([path("poetry.lock")]);
    let read = files().map(|(it, text)| (it.clone(), project::File::new(it, text)));
    let loaded = Project::loaded(read.into_iter().collect(), project::Tree::new(paths), Vec::new());
    assert_eq!(code(loaded), None);
}
