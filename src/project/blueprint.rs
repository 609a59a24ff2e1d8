//! The blueprint of an image: the flattened build behind it.
//!
//! Base, ordered effects, final configuration, with the stages inlined that it is built on or copies
//! from, and variables expanded as far as the Dockerfile tells. Two Dockerfiles with equal blueprints
//! build the same image, however they are laid out; that is how the engine sees what a change does.

mod compare;
mod config;
mod order;
mod script;
mod split;

use std::{collections::BTreeMap, rc::Rc};

pub use compare::{Allowed, difference};
pub use config::Config;

use crate::dockerfile::{
    Dockerfile, Heredoc, Instruction, Keyword, Kind,
    stage::{absolute, names},
    word,
};

/// The flattened build of an image.
#[derive(Clone, Debug)]
pub struct Blueprint<'a> {
    /// The image at the bottom with its platform, expanded.
    pub base: String,
    /// What is done to its files, in order.
    pub effects: Vec<Effect<'a>>,
    /// What its containers start with.
    pub config: Config,
    variables: BTreeMap<String, Setting>,
}

/// Something that changes the files of an image.
#[derive(Clone, Debug)]
pub enum Effect<'a> {
    /// A RUN.
    Run(Run<'a>),
    /// A COPY or ADD.
    Copy(Copied<'a>),
    /// A folder that a WORKDIR makes, and as whom.
    Folder {
        /// The folder, absolute.
        path: String,
        /// The user in force.
        user: Option<String>,
        /// The line of the WORKDIR.
        line: usize,
    },
}

/// A RUN and what it runs in.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    instruction: &'a Instruction,
    dockerfile: &'a Dockerfile,
    line: usize,
    /// Its flags, but for mounts of package managers' caches: these leave nothing in the image.
    flags: Vec<String>,
    /// The stages that it mounts.
    mounted: Vec<Rc<Blueprint<'a>>>,
    user: Option<String>,
    workdir: String,
    shell: Option<String>,
    environment: BTreeMap<String, Setting>,
}

/// One source of a COPY or ADD, its paths resolved.
#[derive(Clone, Debug)]
pub struct Copied<'a> {
    line: usize,
    keyword: Keyword,
    flags: Vec<String>,
    from: From<'a>,
    /// From the root of the context or the image; of a here-document, its name.
    source: String,
    /// Absolute; with a trailing slash when it is a folder for certain.
    destination: String,
    /// The text of a here-document.
    text: Option<&'a str>,
}

/// What a COPY copies from.
#[derive(Clone, Debug)]
pub enum From<'a> {
    /// The build context.
    Context,
    /// An image, or a context that the caller names.
    Image(String),
    /// Another stage of the file.
    Stage(Rc<Blueprint<'a>>),
}

/// A variable's value, expanded as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    value: String,
    from_argument: bool,
}

/// The blueprints of the stages of a Dockerfile, in order, built with these arguments; an argument without
/// a value has one that is not known.
pub fn blueprints<'a>(
    dockerfile: &'a Dockerfile,
    arguments: &BTreeMap<String, Option<String>>,
) -> Vec<Stage<'a>> {
    let mut builder = Builder {
        dockerfile,
        arguments,
        globals: BTreeMap::new(),
        stages: Vec::new(),
        open: None,
        cmd_is_own: false,
    };
    for item in &dockerfile.items {
        if let Kind::Instruction(it) = &item.kind {
            builder.step(it, item.lines.0);
        }
    }
    builder.close();
    builder.stages
}

/// A stage and its blueprint.
#[derive(Clone, Debug)]
pub struct Stage<'a> {
    /// Its name, as written.
    pub name: Option<&'a str>,
    /// Its image.
    pub image: Rc<Blueprint<'a>>,
}

/// The stage that `--target` names, by name or number; the last without one.
pub fn target<'s, 'a>(stages: &'s [Stage<'a>], target: Option<&str>) -> Option<&'s Stage<'a>> {
    let Some(target) = target else { return stages.last() };
    let named = stages.iter().rfind(|it| it.name.is_some_and(|it| it.eq_ignore_ascii_case(target)));
    named.or_else(|| stages.get(target.parse::<usize>().ok()?))
}

struct Builder<'a, 'b> {
    dockerfile: &'a Dockerfile,
    arguments: &'b BTreeMap<String, Option<String>>,
    globals: BTreeMap<String, Setting>,
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

