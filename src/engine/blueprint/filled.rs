//! Whether an environment that is built apart is the one that is installed into and used.

use super::{Blueprint, Copied, Effect, Run, split::Parts};
use crate::{
    dockerfile::Keyword,
    ecosystems::MANAGERS,
    engine::effects::{How, fills, is_tool},
    shell::Invocation,
    text::ImagePath,
};

/// What environments are made and filled with besides managers, and what may be brought up to date outside of them.
const BESIDE: &[&str] = &["setuptools", "virtualenv", "wheel"];

impl Parts<'_, '_> {
    /// Whether everything that the builder installs goes into the environment, which is there by then.
    pub(super) fn is_filled(&self, builder: &[Effect<'_>]) -> Result<(), String> {
        let mut is_made = false;
        for effect in builder {
            let Effect::Run(run) = effect else { continue };
            let effects = self.judge.effects(run);
            for done in &effects.commands {
                let Some(call) = &done.call else { continue };
                let touches = || done.effects.touches.iter();
                is_made |= touches().any(|it| {
                    matches!(it.how, How::Changes | How::Makes)
                        && self.environment.is_within(&it.path)
                });
                let Some((manager, own)) = fills(call) else { continue };
                is_made |= manager.grammar.has(call, own.makes);
                if !installs_packages(call) {
                    continue;
                }
                let makes = touches().filter(|it| matches!(it.how, How::Makes)).map(|it| &it.path);
                let by_itself = own.own.is_some_and(|it| manager.grammar.has(call, it.filled_by));
                let yields = own.own.is_none_or(|it| it.yields);
                let is_own = by_itself && makes.clone().any(|it| it == self.environment);
                let is_here = is_own || ((!by_itself || yields) && self.is_entered(run));
                if !is_here || !is_made {
                    let run = effect.describe();
                    return Err(format!("{run}, which does not install into the environment"));
                }
            }
        }
        Ok(())
    }

    /// Whether a RUN finds the programs of the environment before others.
    fn is_entered(&self, run: &Run<'_>) -> bool {
        let bin = self.environment.join("bin");
        let is_bin = |it: &str| ImagePath::new(it).as_ref() == Some(&bin);
        let path = run.environment.text("PATH");
        path.is_some_and(|it| it.split(':').any(is_bin))
            || run.environment.text("VIRTUAL_ENV").and_then(ImagePath::new).as_ref()
                == Some(self.environment)
            || run.script().0.contains(bin.as_str())
    }

    /// Whether what came after the first install comes after the environment, and finds it; and what came before and
    /// may lie in it comes before.
    pub(super) fn comes_after_installs(
        &self,
        last: &[Effect<'_>],
        places: &[Option<usize>],
        environment: usize,
    ) -> Result<(), String> {
        let installs = |it: &Effect<'_>| match it {
            Effect::Run(run) => self
                .judge
                .effects(run)
                .commands
                .iter()
                .any(|it| it.call.as_ref().is_some_and(installs_packages)),
            _ => false,
        };
        let gone = |at: usize| places[at].is_none() && installs(&self.before[at]);
        let Some(first) = (0..places.len()).find(|it| gone(*it)) else { return Ok(()) };
        let end = (0..places.len()).rfind(|it| gone(*it)).unwrap_or(first);
        for (was, at) in places.iter().enumerate().filter_map(|it| Some((it.0, (*it.1)?))) {
            let what = || last[at].describe();
            match &last[at] {
                Effect::Run(run) if end < was && (at < environment || !self.is_entered(run)) => {
                    return Err(format!("{}, which may need the environment", what()));
                }
                Effect::Copy(copy) if self.lies_in(copy) => {
                    let is_late = environment < at;
                    if (was < first && is_late) || (end < was && !is_late) {
                        return Err(format!("{}, which may lie in the environment", what()));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn lies_in(&self, copy: &Copied<'_>) -> bool {
        self.judge.reaches(copy, self.environment)
    }

    /// Whether no command that containers start names a file that is gone.
    pub(super) fn starts_with_all(
        &self,
        image: &Blueprint<'_>,
        places: &[Option<usize>],
    ) -> Result<(), String> {
        let commands = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck];
        let texts: Vec<&str> = commands.iter().filter_map(|it| image.config.get(*it)).collect();
        for (effect, _) in self.before.iter().zip(places).filter(|it| it.1.is_none()) {
            let Effect::Copy(copy) = effect else { continue };
            let Some(name) = copy.source.rsplit('/').next().filter(|it| it.contains('.')) else {
                continue;
            };
            let is_named = |text: &&str| {
                let words = text.split(|it: char| it.is_whitespace() || "\"',[]".contains(it));
                words.into_iter().any(|it| it.rsplit('/').next() == Some(name))
            };
            let comes_again = self.before.iter().zip(places).any(|(other, place)| {
                matches!(other, Effect::Copy(it) if place.is_some()
                    && self.judge.reaches(it, &copy.destination.join(name)))
            });
            if texts.iter().any(is_named) && !comes_again {
                return Err(effect.describe());
            }
        }
        Ok(())
    }
}

/// The package that a word of an install names: `poetry` of `poetry[x]==1.8.3`.
pub(super) fn package(word: &str) -> &str {
    word.split(['=', '<', '>', '~', '[', '@', '!']).next().unwrap_or_default()
}

/// Whether a call fills an environment with more than tools.
fn installs_packages(call: &Invocation) -> bool {
    fills(call).is_some_and(|(manager, own)| manager.grammar.has(call, own.fills))
        && !names_tools(call)
}

/// Whether a call installs nothing but tools, or what comes with an environment.
fn names_tools(call: &Invocation) -> bool {
    let Some((manager, own)) = fills(call) else { return false };
    let Some(verb) = manager.grammar.verb(call, own.fills) else { return false };
    let count = verb.words.split(' ').count();
    let mut named = manager.grammar.words(call).skip(count).peekable();
    let is_one = |it: &str| {
        let name = package(it.split(';').next().unwrap_or_default());
        is_tool(name) || BESIDE.contains(&name) || is_bundled(name)
    };
    let listed = call.has(own.lists) || call.has(own.in_place);
    !listed && named.peek().is_some() && named.all(is_one)
}

/// Whether a package of this name brings the manager that comes with every Python.
fn is_bundled(package: &str) -> bool {
    let mut managers =
        MANAGERS.iter().filter(|it| it.environments.as_ref().is_some_and(|it| it.is_bundled));
    managers.any(|it| it.packages.contains(&package))
}
