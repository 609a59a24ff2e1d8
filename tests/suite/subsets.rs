//! Any part of the catalogue, on any project: it comes to an end, breaks nothing, and is at home with
//! what another part has done before.
//!
//! A part of the subsets is tried on each project, another one on each, so that all have their turn;
//! `SUBSETS=all` tries every subset on every project, and after each subset of it that lacks one transform.

use crate::support;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env,
    time::Instant,
};

use refit::{
    callers::Build,
    ecosystems::images::stages,
    engine::{
        Transform,
        plan::{Options, Plan, codes, plan},
    },
    project::{
        Project,
        change::{Alteration, Composed},
    },
    text::RepoPath,
    transforms,
};

/// The lone Dockerfiles are looked at in projects of this size, of which one in so many is.
const CHUNK: usize = 10;
const ONE_IN: usize = 8;

/// A subset of the catalogue: a bit for each transform.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Subset(usize);

impl Subset {
    /// All but the empty one, those that lack the fewest last.
    fn all() -> Vec<Self> {
        (1..1 << transforms::ALL.len()).map(Self).collect()
    }

    /// One after another, all of them, neighbours with little in common.
    fn nth(at: usize) -> Self {
        let all = Self::all();
        // A stride without a common factor meets all of them: there are 2ⁿ - 1, so that 2ⁿ⁻¹ - 1 has none.
        let stride = all.len() / 2;
        all[(at + 1) * stride.max(1) % all.len()]
    }

    fn transforms(self) -> Vec<Transform> {
        let all = transforms::ALL.iter().enumerate();
        all.filter(|it| self.0 & (1 << it.0) != 0).map(|it| *it.1).collect()
    }

    /// The subsets that lack one of its transforms, but for the empty one.
    fn lesser(self) -> impl Iterator<Item = Self> {
        let bits = (0..transforms::ALL.len()).map(|it| 1 << it);
        bits.filter(move |it| self.0 & it != 0)
            .map(move |it| Self(self.0 & !it))
            .filter(|it| it.0 != 0)
    }

    fn names(self) -> String {
        self.transforms().iter().map(|it| it.name).collect::<Vec<_>>().join("+")
    }
}

/// What was tried.
#[derive(Default)]
struct Tally {
    subsets: BTreeSet<String>,
    runs: usize,
    pairs: usize,
    /// Pairs that came out other than the greater subset alone, if only in blanks and line ends.
    layout: usize,
    /// Pairs that came out other than that in words.
    different: usize,
    changes: usize,
}

#[test]
fn the_example_takes_every_subset() {
    let mut tally = Tally::default();
    try_all(&Project::new(support::example("assistants")), "assistants", &mut tally);
    tally.print("the example");
    assert_eq!(tally.subsets.len(), Subset::all().len());
    assert!(tally.changes >= Subset::all().len(), "hardly anything was changed");
}

#[test]
fn what_is_broken_is_seen() {
    let project = |files: &[(&str, &str)]| {
        let file = |it: &(&str, &str)| (RepoPath::new(it.0).unwrap(), it.1.to_owned());
        Project::new(files.iter().map(file))
    };
    let compose = "services:\n  web:\n    build:\n      context: .\n      target: web\n";
    let sound = ("Dockerfile", "FROM python AS web\n");
    let before = project(&[sound, ("compose.yaml", compose)]);
    let none = BTreeMap::new();
    assert_eq!(broken(&before, &before, &none), [""; 0]);
    let count = |files: &[(&str, &str)]| broken(&before, &project(files), &none).len();
    assert_eq!(count(&[("compose.yaml", compose)]), 1, "no Dockerfile");
    assert_eq!(
        count(&[("Dockerfile", "FROM python\n"), ("compose.yaml", compose)]),
        1,
        "no target"
    );
    assert_eq!(count(&[sound, ("compose.yaml", "services: {}\n")]), 1, "no build");
    assert_eq!(
        count(&[("Dockerfile", "FROM python AS web\nRUNN x\n"), ("compose.yaml", compose)]),
        1
    );
    let wrong = project(&[("Dockerfile", "FROM python\n"), ("compose.yaml", compose)]);
    assert_eq!(broken(&wrong, &wrong, &none), [""; 0], "it was so before");
}