    fn step(&mut self, it: &'a Instruction, line: usize) {
        if let Some(from) = it.from() {
            self.close();
            self.cmd_is_own = false;
            let base = expand(from.image, self.dockerfile.escape, &self.globals);
            let platform =
                from.platform.map(|it| expand(it, self.dockerfile.escape, &self.globals));
            let image = match target(&self.stages, Some(&base)) {
                Some(it) if it.name.is_some_and(|it| it.eq_ignore_ascii_case(&base)) => {
                    Blueprint::clone(&it.image)
                }
                _ => Blueprint::new(base, platform.as_deref()),
            };
            self.open = Some((from.name, image));
            return;
        }
        if it.keyword == Keyword::Arg {
            return self.declare(it);
        }
        let cmd_is_own = self.cmd_is_own;
        self.cmd_is_own |= it.keyword == Keyword::Cmd;
        let escape = self.dockerfile.escape;
        let Some((_, image)) = &mut self.open else { return };
        let effect = match it.keyword {
            Keyword::Env => return image.set(it, escape),
            Keyword::Workdir => image.enter(it, escape, line),
            Keyword::Run => Some(Effect::Run(self.run(it, line))),
            Keyword::Copy | Keyword::Add => return self.copy(it, line),
            _ => {
                let expanded = |text: &str| expand(text, escape, &image.variables);
                image.config.step(it, &expanded, cmd_is_own);
                None
            }
        };
        if let Some((_, image)) = &mut self.open {
            image.effects.extend(effect);
        }
    }

    fn declare(&mut self, it: &Instruction) {
        let escape = self.dockerfile.escape;
        for pair in it.pairs() {
            let given = self.arguments.get(&pair.name);
            let given = given.map(|it| it.clone().unwrap_or_else(|| format!("${{{}}}", pair.name)));
            let (variables, inherited) = match &mut self.open {
                Some((_, image)) => (&mut image.variables, self.globals.get(&pair.name).cloned()),
                None => (&mut self.globals, None),
            };
            // ENV beats ARG of the same name.
            if variables.get(&pair.name).is_some_and(|it| !it.from_argument) {
                continue;
            }
            let default = pair.value.as_deref().map(|it| expand(it, escape, variables));
            let value = given.or(default).or_else(|| inherited.map(|it| it.value));
            let Some(value) = value else { continue };
            variables.insert(pair.name, Setting { value, from_argument: true });
        }
    }

    /// The stage that a `from` names: by name or by number.
    fn stage(&self, name: &str) -> Option<Rc<Blueprint<'a>>> {
        target(&self.stages, Some(name)).map(|it| Rc::clone(&it.image))
    }

    fn run(&self, it: &'a Instruction, line: usize) -> Run<'a> {
        let image = self.open.as_ref().map(|it| &it.1);
        let none = BTreeMap::new();
        let variables = image.map_or(&none, |it| &it.variables);
        let expand = |text: &str| expand(text, self.dockerfile.escape, variables);
        let mut mounted = Vec::new();
        let mut flags: Vec<String> = Vec::new();
        for flag in it.flags.iter().filter(|it| it.name != "mount") {
            flags.push(expand(&flag.text));
        }
        for mount in it.mounts() {
            let aim = mount.target.as_deref().map(expand).unwrap_or_default();
            let asked = |it: &str| it.strip_prefix("--cache-dir").is_some_and(|it| it[1..] == aim);
            let text = it.text().replace("--cache-dir ", "--cache-dir=");
            let asked = text.split_whitespace().any(|it| it.len() > 11 && asked(it));
            if mount.kind == "cache" && (asked || is_cache(&aim, variables)) {
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
            instruction: it,
            dockerfile: self.dockerfile,
            line,
            flags,
            mounted,
            user: image.and_then(|it| it.config.get(Keyword::User).map(str::to_owned)),
            workdir: image.map(|it| it.config.workdir().to_owned()).unwrap_or_default(),
            shell: image.and_then(|it| it.config.get(Keyword::Shell).map(str::to_owned)),
            environment: variables.clone(),
        }
    }

    /// A COPY is as many effects as it has sources.
    fn copy(&mut self, it: &'a Instruction, line: usize) {
        let Some(image) = self.open.as_ref().map(|it| &it.1) else { return };
        let expand = |text: &str| expand(text, self.dockerfile.escape, &image.variables);
        let Some(words) = it.copy() else { return };
        let flags = it.flags.iter().filter(|it| it.name != "from");
        let mut flags: Vec<String> = flags.map(|it| expand(&it.text)).collect();
        flags.sort();
        let from = match words.from.map(expand) {
            None => From::Context,
            Some(name) => self.stage(&name).map_or(From::Image(name), From::Stage),
        };
        let text = |it: &Heredoc| &self.dockerfile.source[it.body.clone()];
        let texts: Vec<_> = it.heredocs.iter().map(text).collect();
        let destination = expand(&words.destination.text);
        let is_folder = destination.ends_with('/')
            || destination == "."
            || destination.ends_with("/.")
            || words.sources.len() + texts.len() > 1;
        let path = absolute(image.config.workdir(), &destination);
        let destination = if is_folder { join(&path, "") } else { path };
        let one = |source: String, text: Option<&'a str>| Copied {
            line,
            keyword: it.keyword,
            flags: flags.clone(),
            from: from.clone(),
            source,
            destination: destination.clone(),
            text,
        };
        let files = words.sources.iter().map(|it| one(rooted(&expand(&it.text)), None));
        let written = texts.iter().zip(&it.heredocs);
        let written = written.map(|(text, it)| one(it.name.clone(), Some(*text)));
        let effects: Vec<_> = files.chain(written).map(Effect::Copy).collect();
        if let Some((_, image)) = &mut self.open {
            image.effects.extend(effects);
        }
    }
}

