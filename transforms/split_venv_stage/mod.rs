#![doc = include_str!("page.md")]

// A Python stage in two: a builder that installs into a virtual environment, and the image that takes that
// over and nothing else of what installing needs.
//
// The old stage becomes the builder where it stands, up to its last install; after it the last stage
// begins, with everything of the old one that is not an install.

mod calls;
mod copied_out;
mod copies;
mod environment;
mod finish;
mod guard;
mod inputs;
mod items;
mod login;
mod loss;
mod programs;
mod role;
mod runtime;
mod source;
mod system;
mod target;
mod usage;

use std::cell::LazyCell;

use crate::{
    context::layers::Layers,
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{
        self, Ecosystem, Manager,
        images::{self, Release},
        python,
        system::apt,
    },
    engine::{Transform, settings::Settings},
    project::{
        Project,
        change::{Alteration, Change, Outcome, Safety},
    },
    run::{Run, Site, parts::STUCK},
    text::Refusal,
};
use environment::Environment;
use items::Fate;
use loss::Loss;
use role::Role;
use runtime::Runtime;
use system::Remains;
use target::{alone, image_of, script_of, seems_target};

/// What is only needed to install stays in a stage of its own.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "absolute-path",
        "alpine",
        "base-image",
        "builds-in-source",
        "compiles-at-runtime",
        "control-flow",
        "copied-out",
        "cron",
        "development",
        "editable-install",
        "exec-form",
        "heredoc",
        "indirect-install",
        "install-elsewhere",
        "late-tool",
        "login-shell",
        "managed-python",
        "manager-at-runtime",
        "manager-script",
        "mixed-install",
        "needs-build-tools",
        "no-command",
        "non-root-user",
        "not-posix-shell",
        "not-python-image",
        "numbered-target",
        "old-python",
        "other-manager",
        "other-work",
        "path-override",
        "removes-packages",
        "several-environments",
        "shared-packages",
        "stage-names",
        "unknown-caller",
        "unknown-environment",
        "unknown-script",
        "unreadable-shell",
    ],
    options: None,
    run,
};

const NAME: &str = "split-venv-stage";

fn run(project: &Project, _: &Settings) -> Outcome {
    let is_python = |it: &Manager| it.ecosystem == Ecosystem::Python;
    project.each_dockerfile_of(is_python, |project, file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let separation = Separation::of(project, &site);
        let change = separation.and_then(|it| it.map(|it| it.change()).transpose());
        let mut outcome = Outcome::default();
        match change {
            Ok(change) => outcome.changes.extend(change),
            Err((item, why)) => outcome.declines.push(site.decline(NAME, item, why)),
        }
        outcome
    })
}

/// A decline's code and reason, and the item that it is about.
pub type Stop = (usize, Refusal);

/// A stage that installs, and how it is split.
pub struct Separation<'a> {
    project: &'a Project,
    site: &'a Site<'a>,
    stage: &'a Stage<'a>,
    /// Its RUNs, with what their commands are.
    runs: Vec<Step<'a>>,
    /// The first item that needs the environment.
    first: usize,
    /// The last item of the builder.
    last: usize,
    environment: Environment,
    loss: Loss,
}

/// A RUN of the stage.
struct Step<'a> {
    run: Run<'a>,
    roles: Vec<Role>,
    /// What of it the last stage does, when it stands in the builder.
    remains: Remains,
    /// The folders that the Dockerfile put on PATH before it, as far as they are known.
    path: Vec<String>,
    /// The keys of the settings that put environments beside manifests, as far as the RUNs up to its end make them.
    preferences: Vec<&'static str>,
}

impl Step<'_> {
    fn has(&self, any: impl Fn(&Role) -> bool) -> bool {
        self.roles.iter().any(any)
    }
}

