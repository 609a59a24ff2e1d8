//! Who reads clutter all the same: steps of the Dockerfiles, services, source, settings.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashSet},
};

use super::{
    found::{Found, name, parent},
    group::{Group, Taker},
    lines,
    named::{Named, is_command},
    outputs, packages, tested,
    texts::Texts,
};
use crate::{
    callers::{self, Kind, service::Given},
    context::{dockerignore::Dockerignore, is_whole},
    dockerfile::stage::Stage,
    ecosystems::{
        clutter::{self, Class, Clutter},
        history::{self, Asks},
        images::{self, Family},
    },
    project::{Project, change::Safety, tree},
    run::Site,
    text::{Refusal, RepoPath, tails, words},
};

/// Whether something may go.
pub(super) enum Verdict {
    /// It may, this surely.
    Goes(Safety),
    /// It stays, and there is nothing to say.
    Stays,
    /// This stays for a reason that its owner should know.
    Kept(String, Refusal),
}

/// What reads the context of a group.
pub(super) struct Readers<'a> {
    pub(super) project: &'a Project,
    pub(super) group: &'a Group<'a>,
    named: OnceCell<Named>,
    /// The words of all commands, without folders.
    called: OnceCell<HashSet<&'a str>>,
    /// Whether tests run while an image of the group is built, or as what it starts.
    tested: OnceCell<bool>,
}

/// Whether tests run in containers of the project, as far as its callers tell.
struct RunsTests(bool);

/// Whether git may be in the image of a stage: official images of Alpine come without it, so that a RUN has to install
/// it.
///
/// hub.docker.com/_/golang: "golang:<version>-alpine".
fn may_have_git(site: &Site<'_>, stage: &Stage<'_>, item: usize) -> bool {
    let state = stage.state_before(item);
    let image = state.image.as_deref().map(images::named);
    let is_without = image.is_some_and(|it| it.is_official() && it.family() == Family::Alpine);
    let is_installed =
        || stage.lineage(&site.stages).iter().any(|it| site.runs(it, &["git"]).next().is_some());
    !is_without || is_installed()
}

impl<'a> Readers<'a> {
    /// What reads the context of a group.
    pub(super) fn new(project: &'a Project, group: &'a Group<'a>) -> Self {
        let (named, called, tested) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { project, group, named, called, tested }
    }

    /// Takes the places out of what was found that are read, and says whether the rest may go.
    pub(super) fn judge(&self, found: &mut Found) -> Verdict {
        let all: BTreeSet<String> = found.places().map(str::to_owned).collect();
        let verdict = self.look(found);
        let rest: BTreeSet<String> = found.places().map(str::to_owned).collect();
        found.kept.extend(all.difference(&rest).cloned());
        match verdict {
            Verdict::Goes(_) if lines::patterns(found).is_empty() => Verdict::Stays,
            _ => verdict,
        }
    }