impl<'a> Blueprint<'a> {
    fn new(image: String, platform: Option<&str>) -> Self {
        let base = platform.map_or(image.clone(), |it| format!("{image} for {it}"));
        Self { base, effects: Vec::new(), config: Config::default(), variables: BTreeMap::new() }
    }

    fn set(&mut self, it: &Instruction, escape: char) {
        // All pairs of one ENV see the values from before it.
        let before = self.variables.clone();
        for pair in it.pairs() {
            let value = expand(pair.value.as_deref().unwrap_or_default(), escape, &before);
            self.config.set(Keyword::Env, &pair.name, value.clone());
            self.variables.insert(pair.name, Setting { value, from_argument: false });
        }
    }

    fn enter(&mut self, it: &Instruction, escape: char, line: usize) -> Option<Effect<'a>> {
        let path = expand(it.text(), escape, &self.variables);
        let path = absolute(self.config.workdir(), &path);
        self.config.set(Keyword::Workdir, "", path.clone());
        let known =
            |it: &Effect<'_>| matches!(it, Effect::Folder { path: made, .. } if *made == path);
        if path == "/" || self.effects.iter().any(known) {
            return None;
        }
        let user = self.config.get(Keyword::User).map(str::to_owned);
        Some(Effect::Folder { path, user, line })
    }
}

impl Effect<'_> {
    /// What it is, for people.
    fn describe(&self) -> String {
        match self {
            Self::Run(it) => format!("the RUN on line {}", it.line),
            Self::Copy(it) => format!("the {} on line {}", it.keyword, it.line),
            Self::Folder { line, .. } => format!("the WORKDIR on line {line}"),
        }
    }
}

impl Run<'_> {
    /// The text that the shell is given, and where each of its bytes stands in the file.
    fn script(&self) -> (&str, impl Fn(usize) -> usize) {
        let it = self.instruction;
        let body = match it.heredocs.as_slice() {
            [one] if it.text().split_whitespace().count() == 1 => Some(one.body.clone()),
            _ => None,
        };
        let text = body.clone().map_or_else(|| it.text(), |it| &self.dockerfile.source[it]);
        let start = it.arguments.start;
        let place = move |at: usize| match &body {
            Some(body) => body.start + at,
            None => it.logical.source_offset(start + at),
        };
        (text, place)
    }
}

/// `path` in `folder`.
fn join(folder: &str, path: &str) -> String {
    format!("{}/{path}", folder.trim_end_matches('/'))
}

/// A source of a COPY, which is always seen from the context's root.
fn rooted(source: &str) -> String {
    match source.contains("://") {
        true => source.to_owned(),
        false => absolute("/", source).trim_start_matches('/').to_owned(),
    }
}

/// Expands a word as the builder would; what is not known stays as `${NAME}`.
fn expand(text: &str, escape: char, variables: &BTreeMap<String, Setting>) -> String {
    if !text.contains(['$', escape, '"', '\'']) {
        return text.to_owned();
    }
    let known = |name: &str| variables.get(name).map(|it| it.value.clone());
    // `${V:-x}` of what is not known is neither.
    let plain = |name: &str| {
        let (braced, bare) = (format!("${{{name}}}"), format!("${name}"));
        text.matches(&braced).count() + text.matches(&bare).count()
            == names(text).iter().filter(|it| **it == name).count()
    };
    if names(text).iter().any(|it| known(it).is_none() && !plain(it)) {
        return text.to_owned();
    }
    let lookup = |name: &str| Some(known(name).unwrap_or_else(|| format!("${{{name}}}")));
    word::expand(text, escape, &lookup).unwrap_or_else(|_| text.to_owned())
}

/// Folders that package managers cache in, wherever their home is: an image needs nothing of them.
const CACHES: &[&str] = &[
    "/.cache/pip",
    "/.cache/uv",
    "/.cache/pdm",
    "/.cache/pipenv",
    "/pypoetry/cache",
    "/pypoetry/artifacts",
    "/var/cache/apt",
    "/var/lib/apt",
    "/var/lib/apt/lists",
    "/var/cache/apk",
    "/.npm",
];

/// Variables that name such a folder, and what of it is one.
const NAMED_CACHES: &[(&str, &[&str])] = &[
    ("PIP_CACHE_DIR", &[""]),
    ("UV_CACHE_DIR", &[""]),
    ("PDM_CACHE_DIR", &[""]),
    ("PIPENV_CACHE_DIR", &[""]),
    ("POETRY_CACHE_DIR", &["/cache", "/artifacts"]),
    ("XDG_CACHE_HOME", &["/pip", "/uv", "/pdm", "/pipenv"]),
];

fn is_cache(folder: &str, variables: &BTreeMap<String, Setting>) -> bool {
    let folder = folder.trim_end_matches('/');
    let named = NAMED_CACHES.iter().any(|(name, parts)| {
        let value = variables.get(*name).map(|it| it.value.trim_end_matches('/'));
        let rest = value.and_then(|it| folder.strip_prefix(it));
        rest.is_some_and(|it| parts.contains(&it))
    });
    named || CACHES.iter().any(|it| folder.ends_with(it))
}