impl<'a> Separation<'a> {
    /// How the last stage of a Dockerfile is split; `None` if the stage installs nothing, or if splitting it would
    /// not make the image smaller.
    ///
    /// # Errors
    /// Where it looks like one, why it is left alone.
    pub fn of(project: &'a Project, site: &'a Site<'a>) -> Result<Option<Self>, Stop> {
        let Some(stage) = site.stages.last() else { return Ok(None) };
        let image = images::named(image_of(stage));
        let is_python = image.is_python();
        // Other images have Pythons and packages of their own, and most are no targets at all.
        let all = || stage.instructions().filter(|it| it.2.keyword == Keyword::Run);
        let from_manifests = |it: &Instruction| {
            ecosystems::seems_to_install_from_manifests(&it.logical.text, |it| {
                it.ecosystem == Ecosystem::Python
            })
        };
        if !is_python && !all().any(|it| from_manifests(it.2)) {
            return Ok(None);
        }
        let mut trouble: Option<Stop> = None;
        let mut runs = Vec::new();
        for (item, _, _) in all() {
            let read = site.run(stage, item).and_then(|run| Ok((role::roles(&run)?, run)));
            match read {
                Ok((roles, run)) => {
                    let before = runs.last().map_or(&[][..], |it: &Step<'_>| &it.preferences);
                    let preferences = before.iter().copied().chain(preferences(&run)).collect();
                    let path = environment::path(site, stage, item);
                    runs.push(Step { run, roles, remains: Remains::default(), path, preferences });
                }
                Err(why) => trouble = trouble.or(Some((item, why))),
            }
        }
        let installs = |it: &&Step<'_>| it.has(|it| matches!(it, Role::Install));
        let builds = |it: &&Step<'_>| it.has(|it| it.is_of_packages() || *it == Role::SystemRemove);
        let first_install = runs.iter().find(installs).map(|it| it.run.item);
        let last = runs.iter().rev().find(builds).map(|it| it.run.item);
        let (Some(install), Some(last)) = (first_install, last) else {
            // Only what cannot be read may install.
            let target =
                is_python && trouble.as_ref().is_some_and(|it| seems_target(site, stage, it.0));
            let hidden = || {
                let run = runs.iter().find_map(|it| guard::hidden_install(&it.run))?;
                Some(run).filter(|it| is_python && seems_target(site, stage, it.0))
            };
            return trouble.filter(|_| target).or_else(hidden).map_or(Ok(None), Err);
        };
        if is_python && let Some(stop) = guard::alpine(&runs) {
            return Err(stop);
        }
        if !is_python && !runs.iter().any(|it| from_manifests(it.run.instruction)) {
            return Ok(None);
        }
        let mut loss = Loss::default();
        let release = image.release().unwrap_or(Release::ANY);
        // Most stages are no targets, so what takes long is found out when it is asked for.
        let context = LazyCell::new(|| Layers::context(project, site.path).ok());
        let tools = LazyCell::new(|| calls::idle_tools(project, site, context.as_ref()));
        let whole = site.dockerfile.text_of(stage.from..stage.end);
        let parallel = LazyCell::new(|| {
            let manifests = copies::manifests(project, stage, context.as_ref());
            manifests.iter().any(|it| python::needs_openmp(it)) || python::needs_openmp(whole)
        });
        let role = |package: &str| match apt::role(package, release) {
            apt::Role::BuildOnly => match apt::brings(package).filter(|_| *parallel) {
                Some(it) => apt::Role::Runtime(vec![it.to_owned()]),
                None => apt::Role::BuildOnly,
            },
            // The image's Python is another one.
            apt::Role::Both if apt::is_python(package) && !whole.contains("/usr/bin/python") => {
                apt::Role::BuildOnly
            }
            apt::Role::Both if tools.contains(&package) => apt::Role::BuildOnly,
            it => it,
        };
        for step in runs.iter_mut().filter(|it| it.run.item <= last) {
            let text = site.dockerfile.text(step.run.item);
            step.remains = system::remains(&step.run, &step.roles, text, &role);
            // What its own RUN takes away again is not in the image.
            if !step.has(|it| *it == Role::SystemRemove) {
                // What the image itself brings stays.
                let gone = step.remains.gone.iter().filter(|it| !image.has_package(it));
                loss.packages.extend(gone.cloned());
            }
            for role in &step.roles {
                if let Role::Tool(it) = role {
                    loss.tools.push(*it);
                }
            }
        }
        trouble = trouble.or_else(|| removes_others(&runs, last));
        loss.tools.extend(copies::of_tools(stage).map(|it| it.1));
        loss.packages.sort();
        loss.packages.dedup();
        loss.tools.dedup();
        let target =
            !loss.is_small() || trouble.as_ref().is_some_and(|it| seems_target(site, stage, it.0));
        if !target {
            return Ok(None);
        }
        if is_python
            && !loss.compiles()
            && let Some(stop) = guard::repeated_packages(&runs, last)
        {
            return Err(stop);
        }
        if !is_python {
            let reason = match image_of(stage) {
                "" => "the last stage is built on another stage of the file".to_owned(),
                image => format!(
                    "{image} is not an official Python image and may contain packages of its own"
                ),
            };
            return Err((stage.from, Refusal::new("not-python-image", reason)));
        }
        for step in runs.iter_mut().filter(|it| it.run.item <= last) {
            let (item, escape) = (step.run.item, site.dockerfile.escape);
            if step.remains.write(site.dockerfile.text(item), escape).is_none() {
                let stuck = || (item, Refusal::new("control-flow", STUCK));
                trouble = trouble.or_else(|| Some(stuck()));
            }
        }
        if let Some(stop) = trouble {
            return Err(stop);
        }
        let has_tool = runs
            .iter()
            .any(|it| it.run.item <= install && it.has(|it| matches!(it, Role::Tool(_))));
        let begins = |it: &Role| {
            matches!(it, Role::Install | Role::Create(_)) || (*it == Role::Upgrade && !has_tool)
        };
        let first = runs.iter().find(|it| it.has(begins)).map_or(install, |it| it.run.item);
        let environment = Environment::of(&runs)?;
        let mut separation = Self { project, site, stage, runs, first, last, environment, loss };
        separation.check(&image)?;
        if let Some(stop) = copies::of_environment(&separation) {
            return Err(stop);
        }
        inputs::settle(&mut separation, context.as_ref())?;
        Ok(Some(separation))
    }

    /// The image as things start in it.
    fn runtime(&self) -> Runtime<'_> {
        let context = Layers::context(self.project, self.site.path).ok();
        let manifests = copies::manifests(self.project, self.stage, context.as_ref());
        let range = self.stage.from..self.stage.end;
        Runtime {
            project: self.project,
            manifests,
            context,
            loss: &self.loss,
            environment: self.environment.folder.as_str(),
            stage: self.site.dockerfile.text_of(range),
        }
    }

