//! What the engine has to say to Dockerfiles that somebody damaged: how many mutants make a transform propose a
//! change that the engine drops, by kind of objection, with the smallest file that shows each.
//!
//! `cargo test --test damage -- FOLDER [MUTANTS]`: each folder in FOLDER is a project. A project of Dockerfiles alone
//! gets the manifests that they name, and for a part of the mutants the undamaged file as a variant. `SEED=1` tries
//! others. Exits with 1 if more than one mutant in 2,000 meets an objection.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    time::Instant,
};

use rayon::prelude::*;
use refit::{
    engine::plan::{Bug, Options, plan},
    load,
    project::Project,
    text::RepoPath,
    transforms,
};
use support::damage::{Random, damage};

/// One objection in so many mutants is too many.
const ONE_IN: usize = 2000;

/// A project, and the Dockerfiles that are damaged in it.
struct Seed {
    name: String,
    project: Project,
    dockerfiles: Vec<(RepoPath, String)>,
    /// Whether it has nothing but Dockerfiles and what was made for them.
    is_lone: bool,
}

/// The mutants that meet the same objection.
#[derive(Default)]
struct Met {
    count: usize,
    smallest: Option<Example>,
}

/// A mutant that meets an objection.
struct Example {
    seed: String,
    objection: String,
    text: String,
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).filter(|it| !it.starts_with('-'));
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        eprintln!("cargo test --test damage -- FOLDER [MUTANTS]");
        return ExitCode::from(2);
    };
    let count: usize = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(100_000);
    let first: u64 = env::var("SEED").ok().and_then(|it| it.parse().ok()).unwrap_or_default();
    let seeds = seeds(&folder);
    if seeds.is_empty() {
        eprintln!("{}: no folder with a Dockerfile", folder.display());
        return ExitCode::from(2);
    }
    let began = Instant::now();
    let met: Mutex<BTreeMap<String, Met>> = Mutex::default();
    // A plan may have many Dockerfiles, each a mutant of its own.
    let turns = turns(&seeds, count);
    let tried: Vec<Tried> = turns
        .par_iter()
        .enumerate()
        .map(|(at, seed)| {
            let random = Random::new(first << 32 | u64::try_from(at).unwrap());
            seed.turn(&seeds, random, &met)
        })
        .collect();
    let sum = |of: fn(&Tried) -> usize| tried.iter().map(of).sum::<usize>();
    let (mutants, changed, objected) =
        (sum(|it| it.mutants), sum(|it| it.changed), sum(|it| it.objected));
    let mut met: Vec<(String, Met)> = met.into_inner().unwrap().into_iter().collect();
    met.sort_by_key(|it| (it.1.count, it.0.clone()));
    for (kind, Met { count, smallest }) in met.iter() {
        println!("{count:6} {kind}");
        if let Some(Example { seed, objection, text }) = smallest {
            println!("       {objection}\n       {seed}");
            text.lines().for_each(|it| println!("       | {it}"));
        }
    }
    println!("{:6} kinds", met.len());
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let share = objected as f64 / mutants as f64 * 100.0;
    println!(
        "{mutants} mutants in {:.0} s, {changed} of them changed, {objected} with an objection ({share:.3} %)",
        began.elapsed().as_secs_f64()
    );
    ExitCode::from(u8::from(mutants < objected * ONE_IN))
}

#[derive(Default)]
struct Tried {
    mutants: usize,
    changed: usize,
    objected: usize,
}

