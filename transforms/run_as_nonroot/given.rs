//! The folders and files that the user gets, and the script that gives them.

use crate::text::{ImagePath, Refusal};

/// A folder that the user gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Where it is.
    pub path: ImagePath,
    /// How it is known that something writes there.
    pub evidence: String,
    /// True if it exists already.
    pub made: bool,
    /// What changes owner.
    pub given: Given,
    /// What says so.
    pub told: Told,
}

/// What says that a folder is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The mount of a volume alone.
    Mount,
    /// What programs, settings and variables say.
    Use,
    /// Both.
    Both,
}

impl Told {
    pub(super) fn by(is_volume: bool) -> Self {
        if is_volume { Self::Mount } else { Self::Use }
    }

    pub(super) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }

    /// Whether a volume is mounted there, which keeps its owner where it already exists.
    pub(super) fn is_volume(self) -> bool {
        self != Self::Use
    }

    /// Whether something else than a mount says that the folder is written to.
    pub(super) fn is_written(self) -> bool {
        self != Self::Mount
    }
}

/// What of a place changes owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// The folder or file itself.
    Itself,
    /// The folder and what is in it.
    Whole,
    /// A file that the image only has where the build context had it.
    IfThere,
}

impl Folder {
    /// A file.
    pub(super) fn file(path: ImagePath, evidence: String, given: Given) -> Self {
        Self { path, evidence, made: true, given, told: Told::Use }
    }

    /// What the user gets, and why, as a part of a sentence.
    pub(super) fn said(&self) -> String {
        let more = match self.given {
            _ if self.told.is_volume() => ", but an existing volume stays root's",
            Given::IfThere => ", if a COPY brings one from the build context",
            Given::Itself | Given::Whole => "",
        };
        format!("the user gets {} ({}){more}", self.path, self.evidence)
    }
}

/// Declines a folder whose name a RUN cannot hold as it is: the shell would read it, or split it.
pub(super) fn check_names(folders: &[Folder]) -> Result<(), Refusal> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@:,=%~".contains(c);
    match folders.iter().find(|it| !it.path.as_str().chars().all(is_plain)) {
        None => Ok(()),
        Some(it) => {
            let reason =
                format!("{} is written to, and a shell does not take its name as it is", it.path);
            Err(Refusal::new("unknown-folder", reason))
        }
    }
}

/// The script of the RUN that gives folders to an owner; `None` without folders.
pub(super) fn script(folders: &[Folder], owner: &str) -> Option<String> {
    let command = |command: String, pick: fn(&Folder) -> bool| {
        let paths = folders.iter().filter(|it| pick(it)).map(|it| it.path.as_str());
        let paths = paths.collect::<Vec<_>>().join(" ");
        (!paths.is_empty()).then(|| format!("{command} {paths}"))
    };
    let commands = [
        command("mkdir -p".to_owned(), |it| !it.made),
        command(format!("chown {owner}"), |it| it.given == Given::Itself),
        command(format!("chown -R {owner}"), |it| it.given == Given::Whole),
        where_there(folders, owner),
    ];
    let commands: Vec<String> = commands.into_iter().flatten().collect();
    (!commands.is_empty()).then(|| commands.join(" && "))
}

/// The command that gives files to an owner where they are there; `None` without such files.
fn where_there(folders: &[Folder], owner: &str) -> Option<String> {
    let paths: Vec<&str> =
        folders.iter().filter(|it| it.given == Given::IfThere).map(|it| it.path.as_str()).collect();
    let given = |file: &str| format!("if [ -e {file} ]; then chown {owner} {file}; fi");
    match paths.as_slice() {
        [] => None,
        [path] => Some(given(path)),
        paths => Some(format!("for file in {}; do {}; done", paths.join(" "), given("$file"))),
    }
}