#[test]
fn real_projects_take_subsets() {
    let Some(projects) = support::projects() else { return };
    let python = |files: &Vec<(RepoPath, String)>| {
        Project::new(files.clone()).dockerfiles().any(|it| support::is_python(&it.0.text))
    };
    try_each(projects.into_iter().filter(|it| python(&it.1)), "projects");
}

#[test]
fn real_dockerfiles_take_subsets() {
    let Some(mut files) = support::dockerfiles() else { return };
    files.retain(|it| support::is_python(&it.1));
    let every = if everything() { 1 } else { ONE_IN };
    let chunks = files.chunks(CHUNK).step_by(every);
    try_each(chunks.map(|it| (it[0].0.to_string(), it.to_vec())), "folders of lone Dockerfiles");
}

fn everything() -> bool {
    env::var("SUBSETS").is_ok_and(|it| it == "all")
}

fn try_each(projects: impl Iterator<Item = (String, Vec<(RepoPath, String)>)>, what: &str) {
    let mut tally = Tally::default();
    let mut count = 0;
    let started = Instant::now();
    for (at, (name, files)) in projects.enumerate() {
        count += 1;
        let project = Project::new(files);
        if everything() {
            try_all(&project, &name, &mut tally);
            continue;
        }
        let greater = Subset::nth(at);
        let mut results = HashMap::new();
        alone(&project, &name, greater, &mut results, &mut tally);
        let lesser: Vec<_> = greater.lesser().collect();
        if let Some(lesser) = lesser.get(at % lesser.len().max(1)) {
            alone(&project, &name, *lesser, &mut results, &mut tally);
            after(&name, *lesser, greater, &results, &mut tally);
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    tally.print(&format!("{count} {what} in {seconds:.1} s"));
    assert!(tally.changes > 0 && tally.subsets.len() >= Subset::all().len().min(count));
}

/// Every subset, and each after those that lack one of its transforms: after one of them, unless all are
/// asked for.
fn try_all(project: &Project, name: &str, tally: &mut Tally) {
    let mut results = HashMap::new();
    for (at, greater) in Subset::all().into_iter().enumerate() {
        alone(project, name, greater, &mut results, tally);
        let lesser: Vec<Subset> = greater.lesser().collect();
        let every = if everything() { 1 } else { lesser.len().max(1) };
        for lesser in lesser.iter().skip(at % every).step_by(every) {
            after(name, *lesser, greater, &results, tally);
        }
    }
}

/// Plans a subset on a project, once, and checks what comes out.
fn alone(
    project: &Project,
    name: &str,
    subset: Subset,
    results: &mut HashMap<Subset, Plan>,
    tally: &mut Tally,
) {
    if results.contains_key(&subset) {
        return;
    }
    let done = sound(project.clone(), subset, &format!("{name}: {}", subset.names()));
    tally.subsets.insert(subset.names());
    tally.runs += 1;
    tally.changes += done.changes().count();
    results.insert(subset, done);
}

/// Plans a greater subset on what a lesser one left, and checks what comes out.
fn after(
    name: &str,
    lesser: Subset,
    greater: Subset,
    results: &HashMap<Subset, Plan>,
    tally: &mut Tally,
) {
    let what = format!("{name}: {}, then {}", lesser.names(), greater.names());
    tally.pairs += 1;
    if results[&lesser].steps.is_empty() {
        return;
    }
    let done = sound(again(&results[&lesser]), greater, &what);
    let (left, right) = (texts(done.after()), texts(results[&greater].after()));
    tally.layout += usize::from(left != right);
    if words(&left) != words(&right) {
        println!("comes out other than at once: {what}");
        tally.different += 1;
    }
}

/// Plans a subset and asserts what must hold of any.
fn sound(project: Project, subset: Subset, what: &str) -> Plan {
    let transforms = subset.transforms();
    let done = plan(project, &transforms, &Options::default());
    let bugs: Vec<_> = done.declines.iter().filter(|it| it.why.code == codes::ENGINE).collect();
    assert!(bugs.is_empty(), "{what}: the engine objected: {bugs:#?}");
    if done.steps.is_empty() {
        return done;
    }
    let more = plan(again(&done), &transforms, &Options::default());
    let more: Vec<_> = more.changes().map(|it| format!("{} {}", it.1.place, it.1.title)).collect();
    assert!(more.is_empty(), "{what}: a second run changes more: {more:#?}");
    let broken = broken(&done.before, done.after(), &shared(&done));
    assert!(broken.is_empty(), "{what}: {broken:#?}");
    done
}

/// What a plan left, read anew: nothing that was found out on the way is known.
fn again(plan: &Plan) -> Project {
    let files = texts(plan.after());
    files.into_iter().fold(plan.after().clone(), |it, (path, text)| it.with_text(&path, text))
}

fn texts(project: &Project) -> BTreeMap<RepoPath, String> {
    project.files().map(|it| (it.path.clone(), it.text.to_string())).collect()
}

/// What texts say, however it is laid out.
fn words(texts: &BTreeMap<RepoPath, String>) -> Vec<(&RepoPath, Vec<&str>)> {
    let words = |it: &str| it != "\\";
    let each = texts.iter();
    each.map(|(path, it)| (path, it.split_whitespace().filter(|it| words(it)).collect())).collect()
}

/// How many services of each file run what another one builds now, and no longer build the same.
fn shared(plan: &Plan) -> BTreeMap<RepoPath, usize> {
    let mut shared = BTreeMap::new();
    for (_, change) in plan.changes() {
        let is_shared =
            |it: &&Alteration| matches!(it, Alteration::Composed(Composed::Shares { .. }));
        let number = change.alters.iter().filter(is_shared).count();
        *shared.entry(change.place.path.clone()).or_default() += number;
    }
    shared
}

/// What is broken in a project that was not before: Dockerfiles, and builds of them but for those that are shared.
fn broken(before: &Project, after: &Project, shared: &BTreeMap<RepoPath, usize>) -> Vec<String> {
    let mut broken = Vec::new();
    let errors = |project: &Project, path: &RepoPath| -> Vec<String> {
        let dockerfile = project.file(path.as_str()).and_then(|it| it.dockerfile());
        let errors = dockerfile.map(|it| it.errors.iter().map(|it| it.message.clone()).collect());
        errors.unwrap_or_default()
    };
    for file in after.files() {
        let old = errors(before, &file.path);
        let new = errors(after, &file.path).into_iter().filter(|it| !old.contains(it));
        broken.extend(new.map(|it| format!("{}: {it}", file.path)));
        let count = |it: &Project| it.file(file.path.as_str()).map(|it| it.callers().builds.len());
        let now = count(after).map(|it| it + shared.get(&file.path).unwrap_or(&0));
        if count(before).is_some_and(|old| Some(old) != now) {
            broken.push(format!(
                "{} names {:?} builds, not {:?}",
                file.path,
                count(after),
                count(before)
            ));
        }
    }
    for build in builds(after).filter(|it| !exists(after, it)) {
        let same = |old: &&Build| {
            old.place.path == build.place.path
                && old.dockerfile == build.dockerfile
                && old.target == build.target
        };
        if !builds(before).filter(same).any(|it| !exists(before, it)) {
            let Build { place, dockerfile, target, .. } = build;
            broken.push(format!("{place}: builds {dockerfile} {target:?}, which is not there"));
        }
    }
    broken
}

fn builds(project: &Project) -> impl Iterator<Item = &Build> {
    project.files().flat_map(|it| &it.callers().builds)
}

/// Whether the Dockerfile and the target that a build names are there.
fn exists(project: &Project, build: &Build) -> bool {
    let Some(file) = project.file(build.dockerfile.as_str()) else { return false };
    let Some(target) = &build.target else { return true };
    file.dockerfile().is_some_and(|dockerfile| {
        let stages = stages(dockerfile);
        let number = target.parse::<usize>().is_ok_and(|it| it < stages.len());
        number || stages.iter().any(|it| it.name.is_some_and(|it| it.eq_ignore_ascii_case(target)))
    })
}

impl Tally {
    fn print(&self, what: &str) {
        println!(
            "{what}: {} subsets, {} runs, {} changes; {} pairs in order, {} of which come out other than at once, {} of these not only in layout",
            self.subsets.len(),
            self.runs,
            self.changes,
            self.pairs,
            self.layout,
            self.different
        );
    }
}