impl Seed {
    /// Damages each Dockerfile and plans; takes note of what the engine objects to.
    fn turn(
        &self,
        seeds: &[Self],
        mut random: Random,
        met: &Mutex<BTreeMap<String, Met>>,
    ) -> Tried {
        let other = &seeds[random.below(seeds.len())].dockerfiles;
        let mut texts = self.dockerfiles.clone();
        let mut project = self.project.clone();
        let as_variant = self.is_lone && random.below(4) == 0;
        for (path, text) in &mut texts {
            let (_, other) = &other[random.below(other.len())];
            if as_variant {
                let variant = beside(path, "Dockerfile.test");
                let mut other = text.clone();
                damage(
                    &mut other,
                    "RUN pip install pytest\nRUN npm test\nARG A\nENV B=1\n",
                    &mut random,
                );
                project = project.with_text(&variant, other);
            }
            damage(text, other, &mut random);
            project = project.with_text(path, text.clone());
        }
        let done = plan(project.clone(), transforms::ALL, &Options::default());
        let mut tried = Tried { mutants: texts.len(), ..Tried::default() };
        tried.changed = texts
            .iter()
            .filter(|it| done.after().file(it.0.as_str()).is_none_or(|new| *new.text != *it.1))
            .count();
        for (path, text) in &texts {
            let about = |it: &&Bug| it.input.iter().any(|it| it.0 == *path);
            let bugs: Vec<&Bug> = done.bugs.iter().filter(about).collect();
            tried.objected += usize::from(!bugs.is_empty());
            for bug in bugs {
                self.note(bug, (path, text), &project, met);
            }
        }
        tried
    }

    fn note(
        &self,
        bug: &Bug,
        (path, text): (&RepoPath, &str),
        project: &Project,
        met: &Mutex<BTreeMap<String, Met>>,
    ) {
        let kind = kind(bug);
        let is_smaller = {
            let mut met = met.lock().unwrap();
            let of_kind = met.entry(kind.clone()).or_default();
            of_kind.count += 1;
            of_kind.count <= 3
        };
        if !is_smaller {
            return;
        }
        let again = |text: &str| {
            let project = project.clone().with_text(path, text.to_owned());
            let done = plan(project, transforms::ALL, &Options::default());
            done.bugs.into_iter().find(|it| self::kind(it) == kind)
        };
        let text = shrink(text, &|it| again(it).is_some());
        let bug = again(&text).unwrap_or_else(|| bug.clone());
        let variant =
            bug.input.iter().filter(|it| it.0 != *path && it.0.as_str().contains("ockerfile"));
        let variant: String = variant.map(|it| format!("--- {}\n{}\n", it.0, it.1)).collect();
        let text = format!("{text}{variant}");
        let example =
            Example { seed: format!("{}: {path}", self.name), objection: bug.objection, text };
        let mut met = met.lock().unwrap();
        let of_kind = met.get_mut(&kind).unwrap();
        if of_kind.smallest.as_ref().is_none_or(|it| example.text.len() < it.text.len()) {
            of_kind.smallest = Some(example);
        }
    }
}

/// The same text without the lines, and then the words, that it does not take.
fn shrink(text: &str, holds: &dyn Fn(&str) -> bool) -> String {
    let mut text = text.to_owned();
    for split in [
        |it: &str| it.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>(),
        |it: &str| it.split_inclusive(' ').map(str::to_owned).collect(),
    ] {
        let mut parts: Vec<String> = split(&text);
        let mut size = parts.len().div_ceil(2);
        while 0 < size {
            let mut at = 0;
            while at < parts.len() {
                let mut less = parts.clone();
                less.drain(at..(at + size).min(parts.len()));
                match holds(&less.concat()) {
                    true => parts = less,
                    false => at += size,
                }
            }
            size /= 2;
        }
        text = parts.concat();
    }
    text
}

/// The transform and what the engine says, without what is another in each file.
fn kind(bug: &Bug) -> String {
    let mut said = String::new();
    for word in bug.objection.split_whitespace() {
        let word = word.trim_end_matches(',');
        let is_name =
            word.contains(['/', '.', '=', '$', '#', '(']) || word.parse::<usize>().is_ok();
        said.push_str(if is_name { "…" } else { word });
        said.push(' ');
        // What follows is quoted from the file.
        if is_name && word.starts_with('(') || word == "run" || 24 < said.split(' ').count() {
            break;
        }
    }
    format!("{}: {}", bug.transform, said.trim_end())
}

