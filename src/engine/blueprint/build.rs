//! From a Dockerfile to blueprints.

use std::rc::Rc;

use super::{
    Blueprint, Copied, Effect, From, Run, Stage,
    caches::{self, is_cache},
    target,
};
use crate::{
    dockerfile::{
        Dockerfile, Heredoc, Instruction, Keyword,
        stage::{self, Base, Outline},
        variables::{Arguments, Variables},
    },
    ecosystems::images,
    text::ImagePath,
};

/// The blueprints of the stages of a Dockerfile, in order, built with these arguments; an argument without
/// a value has one that is not known.
pub fn blueprints<'a>(dockerfile: &'a Dockerfile, arguments: &Arguments) -> Vec<Stage<'a>> {
    let given;
    let outline = match arguments.is_empty() {
        true => stage::outline(dockerfile, images::start),
        false => {
            given = Outline::of(dockerfile, arguments, &images::start);
            &given
        }
    };
    let mut builder =
        Builder { dockerfile, outline, stages: Vec::new(), open: None, cmd_is_own: false };
    for (index, it) in dockerfile.instructions_at(0..dockerfile.items.len()) {
        builder.step(it, index);
    }
    builder.close();
    builder.stages
}

struct Builder<'a, 'o> {
    dockerfile: &'a Dockerfile,
    outline: &'o Outline,
    stages: Vec<Stage<'a>>,
    open: Option<(Option<&'a str>, Blueprint<'a>)>,
    /// Whether this stage has a CMD of its own: an ENTRYPOINT takes away any other.
    cmd_is_own: bool,
}

