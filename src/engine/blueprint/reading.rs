//! From a RUN to its effects: what holds where it starts.

use super::Run;
use crate::{
    ecosystems::{FileKind, MANAGERS},
    engine::effects::{Effects, Surroundings},
    shell::Script,
    text::ImagePath,
};

/// What programs read of a home, besides what managers keep there.
const HOME: &[&str] = &[".config", ".gitconfig", ".local", ".netrc", ".ssh"];

/// What programs read of a home, managers' settings included.
pub(super) fn in_home() -> impl Iterator<Item = &'static str> {
    let files = MANAGERS.iter().flat_map(|it| it.files);
    let settings = files.filter(|it| it.kind == FileKind::Settings && it.pattern.starts_with('.'));
    let kept = MANAGERS.iter().flat_map(|it| it.keeps).filter(|it| !it.starts_with('/'));
    HOME.iter().chain(kept).copied().chain(settings.map(|it| it.pattern))
}

fn is_root(run: &Run<'_>) -> bool {
    let user = run.user.as_deref().map(|it| it.split(':').next().unwrap_or_default());
    user.is_none_or(|it| it == "root" || it == "0")
}

/// The home directory of who runs it, if it is known.
pub(super) fn home(run: &Run<'_>) -> Option<ImagePath> {
    match run.environment.get("HOME") {
        Some(it) => ImagePath::new(it.value()?),
        None => is_root(run).then(|| ImagePath::new("/root")).flatten(),
    }
}

/// What the script of a RUN does.
pub(super) fn read(run: &Run<'_>) -> Effects {
    let script = Script::at(run.dockerfile, run.item).ok().filter(|_| is_posix(run));
    script.map_or_else(Effects::unknown, |it| of(run, &it, run.script().0))
}

/// What this script would do in the place of that of a RUN.
pub(super) fn read_text(run: &Run<'_>, text: &str) -> Effects {
    let script = Script::of_text(text).ok().filter(|_| is_posix(run));
    script.map_or_else(Effects::unknown, |it| of(run, &it, text))
}

fn is_posix(run: &Run<'_>) -> bool {
    run.shell.as_deref().is_none_or(|it| {
        ["bash", "/sh", "\"sh\"", "dash", "ash\""].iter().any(|of| it.contains(of))
    })
}

fn of(run: &Run<'_>, script: &Script, text: &str) -> Effects {
    let environment: Vec<(&str, &str)> =
        run.environment.iter().filter_map(|(name, it)| Some((name, it.value()?))).collect();
    let home = home(run);
    let variable = |name: &str| {
        let set = run.environment.get(name).map(|it| it.value().map(str::to_owned));
        let own = || home.as_ref().filter(|_| name == "HOME").map(ToString::to_string);
        set.unwrap_or_else(own)
    };
    let at = Surroundings {
        workdir: Some(run.workdir.clone()).filter(|it| !it.as_str().contains('$')),
        variable: &variable,
        environment: &environment,
        is_root: is_root(run),
    };
    Effects::of(script, text, &at)
}

/// A bind mount of a RUN.
pub(super) struct Bound {
    /// What it covers.
    pub(super) target: ImagePath,
    /// What of the context it shows there; `None` if that is of another stage or image, or not known.
    pub(super) source: Option<String>,
}

/// The bind mounts of a RUN; one without a type is such a mount.
pub(super) fn bound<'r>(run: &'r Run<'_>) -> impl Iterator<Item = Bound> + 'r {
    let mounts = run.instruction.mounts().filter(|it| it.kind == "bind");
    mounts.filter_map(|it| {
        let target = run.environment.expand(it.target.as_deref()?, run.dockerfile.escape).text;
        let target = run.workdir.join(&target);
        let source = it.source().filter(|it| !it.contains('$'));
        let source = source.map(|it| it.trim_start_matches("./").trim_matches('/').to_owned());
        Some(Bound { target, source: source.map(|it| if it == "." { String::new() } else { it }) })
    })
}