    /// The change that takes the stage apart.
    ///
    /// # Errors
    /// Where, and why it cannot be made.
    pub fn change(&self) -> Result<Change, Stop> {
        let runtime = self.runtime();
        let at_stage = |why| (self.stage.from, why);
        self.loss.compiles_later(&runtime.manifests).map_err(at_stage)?;
        loss::command(self)?;
        login::of_stage(self.stage).map_or(Ok(()), Err)?;
        let python = images::named(image_of(self.stage)).python();
        loss::setuptools(self, python, &runtime.manifests)?;
        if let Some(it) = self.project.unread_caller(self.site.path) {
            return Err(at_stage(Refusal::new("unknown-caller", it.reason())));
        }
        if let Some(it) = self.project.build_upon(self.site.path) {
            return Err(at_stage(Refusal::new("base-image", it.reason())));
        }
        runtime.services(self.project.runs(self.site.path)).map_err(at_stage)?;
        runtime.executions(self.site.path).map_err(at_stage)?;
        runtime.elsewhere(self.site.path).map_err(at_stage)?;
        copied_out::check(self, &runtime).map_err(at_stage)?;
        runtime.recipes(self.stage)?;
        source::check(self, &runtime).map_err(at_stage)?;
        environment::check(self, &runtime)?;
        let fates: Vec<(usize, Fate)> = items::fates(self, &runtime)?;
        let finish = finish::edits(self, &runtime, &fates)?;
        let title = match self.environment.is_new {
            true => "Install into a virtual environment in a stage of its own".to_owned(),
            false => format!("Install {} in a stage of its own", self.environment.folder),
        };
        let mut change = self.site.change(
            self.stage.from,
            Safety::Review,
            title,
            loss::reason(self),
            finish.edits,
        );
        change.alters = finish.alters;
        change.alters.push(Alteration::Split { environment: self.environment.folder.clone() });
        Ok(change)
    }
}

/// Whether a command is a manager's, which installs into the environment.
fn is_by_manager(step: &Step<'_>, command: usize) -> bool {
    step.run.call_of(command).is_some_and(|it| ecosystems::manager(&it.call).is_some())
}

/// A RUN that removes packages which the last stage would still have.
fn removes_others(runs: &[Step<'_>], last: usize) -> Option<Stop> {
    let builder = || runs.iter().filter(|it| it.run.item <= last);
    let gone: Vec<&String> = builder().flat_map(|it| &it.remains.gone).collect();
    builder().find_map(|step| {
        let removes = (0..step.roles.len()).filter(|it| step.roles[*it] == Role::SystemRemove);
        let mut names = removes.flat_map(|it| system::removed(&step.run, it));
        let other = names.find(|it| it.as_ref().is_none_or(|it| !gone.contains(&it)))?;
        let other = other.as_deref().unwrap_or("packages");
        let reason = format!("it removes {other}, which is not known to be there to build");
        Some((step.run.item, Refusal::new("removes-packages", reason)))
    })
}

/// The keys of the settings by which a RUN puts environments beside manifests.
fn preferences<'r>(run: &'r Run<'_>) -> impl Iterator<Item = &'static str> + 'r {
    run.calls().iter().filter_map(|site| {
        let manager = ecosystems::manager(&site.call)?;
        let beside = manager.environments.as_ref()?.own.as_ref()?.beside.as_ref()?;
        beside.is_made_by(&manager.grammar, &site.call).then_some(beside.key)
    })
}