/// One seed after another, those with more Dockerfiles no more often, until there are as many mutants as asked for.
fn turns(seeds: &[Seed], count: usize) -> Vec<&Seed> {
    let mut left = count;
    let all = seeds.iter().cycle();
    all.take_while(|it| {
        let is_more = 0 < left;
        left = left.saturating_sub(it.dockerfiles.len());
        is_more
    })
    .collect()
}

fn seeds(folder: &Path) -> Vec<Seed> {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.is_dir() && it.file_name().is_some_and(|it| it != ".git"))
        .collect();
    // Folders are listed in no order, and a failure is to be seen again.
    folders.sort();
    let seeds = folders.par_iter().flat_map(|folder| {
        let options = load::Options::default();
        let Ok(loaded) = load::load(&[folder.clone()], &options) else { return Vec::new() };
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let project = loaded.project;
        let dockerfiles: Vec<(RepoPath, String)> =
            project.dockerfiles().map(|it| (it.0.path.clone(), it.0.text.to_string())).collect();
        let is_lone = project.files().all(|it| it.dockerfile().is_some());
        match dockerfiles.is_empty() {
            true => Vec::new(),
            false if is_lone => dockerfiles.into_iter().map(|it| lone(&name, it)).collect(),
            false => vec![Seed { name, project, dockerfiles, is_lone }],
        }
    });
    seeds.collect()
}

/// A Dockerfile with the manifests that it names.
fn lone(name: &str, (path, text): (RepoPath, String)) -> Seed {
    let named = MANIFESTS.iter().filter(|it| text.contains(it.word));
    let files =
        named.flat_map(|it| it.files).map(|(name, text)| (beside(&path, name), (*text).to_owned()));
    let source = ["src/main.py", "app.py", "index.js", "src/index.js", "main.go"];
    let source = source.map(|it| (beside(&path, it), String::new()));
    let files = files.chain(source).chain([(path.clone(), text.clone())]);
    let project = Project::new(files);
    Seed { name: name.to_owned(), project, dockerfiles: vec![(path, text)], is_lone: true }
}

fn beside(path: &RepoPath, name: &str) -> RepoPath {
    path.parent().unwrap_or(RepoPath::root()).join(name).unwrap()
}

/// What a Dockerfile with a word in it is likely to have beside it.
struct Manifests {
    word: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const MANIFESTS: &[Manifests] = &[
    Manifests {
        word: "pip",
        files: &[
            ("requirements.txt", "flask==3.0.0\n-r more.txt\n"),
            ("more.txt", "click\n"),
            ("setup.py", "from setuptools import setup\nsetup(name='a')\n"),
        ],
    },
    Manifests {
        word: "poetry",
        files: &[
            (
                "pyproject.toml",
                "[tool.poetry]\nname = 'a'\nversion = '1'\n[tool.poetry.dependencies]\nlib = {path = 'lib'}\n",
            ),
            (
                "poetry.lock",
                "# This file is automatically @generated by Poetry 1.8.3 and should not be changed by hand.\n",
            ),
            ("lib/pyproject.toml", "[tool.poetry]\nname = 'lib'\nversion = '1'\n"),
        ],
    },
    Manifests {
        word: "uv ",
        files: &[
            ("pyproject.toml", "[project]\nname = 'a'\nversion = '1'\ndependencies = ['six']\n"),
            ("uv.lock", "version = 1\n"),
        ],
    },
    Manifests { word: "npm", files: &[("package.json", "{}"), ("package-lock.json", "{}")] },
    Manifests {
        word: "yarn",
        files: &[("package.json", "{}"), ("yarn.lock", "# yarn lockfile v1\n")],
    },
    Manifests {
        word: "pnpm",
        files: &[("package.json", "{}"), ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")],
    },
    Manifests { word: "go ", files: &[("go.mod", "module a\n\ngo 1.22\n"), ("go.sum", "")] },
];
