//! What an image's containers start with.

use std::collections::BTreeMap;

use crate::{
    dockerfile::{Instruction, Keyword},
    text::ImagePath,
};

/// The configuration that a build leaves, by instruction and name: of an ENV or LABEL its name, of an
/// EXPOSE or VOLUME its value, of the others nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config(BTreeMap<(Keyword, String), String>);

impl Config {
    /// What the instruction without a name of its own sets: the user, the working directory.
    pub fn get(&self, keyword: Keyword) -> Option<&str> {
        self.0.get(&(keyword, String::new())).map(String::as_str)
    }

    /// The working directory; that of the base when the Dockerfile says nothing.
    pub fn workdir(&self) -> ImagePath {
        self.get(Keyword::Workdir).and_then(ImagePath::new).unwrap_or_default()
    }

    /// The first instruction in which two configurations differ, with the name where it has one.
    pub fn difference<'a>(
        &'a self,
        other: &'a Self,
        allowed: &dyn Fn(Keyword, &str) -> bool,
    ) -> Option<(Keyword, &'a str)> {
        let keys = self.0.keys().chain(other.0.keys());
        let mut keys = keys.filter(|it| !allowed(it.0, &it.1));
        let (keyword, name) = keys.find(|it| self.0.get(*it) != other.0.get(*it))?;
        Some((*keyword, name))
    }

    /// Whether the PATH leads to a folder.
    pub(super) fn leads_to(&self, folder: &ImagePath) -> bool {
        let path = self.0.get(&(Keyword::Env, "PATH".to_owned()));
        path.is_some_and(|it| it.split(':').any(|it| ImagePath::new(it).as_ref() == Some(folder)))
    }

    /// Whether a command that its containers start, or that asks for their health, names a program.
    pub(super) fn starts(&self, program: &str) -> bool {
        let commands = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck];
        let mut texts = commands.iter().filter_map(|it| self.get(*it));
        texts.any(|it| it.split(|it: char| !it.is_alphanumeric()).any(|it| it == program))
    }

    pub(super) fn set(&mut self, keyword: Keyword, name: &str, value: String) {
        self.0.insert((keyword, name.to_owned()), value);
    }

    /// Takes an instruction's part in the configuration; `expand` is for those that are expanded.
    pub(super) fn step(
        &mut self,
        instruction: &Instruction,
        expand: &dyn Fn(&str) -> String,
        cmd_is_own: bool,
    ) {
        let keyword = instruction.keyword;
        match keyword {
            Keyword::User | Keyword::Stopsignal => {
                self.set(keyword, "", expand(instruction.text()));
            }
            Keyword::Label => {
                for pair in instruction.pairs() {
                    let value = expand(pair.value.as_deref().unwrap_or_default());
                    self.set(keyword, &expand(&pair.name), value);
                }
            }
            Keyword::Maintainer => self.set(keyword, "", instruction.text().to_owned()),
            Keyword::Expose | Keyword::Volume => {
                for word in instruction.words() {
                    let word = expand(&word.text);
                    let word = match keyword {
                        Keyword::Volume => ImagePath::root().join(&word).to_string(),
                        _ => word,
                    };
                    self.set(keyword, &word, String::new());
                }
            }
            Keyword::Entrypoint if !cmd_is_own => {
                self.set(Keyword::Cmd, "", String::new());
                self.set(keyword, "", self.command(instruction));
            }
            Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Shell => {
                self.set(keyword, "", self.command(instruction));
            }
            Keyword::Onbuild => {
                let order = self.0.keys().filter(|it| it.0 == keyword).count();
                let mut text = instruction.text().to_owned();
                text.extend(instruction.heredocs.iter().map(|it| format!("\n<<{}", it.name)));
                self.set(keyword, &format!("{order:04}"), text);
            }
            _ => {}
        }
    }

    /// A command as it starts: its words, or a line with the shell that it is given to.
    fn command(&self, instruction: &Instruction) -> String {
        let mut flags: Vec<_> = instruction.flags.iter().map(|it| it.text.as_str()).collect();
        flags.sort_unstable();
        let shell = if instruction.json().is_some() { None } else { self.get(Keyword::Shell) };
        let form = if instruction.json().is_some() { "exec" } else { "shell" };
        format!("{form} {flags:?} {:?} {}", instruction.values(), shell.unwrap_or_default())
    }
}