impl<'a> Builder<'a, '_> {
    fn close(&mut self) {
        let open = self.open.take().map(|(name, image)| Stage { name, image: Rc::new(image) });
        self.stages.extend(open);
    }

    fn variables(&self, item: usize) -> Variables {
        self.outline.variables(self.stages.len(), item)
    }

    fn step(&mut self, instruction: &'a Instruction, item: usize) {
        if let Some(from) = instruction.from() {
            self.close();
            self.cmd_is_own = false;
            let expand = |text: &str| self.outline.expand_from(text, self.dockerfile.escape);
            let below = match self.outline.base(self.stages.len()) {
                Some(Base::Stage(instruction)) => self.stages.get(*instruction),
                _ => None,
            };
            let image = match below {
                Some(instruction) => Blueprint::clone(&instruction.image),
                None => Blueprint::new(expand(from.image), from.platform.map(expand).as_deref()),
            };
            self.open = Some((from.name, image));
            return;
        }
        let cmd_is_own = self.cmd_is_own;
        self.cmd_is_own |= instruction.keyword == Keyword::Cmd;
        let line = self.dockerfile.items[item].lines.0;
        let variables = self.variables(item);
        let expand = |text: &str| variables.expand(text, self.dockerfile.escape).text.into_owned();
        let effect = match instruction.keyword {
            Keyword::Arg => None,
            Keyword::Run => Some(Effect::Run(self.run(instruction, item))),
            Keyword::Copy | Keyword::Add => return self.copy(instruction, item),
            _ => {
                let Some((_, image)) = &mut self.open else { return };
                match instruction.keyword {
                    // All pairs of one ENV see the values from before it.
                    Keyword::Env => {
                        for pair in instruction.pairs() {
                            let value = expand(pair.value.as_deref().unwrap_or_default());
                            image.config.set(Keyword::Env, &pair.name, value);
                        }
                        None
                    }
                    Keyword::Workdir => image.enter(&expand(instruction.text()), line),
                    _ => {
                        image.config.step(instruction, &expand, cmd_is_own);
                        None
                    }
                }
            }
        };
        if let Some((_, image)) = &mut self.open {
            image.effects.extend(effect);
        }
    }

    /// The stage that a `from` names: by name or by number.
    fn stage(&self, name: &str) -> Option<Rc<Blueprint<'a>>> {
        target(&self.stages, Some(name)).map(|it| Rc::clone(&it.image))
    }

    fn run(&self, instruction: &'a Instruction, item: usize) -> Run<'a> {
        let image = self.open.as_ref().map(|it| &it.1);
        let environment = self.variables(item);
        let expand =
            |text: &str| environment.expand(text, self.dockerfile.escape).text.into_owned();
        let workdir = image.map(|it| it.config.workdir()).unwrap_or_default();
        let mut mounted = Vec::new();
        let mut flags: Vec<String> = Vec::new();
        for flag in instruction.flags.iter().filter(|it| it.name != "mount") {
            flags.push(expand(&flag.text));
        }
        for mount in instruction.mounts() {
            let aim = mount.target.as_deref().map(expand).unwrap_or_default();
            let asked = caches::asked_for(instruction.text()).any(|it| workdir.join(it) == *aim);
            if mount.kind == "cache" && (asked || is_cache(&aim, &environment)) {
                continue;
            }
            let mut fields = vec![format!("type={}", mount.kind), format!("target={aim}")];
            for (key, value) in &mount.fields {
                match self.stage(value).filter(|_| key == "from") {
                    Some(stage) => mounted.push(stage),
                    None => fields.push(format!("{key}={}", expand(value))),
                }
            }
            fields.sort();
            flags.push(fields.join(","));
        }
        Run {
            instruction,
            dockerfile: self.dockerfile,
            item,
            flags,
            mounted,
            user: image.and_then(|it| it.config.get(Keyword::User).map(str::to_owned)),
            workdir,
            shell: image.and_then(|it| it.config.get(Keyword::Shell).map(str::to_owned)),
            environment,
            pieces: Rc::default(),
        }
    }

    /// A COPY is as many effects as it has sources.
    fn copy(&mut self, instruction: &'a Instruction, item: usize) {
        let Some(image) = self.open.as_ref().map(|it| &it.1) else { return };
        let line = self.dockerfile.items[item].lines.0;
        let variables = self.variables(item);
        let expand = |text: &str| variables.expand(text, self.dockerfile.escape).text.into_owned();
        let Some(words) = instruction.copy() else { return };
        let flags = instruction.flags.iter().filter(|it| it.name != "from");
        let mut flags: Vec<String> = flags.map(|it| expand(&it.text)).collect();
        flags.sort();
        let from = match words.from.map(expand) {
            None => From::Context,
            Some(name) => self.stage(&name).map_or(From::Image(name), From::Stage),
        };
        let text = |it: &Heredoc| &self.dockerfile.source[it.body.clone()];
        let texts: Vec<_> = instruction.heredocs.iter().map(text).collect();
        let destination = expand(&words.destination.text);
        let path = image.config.workdir().join(&destination);
        let into = path.is_root()
            || destination.ends_with('/')
            || destination == "."
            || destination.ends_with("/.")
            || words.sources.len() + texts.len() > 1;
        let finds_folder = image.has_folder(&path);
        let one = |source: String, text: Option<&'a str>| Copied {
            line,
            keyword: instruction.keyword,
            flags: flags.clone(),
            from: from.clone(),
            source,
            destination: path.clone(),
            into,
            finds_folder,
            text,
        };
        let files = words.sources.iter().map(|it| one(rooted(&expand(&it.text)), None));
        let written = texts.iter().zip(&instruction.heredocs);
        let written = written.map(|(text, instruction)| one(instruction.name.clone(), Some(*text)));
        let effects: Vec<_> = files.chain(written).map(Effect::Copy).collect();
        if let Some((_, image)) = &mut self.open {
            image.effects.extend(effects);
        }
    }
}

/// A source of a COPY, which is always seen from the context's root.
fn rooted(source: &str) -> String {
    match source.contains("://") {
        true => source.to_owned(),
        false => ImagePath::root().join(source).as_str()[1..].to_owned(),
    }
}