    fn look(&self, found: &mut Found) -> Verdict {
        let class = found.row.class;
        found.there.retain(|it| !self.is_named(class, it));
        found.expected.retain(|it| !self.is_named(class, it));
        if found.places().next().is_none() {
            return Verdict::Stays;
        }
        match class {
            Class::VersionControl => self.history(),
            Class::Packages => packages::judge(self, found),
            Class::Environments => {
                // Without a command that fills it, what is started there comes from the context.
                let starts = |it: &Taker<'_>| {
                    it.words(self.project).iter().any(|word| {
                        tails(word).any(|it| it.split('/').next() == Some(found.row.name))
                    })
                };
                let is_filled = |it: &Taker<'_>| !it.file.managers().is_empty();
                let is_needed = self.group.all().any(|it| starts(it) && !is_filled(it));
                if is_needed { Verdict::Stays } else { Verdict::Goes(Safety::Safe) }
            }
            Class::Outputs => outputs::judge(self, found),
            _ if class.is_local() => Verdict::Goes(Safety::Safe),
            Class::Secrets => self.secrets(found),
            Class::Tests if self.runs_tests() => Verdict::Stays,
            _ if *self.tested.get_or_init(|| tested::runs_tests(self)) => Verdict::Stays,
            _ => {
                let texts = self.texts();
                if !texts.is_complete {
                    return Verdict::Stays;
                }
                let reads = |path: &str| self.reads_unasked(found.row, path);
                let stays = |path: &str| reads(path) || texts.mention(self.project, path).is_some();
                let stay: Vec<bool> = found.there.iter().map(|it| stays(it)).collect();
                let mut stay = stay.into_iter();
                found.there.retain(|_| !stay.next().unwrap_or(true));
                match found.there.is_empty() {
                    true => Verdict::Stays,
                    false => Verdict::Goes(Safety::Review),
                }
            }
        }
    }

    /// Returns true if something reads it where it lies, without being told.
    fn reads_unasked(&self, row: &Clutter, path: &str) -> bool {
        let called = self.called.get_or_init(|| {
            let words = self.group.all().flat_map(|it| it.words(self.project));
            words.map(|it| name(it)).collect()
        });
        if row.read_by.iter().any(|it| called.contains(it)) {
            return true;
        }
        let tree = self.project.tree();
        let Some(folder) =
            self.group.folder.join(parent(path)).filter(|_| !row.read_with.is_empty())
        else {
            return false;
        };
        let manifests = tree.children(&folder);
        let manifests = manifests.filter(|it| clutter::begins_project(it.file_name()));
        let mut beside = manifests.filter_map(|it| self.project.source(&it));
        beside.any(|file| row.read_with.iter().any(|it| file.text.contains(it)))
    }

    /// The texts of the context.
    pub(super) fn texts(&self) -> &'a Texts {
        Texts::of(self.project, &self.group.folder)
    }

    /// Returns true if a step names a path of the context: as a source, or, unless tools make such things again, in a
    /// command.
    fn is_named(&self, class: Class, path: &str) -> bool {
        let named = self.named.get_or_init(|| Named::of(self.project, self.group));
        named.is_source(path) || (!class.is_local() && named.is_word(path))
    }

    /// A path that a pattern would exclude and that a step names.
    pub(super) fn read_of(&self, pattern: &str) -> Option<String> {
        let rules = Dockerignore::of_flags([pattern]);
        let folder = &self.group.folder;
        let sources = self.group.all().flat_map(|it| it.takes.iter()).map(|it| it.source.as_str());
        let sources = sources.filter(|it| !is_whole(it)).flat_map(|it| {
            let found = tree::sources(self.project.tree(), folder, it);
            found.into_iter().filter_map(|it| it.strip_prefix(folder).map(str::to_owned))
        });
        let words = self.group.all().flat_map(|it| it.words(self.project));
        let is_there = |it: &str| folder.join(it).is_some_and(|it| self.project.tree().exists(&it));
        let words = words.flat_map(|it| tails(it).map(str::to_owned).collect::<Vec<_>>());
        let words = words.filter(|it| !it.is_empty() && is_there(it));
        sources.chain(words).find(|it| rules.excludes(it))
    }

    /// Returns true if a service that runs a Dockerfile starts such a program.
    pub(super) fn is_started_by(&self, dockerfile: &RepoPath, uses: impl Fn(&str) -> bool) -> bool {
        let services = self.project.services(dockerfile).iter();
        let given = services.flat_map(|it| [&it.1.command, &it.1.entrypoint]).flatten();
        given.map(Given::text).any(|it| it.split_whitespace().any(&uses))
    }

    /// Whether the history may go: not if something asks for it, and with a look at it if it is stamped on what is
    /// built.
    fn history(&self) -> Verdict {
        let mut safety = Safety::Safe;
        let is_script =
            |it: &str| it.ends_with(".sh") || matches!(name(it), "make" | "just" | "task");
        let mut may_stamp = false;
        for taker in self.group.all() {
            let site = Site::new(&taker.file.path, taker.dockerfile);
            for stage in &site.stages {
                let texts = stage.instructions().filter(|it| is_command(it.2));
                if texts.into_iter().any(|it| history::asked_in(it.2.text()).is_some()) {
                    return Verdict::Stays;
                }
                for item in site.runs(stage, &[""]) {
                    let starts = words(site.dockerfile.text(item)).any(is_script);
                    may_stamp |= starts && may_have_git(&site, stage, item);
                    let Ok(run) = site.run(stage, item) else {
                        continue;
                    };
                    for call in run.calls() {
                        match history::asks(&call.call) {
                            Some(Asks::Needs) => return Verdict::Stays,
                            Some(Asks::StampsByGit) if !may_have_git(&site, stage, item) => {}
                            Some(Asks::Stamps | Asks::StampsByGit) => safety = Safety::Review,
                            None => {}
                        }
                    }
                }
            }
        }
        let texts = self.texts();
        let mut takers = self.group.all();
        let starts_scripts = takers.any(|it| it.words(self.project).iter().any(|it| is_script(it)));
        if !texts.is_complete || texts.ask_history(self.project, starts_scripts) {
            return Verdict::Stays;
        }
        // A script may build what a command of the Dockerfile does not.
        let below = self.project.tree().below(&self.group.folder);
        let has_stamped = || below.into_iter().any(|it| history::is_stamped(it.file_name()));
        let safety = if may_stamp && has_stamped() { Safety::Review } else { safety };
        Verdict::Goes(safety)
    }

    /// Whether secrets may go, which somebody may read where they are.
    fn secrets(&self, found: &mut Found) -> Verdict {
        let is_key = |path: &String| {
            let path = self.group.folder.join(path);
            let text = path.and_then(|it| self.project.source(&it));
            text.is_some_and(|it| clutter::is_private_key(&it.text))
        };
        let is_settings = found.row.name.starts_with(".env");
        found.there.retain(|it| is_settings || is_key(it));
        let Some(first) = found.there.first().cloned() else { return Verdict::Stays };
        let texts = self.texts();
        if !texts.is_complete {
            return Verdict::Stays;
        }
        let by = match is_settings {
            true => {
                let words = self.group.all().flat_map(|it| it.words(self.project));
                let mut programs = words.map(|it| name(it));
                let program = programs.find(|it| clutter::DOTENV_PROGRAMS.contains(it));
                let own: Vec<&str> = found.there.iter().map(|it| name(it)).collect();
                let place = || texts.reads_settings(self.project, clutter::READS_DOTENV, &own);
                program.map(str::to_owned).or_else(|| Some(place()?.to_string()))
            }
            false => {
                let place =
                    found.there.iter().find_map(|it| texts.mention_of_key(self.project, it));
                place.map(|it| it.to_string())
            }
        };
        match by {
            None => Verdict::Goes(Safety::Review),
            Some(by) => {
                let reason = if self.group.is_in_an_image(self.project, &first) {
                    format!(
                        "{first} is copied into the image with its folder, and {by} may read it there: it stays, \
                         but whoever has the image has it, too"
                    )
                } else {
                    format!(
                        "{first} is copied into a build stage with its folder, and {by} may read it there: it stays, \
                         but whoever has the build cache has it, too"
                    )
                };
                Verdict::Kept(first, Refusal::new("secret-is-read", reason))
            }
        }
    }

    /// Returns true if tests may run in an image that is built from the context.
    fn runs_tests(&self) -> bool {
        let in_file = self.group.all().any(|taker| {
            let stages = taker.dockerfile.instructions().filter_map(|it| it.1.from()?.name);
            let mut stages = stages.into_iter();
            let services = self.project.services(&taker.file.path);
            let comments =
                taker.dockerfile.source.lines().filter(|it| it.trim_start().starts_with('#'));
            stages.any(clutter::runs_tests)
                || comments.into_iter().any(clutter::runs_tests)
                || taker.words(self.project).iter().any(|it| clutter::runs_tests(it))
                || services.iter().any(|it| !it.1.synced.is_empty())
                || self.project.synced(&taker.file.path, &|_| true).is_some()
        });
        in_file || self.callers_run_tests()
    }

    fn callers_run_tests(&self) -> bool {
        let RunsTests(known) = self.project.surroundings().get(|| {
            let told = |text: &str| {
                let starts = |it: &&str| {
                    ["docker", "compose", "podman"].iter().any(|word| it.contains(word))
                };
                text.lines().filter(starts).any(clutter::runs_tests)
            };
            let callers = self
                .project
                .files()
                .filter(|it| Kind::of(&it.path).is_some() || callers::is_guide(&it.path));
            RunsTests(callers.into_iter().any(|it| told(&it.text)))
        });
        *known
    }
}
