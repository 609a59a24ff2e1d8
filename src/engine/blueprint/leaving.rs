//! What may leave the last stage when an environment is built apart: what is of use to installs alone.

use super::{Copied, Effect, From, Run, caches::is_cache, filled::package, split::Parts};
use crate::{
    ecosystems::{
        File, FileKind,
        habits::{Touches, touches},
    },
    engine::effects::{Done, How, Touch, fills, is_of_manager, is_tool},
    shell::Invocation,
    text::{ImagePath, glob::Glob},
};

/// Files that builds of packages read besides manifests.
const NOTES: &[&str] = &["README*", "LICEN[CS]E*", "*.lock", "*.whl"];

/// Folders of archives that another stage built for installs.
const WHEELS: &[&str] = &["wheels", "wheelhouse"];

/// Folders of which an image needs nothing.
const SPARE: &[&str] = &["/dev", "/tmp", "/var/cache", "/var/lib/apt/lists", "/var/tmp"];

/// Folders that images bring.
const SYSTEM: &[&str] = &[
    "/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/opt", "/root", "/sbin", "/srv", "/usr",
    "/var",
];

/// Where the packages of the system's Python are, which the environment has instead.
const LIBRARIES: &[&str] = &["/usr/lib", "/usr/local/lib"];

impl Parts<'_, '_> {
    /// Whether an effect is of use to an install alone, so that only what it installed is missed.
    pub(super) fn only_installs(&self, effect: &Effect<'_>) -> bool {
        match effect {
            Effect::Run(run) => {
                let effects = self.judge.effects(run);
                (0..effects.commands.len()).all(|at| match effects.commands[at].works {
                    true => self.works_on_inputs(effect, &effects.commands[at]),
                    false => self.leaves_nothing(effect, run, &effects.commands, at),
                })
            }
            Effect::Copy(copy) => {
                let mut names = copy.source.rsplit('/');
                let (name, folder) =
                    (names.next().unwrap_or_default(), names.next().unwrap_or_default());
                match copy.from {
                    From::Context => self.brings_manifests(copy).unwrap_or_else(|| {
                        self.serves_managers(folder, name.trim_end_matches('*'))
                    }),
                    From::Image(_) | From::Stage(_) => {
                        WHEELS.contains(&name)
                            || is_tool(name)
                            || self.serves_managers(folder, name)
                    }
                }
            }
            Effect::Folder { .. } => false,
        }
    }

    /// Whether all files that a COPY brings are there for installs; `None` if it is not known which it brings.
    fn brings_manifests(&self, copy: &Copied<'_>) -> Option<bool> {
        let files = self.judge.files(copy)?;
        let serves = |it: &crate::text::RepoPath| {
            let folder = it.parent();
            let folder = folder.as_ref().map_or("", |it| it.file_name());
            self.serves_managers(folder, it.file_name())
        };
        Some(!files.is_empty() && files.iter().all(serves))
    }

    /// Whether a command touches what a COPY before its RUN brought and only installs need.
    fn is_input(&self, run: &Effect<'_>, touch: &Touch) -> bool {
        let before = self.before.iter().zip(self.inputs());
        let before = before.take_while(|it| !std::ptr::eq(it.0, run));
        let mut found = false;
        for (effect, is_input) in before {
            let Effect::Copy(copy) = effect else { continue };
            match is_input {
                true => found |= self.judge.brings_it(copy, touch),
                false if self.judge.reaches(copy, &touch.path) => return false,
                false => {}
            }
        }
        found
    }

    /// For each effect, whether it is a COPY of what only installs need.
    fn inputs(&self) -> &[bool] {
        self.inputs.get_or_init(|| {
            let is_input =
                |it: &Effect<'_>| matches!(it, Effect::Copy(_)) && self.only_installs(it);
            self.before.iter().map(is_input).collect()
        })
    }

    /// Whether a command of a RUN works on nothing but files that only installs read, and on temporary ones.
    fn works_on_inputs(&self, run: &Effect<'_>, done: &Done) -> bool {
        let own = &done.effects;
        let mut touches = own.touches.iter().filter(|it| !matches!(it.how, How::Enters));
        own.anything.is_none()
            && own.touches.iter().any(|it| self.is_input(run, it))
            && touches
                .all(|it| self.is_input(run, it) || it.path.is_within_fixed(&["/tmp", "/var/tmp"]))
    }

