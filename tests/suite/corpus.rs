//! The whole run on thousands of real Dockerfiles and more than a hundred real projects: what must never
//! happen, counted, and what does happen, printed.

use crate::{places, support};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use crate::support::{figures::Figures, properties::comments};
use refit::{
    dockerfile::{Dockerfile, Keyword, stage::Stage},
    ecosystems::images::stages,
    engine::plan::{Options, Plan, codes, plan},
    project::{
        Project,
        change::{Alteration, Safety},
    },
    text::RepoPath,
    transforms::recipe,
};

#[test]
fn real_dockerfiles_come_out_sound() {
    let Some(files) = support::dockerfiles() else { return };
    let project = Project::new(files);
    assert_eq!(project.files().filter(|it| it.dockerfile().is_some()).count(), 5233);
    let python: BTreeSet<String> = project
        .files()
        .filter(|it| support::is_python(&it.text))
        .map(|it| it.path.to_string())
        .collect();
    let done = check("dockerfiles", project);
    let mut figures = Figures::default();
    figures.count(python.iter().cloned());
    figures.add(&done, |it| python.get(it.as_str()).cloned());
    figures.print("Python Dockerfiles");
}

#[test]
fn real_projects_come_out_sound() {
    let Some(projects) = support::projects() else { return };
    assert_eq!(projects.len(), 116);
    let (mut all, mut python) = (Figures::default(), Figures::default());
    for (name, files) in projects {
        let project = Project::new(files);
        let is_python = project.dockerfiles().any(|it| support::is_python(&it.0.text));
        let done = check(&name, project);
        all.count([name.clone()]);
        all.add(&done, |_| Some(name.clone()));
        if is_python {
            // By file: one project may have many services.
            let path = |it: &RepoPath| Some(format!("{name}/{it}"));
            let dockerfiles = done.before.dockerfiles().map(|it| &it.0.path);
            python.count(dockerfiles.filter_map(path));
            python.add(&done, path);
        }
    }
    all.print("projects");
    python.print("Dockerfiles of Python projects");
}

/// Plans a project twice and asserts what must hold of each file.
fn check(name: &str, project: Project) -> Plan {
    let transforms: Vec<_> = recipe::find("audit").unwrap().transforms().copied().collect();
    let started = Instant::now();
    let done = plan(project, &transforms, &Options::default());
    let seconds = started.elapsed().as_secs_f64();
    let bugs: Vec<_> = done.declines.iter().filter(|it| it.why.code == codes::ENGINE).collect();
    assert!(bugs.is_empty(), "{name}: the engine objected: {bugs:#?}");
    places::check(name, &done);
    let again = plan(done.after().clone(), &transforms, &Options::default());
    let more: Vec<_> = again.changes().map(|it| format!("{} {}", it.1.place, it.1.title)).collect();
    assert!(more.is_empty(), "{name}: a second run changes more: {more:#?}");
    for (file, before) in done.before.dockerfiles() {
        // What is part of another file now, the engine has compared with it.
        let Some(after) = done.after().file(file.path.as_str()) else { continue };
        let after = after.dockerfile().unwrap();
        assert!(after.errors.is_empty(), "{name}: {}: {:?}", file.path, after.errors);
        let lost = comments(before)
            .into_iter()
            .filter(|(text, count)| comments(after).get(text).copied().unwrap_or(0) < *count);
        assert_eq!(lost.collect::<Vec<_>>(), [], "{name}: {}: comments lost", file.path);
        let changes = done.changes().filter(|it| it.1.files.contains_key(&file.path));
        let altered = changes.flat_map(|it| &it.1.alters).filter_map(|it| match it {
            Alteration::Config(keyword) => Some(*keyword),
            _ => None,
        });
        let altered: Vec<Keyword> = altered.collect();
        let (old, new) = (config(before, &altered), config(after, &altered));
        assert_eq!(old, new, "{name}: {}: config differs", file.path);
        // A user is only ever added: by its number, and where nobody was named.
        let (was, is) = (users(before), users(after));
        let number = |it: &String| it.split(':').all(|it| it.parse::<u32>().is_ok_and(|it| it > 0));
        let added = was.is_empty() && is.len() == 1 && is.iter().all(number);
        assert!(was == is || added, "{name}: {}: {is:?} instead of {was:?}", file.path);
    }
    report(name, &done, seconds);
    done
}

/// The users that the last stage and those below it name, in order.
fn users(dockerfile: &Dockerfile) -> Vec<String> {
    let stages = stages(dockerfile);
    let last = stages.last().map(|it| it.lineage(&stages)).unwrap_or_default();
    let last = last.iter().flat_map(Stage::instructions);
    last.filter(|it| it.2.keyword == Keyword::User).map(|it| it.2.text().to_owned()).collect()
}

/// What the last stage and those below it leave in the image's configuration, but for what is altered.
fn config(dockerfile: &Dockerfile, altered: &[Keyword]) -> BTreeMap<Keyword, Vec<String>> {
    use Keyword::{Cmd, Entrypoint, Expose, Healthcheck, Label, User, Volume, Workdir};
    let stages = stages(dockerfile);
    let Some(last) = stages.last() else { return BTreeMap::new() };
    let mut config: BTreeMap<Keyword, Vec<String>> = BTreeMap::new();
    for (_, _, it) in last.lineage(&stages).iter().flat_map(Stage::instructions) {
        let text = it.logical.text.trim().to_owned();
        match it.keyword {
            Cmd | Entrypoint | Healthcheck | User => _ = config.insert(it.keyword, vec![text]),
            Expose | Label | Volume => config.entry(it.keyword).or_default().push(text),
            _ => {}
        }
    }
    let end = last.state_before(last.end);
    config.insert(Workdir, end.workdir.iter().map(ToString::to_string).collect());
    config.retain(|keyword, _| !altered.contains(keyword));
    config
}

fn report(name: &str, plan: &Plan, seconds: f64) {
    let files: BTreeSet<_> = plan.changes().flat_map(|it| it.1.files.keys()).collect();
    let safe = plan.changes().filter(|it| it.1.safety == Safety::Safe).count();
    let mut declines: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for it in &plan.declines {
        *declines.entry((it.transform, it.why.code)).or_default() += 1;
    }
    let all = plan.changes().count();
    println!(
        "{name}: {} files changed by {all} changes ({safe} safe) in {seconds:.2} s",
        files.len()
    );
    for ((transform, code), count) in declines {
        println!("  {transform} [{code}] {count}");
    }
}