    /// Whether a command leaves nothing but packages, and what only installs use.
    fn leaves_nothing(&self, effect: &Effect<'_>, run: &Run<'_>, all: &[Done], at: usize) -> bool {
        let done = &all[at];
        let Some(call) = &done.call else { return false };
        let kept = |touch: &Touch| {
            let path = &touch.path;
            let rest = || all[at + 1..].iter().flat_map(|it| &it.effects.touches);
            let so_far = || all[..at].iter().flat_map(|it| &it.effects.touches);
            let is_spare = || {
                path.is_within_fixed(SPARE)
                    || path.is_within(self.environment)
                    || path.as_str().split('/').any(|it| it == ".cache")
                    || path.ancestors().any(|it| is_cache(it.as_str(), &run.environment))
                    || self.is_input(effect, touch)
            };
            match touch.how {
                How::Changes | How::Writes | How::Folder => {
                    let folder = path.parent();
                    let folder = folder.as_ref().map_or("", |it| it.file_name());
                    // `pip install a>=1` writes what pip says to a file `=1`.
                    !is_spare()
                        && !self.serves_managers(folder, path.file_name())
                        && !path.file_name().starts_with('=')
                        && !rest()
                            .any(|it| matches!(it.how, How::Removes { .. }) && it.covers(path))
                }
                How::Removes { .. } => {
                    let is_new = |it: &Touch| {
                        matches!(it.how, How::Changes | How::Writes | How::Folder)
                            && path.is_within(&it.path)
                    };
                    // What is copied is asked for apart.
                    let of_base = path.is_within_fixed(SYSTEM) && !path.is_within_fixed(LIBRARIES);
                    !is_spare() && of_base && !so_far().any(is_new)
                }
                _ => false,
            }
        };
        let name = call.program.as_str();
        let is_known = done.effects.anything.is_none()
            || fills(call).is_some()
            || ["find", "python", "sh", "bash"].contains(&name)
            || ([".", "source"].contains(&name)
                && call
                    .texts()
                    .next()
                    .is_some_and(|it| it.ends_with("/activate") || it.ends_with("/env")));
        // What changes files, and is no work, puts a tool into its place.
        let places = touches(name) == Some(Touches::Changes);
        is_known && self.may_leave(call) && (places || !done.effects.touches.iter().any(kept))
    }

    /// Whether a call that installs, fetches or cleans up may be gone for good.
    fn may_leave(&self, call: &Invocation) -> bool {
        let texts = || call.texts().filter(|it| !it.starts_with('-'));
        match call.program.as_str() {
            // Of the system's packages it is asked one by one which are missed.
            "find" => call.texts().take_while(|it| !it.starts_with('-')).all(|it| {
                ImagePath::new(it).is_some_and(|it| {
                    it.is_within_fixed(LIBRARIES)
                        || it.is_within_fixed(SPARE)
                        || it.is_within(self.environment)
                })
            }),
            _ if Self::serves_environment(call) => true,
            _ if is_of_manager(call) => false,
            name if is_tool(name) => texts().skip(1).all(|it| is_tool(package(it))),
            _ => true,
        }
    }

    /// Whether a manager installs into an environment, or only sets itself up.
    fn serves_environment(call: &Invocation) -> bool {
        let Some((manager, own)) = fills(call) else { return false };
        let elsewhere = call.has(own.elsewhere) || manager.grammar.has(call, own.interpreters);
        let tools = manager.grammar.has(call, own.programs)
            || manager.grammar.has(call, manager.grammar.tools);
        let words = manager.grammar.words(call).skip(2);
        !elsewhere && (!tools || words.into_iter().all(|it| is_tool(package(it))))
    }

    /// Whether a file of this name, in a folder of that name, is there for the managers that the image calls.
    fn serves_managers(&self, folder: &str, name: &str) -> bool {
        let mut files = self.managers.iter().flat_map(|it| it.files);
        // Of some files the name alone proves nothing, but with the folder's it does.
        let proves = |it: &File| it.kind != FileKind::Named || it.pattern.contains('/');
        files.any(|it| proves(it) && it.matches(folder, name))
            || NOTES.iter().any(|it| Glob::new(it).is_ok_and(|it| it.matches(name)))
    }
}
