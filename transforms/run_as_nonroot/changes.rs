//! The files and folders that the commands of a start script change: `mkdir -p data`, `touch app.log`, `> out.txt`.

use super::{
    Image,
    evidence::{Trace, Written, is_state_name},
    process::Process,
    roles::Role,
    source,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{
        frameworks,
        programs::{self, Trait},
    },
    text::{ImagePath, Refusal},
};

/// Checks that a process does not change files that belong to root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(process: &Process) -> Result<(), Refusal> {
    let (program, from) = (process.program.as_str(), &process.from);
    let when = if process.role == Role::Check { "" } else { " when it starts" };
    let refuse = |what: &str| Err(Refusal::new("writes-at-start", format!("{from} {what}{when}")));
    let open = |path: &Option<String>| path.as_deref().is_some_and(Process::is_scratch);
    if !process.writes.iter().all(open) {
        return refuse("writes files");
    }
    let in_place = program == "sed" && process.known().any(|it| it.starts_with("-i"));
    let mut paths = process.known().filter(|it| it.starts_with('/')).peekable();
    let is_scratch = paths.peek().is_some() && paths.all(Process::is_scratch);
    // A start script deletes what a server left behind.
    let is_left = program == "rm" && process.has(&["-f", "-rf"]) && {
        let mut paths = process.known().filter(|it| !it.starts_with('-'));
        paths.all(frameworks::is_left)
    };
    let known = programs::named(program);
    // Without an argument, or with `--version`.
    let first = process.arguments.first().and_then(Option::as_deref).unwrap_or("version");
    let only_reads = known.only_reads(process.first()) || known.only_reads(first);
    let is_silent = only_reads || is_left || prints(process);
    let changes = known.is(Trait::Changes) && !is_scratch && !is_silent;
    if in_place || changes || program == "chmod" {
        return refuse(&format!("runs {program}"));
    }
    Ok(())
}

/// Whether a process of `wget` keeps nothing of what it fetches: gnu.org/software/wget/manual, "Download Options";
/// `wget --help` of BusyBox.
fn prints(process: &Process) -> bool {
    let is_output = |it: &str| Process::is_scratch(it) || it == "-";
    let mut outputs = process.values(&["-O", "--output-document"]);
    // `wget -qO- …`, `wget -qO /dev/null …`
    let words: Vec<&str> = process.known().collect();
    let is_short = |it: &str| it.starts_with('-') && !it.starts_with("--") && it.contains('O');
    if let Some(at) = words.iter().position(|it| is_short(it)) {
        let inside = words[at].split_once('O').map_or("", |it| it.1);
        let after = words.get(at + 1).copied().unwrap_or_default();
        outputs.push(if inside.is_empty() { after } else { inside });
    }
    let is_kept = outputs.is_empty() || !outputs.into_iter().all(is_output);
    process.program == "wget" && (process.has(&["--spider"]) || !is_kept)
}

/// What the processes of an image change, as far as their command lines say it.
pub(super) struct Changes<'c, 'i> {
    image: &'c Image<'i>,
    /// The folders that the image has or that the processes make.
    folders: Vec<ImagePath>,
}

impl<'c, 'i> Changes<'c, 'i> {
    /// The changes of the processes of an image.
    pub(super) fn new(image: &'c Image<'i>, processes: &[Process]) -> Self {
        let mut folders = Vec::new();
        if processes.iter().any(|it| check(it).is_err()) {
            folders.extend(image.own_folders());
            let made = processes.iter().filter(|it| it.program == "mkdir");
            let made = made.filter_map(|it| Some((it, Line::of(it)?)));
            let changes = Changes { image, folders: Vec::new() };
            let made = made.flat_map(|(process, line)| {
                let paths = line.operands.into_iter().filter_map(|it| changes.place(process, it));
                paths.collect::<Vec<_>>()
            });
            folders.extend(made);
        }
        Self { image, folders }
    }

    /// The files and folders that a process changes and that not every user may write to.
    ///
    /// # Errors
    /// A decline's code and reason: it is not known what it changes, or only root should.
    pub(super) fn traces(&self, process: &Process) -> Result<Vec<Trace>, Refusal> {
        let Err(why) = check(process) else { return Ok(Vec::new()) };
        let all = self.written(process).zip(self.redirected(process));
        let (written, redirected) = all.ok_or(why)?;
        let evidence = match written.is_empty() {
            true => format!("{} writes to it", process.from),
            false => format!("{} runs {}", process.from, process.program),
        };
        let is_own = |it: &ImagePath| self.image.is_own(it);
        let mut found = Vec::new();
        for it in written.into_iter().chain(redirected) {
            let Change { mut path, is_file, exists } = it;
            if Process::is_scratch(path.as_str()) {
                continue;
            }
            if path.is_within_fixed(&["/root"]) {
                let reason = format!("{evidence} with {path}, which only root can read");
                return Err(Refusal::new("root-home", reason));
            }
            if let Some(why) = source::roots(path.as_str(), &evidence, &is_own) {
                return Err(why);
            }
            if is_file && !exists {
                path = path.parent().unwrap_or(path);
            }
            // Of a folder of the source, the files stay root's.
            let exists = exists || (is_file && self.is_code(&path));
            let written = Written::folder(path.as_str());
            found.push(Trace { exists, ..Trace::new(written, evidence.clone()) });
        }
        Ok(found)
    }

    /// What a program is given to change; `None` if that is not known.
    fn written(&self, process: &Process) -> Option<Vec<Change>> {
        if check(&Process { writes: Vec::new(), ..process.clone() }).is_ok() {
            return Some(Vec::new());
        }
        // What a container is there for may well be to fill a folder of the host.
        let line = Line::of(process).filter(|_| process.role != Role::Main)?;
        let only = |allowed: &str| line.letters.chars().all(|it| allowed.contains(it));
        let is_set = |letter: char| line.letters.contains(letter);
        let mut found = Vec::new();
        match process.program.as_str() {
            // Without `-p` it fails where the folder is there already, as it is once it is handed over.
            "mkdir" if only("pv") && is_set('p') => {
                for it in &line.operands {
                    let path = self.place(process, *it)?;
                    if !self.is_code(&path) {
                        found.push(Change { path, is_file: false, exists: false });
                    }
                }
            }
            "touch" if only("acm") && line.has_operands(1) => {
                for it in &line.operands {
                    found.push(self.file(self.place(process, *it)?)?);
                }
            }
            "tee" if only("ai") => {
                for it in &line.operands {
                    found.push(self.file(self.place(process, *it)?)?);
                }
            }
            "cp" if only("afLnPprRTuv") && line.has_operands(2) => {
                found.extend(self.copied(process, &line)?);
            }
            "ln" if only("fnsv") && is_set('s') && line.operands.len() == 2 => {
                let path = self.place(process, line.operands[1])?;
                if self.is_folder(&path) || line.ends_in_folder() {
                    return None;
                }
                found.push(self.beside(path)?);
            }
            "rm" if only("fv") && line.has_operands(1) => {
                for it in &line.operands {
                    found.push(self.beside(self.place(process, *it)?)?);
                }
            }
            _ => return None,
        }
        Some(found)
    }

    /// What `cp` writes.
    fn copied(&self, process: &Process, line: &Line<'_>) -> Option<Vec<Change>> {
        let (to, sources) = line.operands.split_last()?;
        let closed = ["/etc", "/root", "/run", "/var/run"];
        let is_closed = |it: &str| ImagePath::new(it).is_some_and(|it| it.is_within_fixed(&closed));
        if sources.iter().any(|it| it.is_none_or(is_closed)) {
            return None;
        }
        let to = self.place(process, *to)?;
        let is_whole = line.letters.contains(['a', 'r', 'R']);
        let is_into = 1 < sources.len() || line.ends_in_folder() || self.is_folder(&to);
        if Process::is_scratch(to.as_str()) {
            return Some(Vec::new());
        }
        // It fails where the folder is not there, so a mount brings that.
        let is_other = is_into && !self.is_folder(&to);
        if is_other || (line.letters.contains('T') && is_into) {
            return None;
        }
        let has_files = self.image.fills(&to);
        match (is_into, is_whole) {
            (false, false) => Some(vec![self.file(to)?]),
            // Nothing may stand there that belongs to root.
            (false, true) => Some(vec![self.beside(to).filter(|_| !has_files)?]),
            // Its contents change owner with it.
            (true, _) if !has_files || is_state_name(to.as_str()) => {
                Some(vec![Change { path: to, is_file: false, exists: false }])
            }
            (true, true) => None,
            (true, false) => {
                let name = |it: &str| it.rsplit('/').next().map(str::to_owned);
                let names = sources.iter().map(|it| it.filter(|it| is_plain(it)).and_then(name));
                names.map(|it| self.file(to.join(&it?))).collect()
            }
        }
    }

    /// The files that its output goes to; `None` if one is not known.
    fn redirected(&self, process: &Process) -> Option<Vec<Change>> {
        let is_open = |it: &Option<String>| it.as_deref().is_some_and(Process::is_scratch);
        let files = process.writes.iter().filter(|it| !is_open(it));
        files.map(|it| self.file(self.place(process, it.as_deref())?)).collect()
    }

    /// The path of the image that a word names; `None` if that is not known.
    fn place(&self, process: &Process, word: Option<&str>) -> Option<ImagePath> {
        let word = word.filter(|it| is_plain(it))?;
        if let Some(path) = ImagePath::new(word) {
            return Some(path);
        }
        if self.image.services().any(|it| it.service.workdir.is_some()) {
            return None;
        }
        Some(self.image.state().workdir.as_ref()?.join(&process.folder).join(word))
    }

    /// A file that is written: it is handed over if the image brings it, else its folder is. `None` if it is not known
    /// whether the image has it.
    fn file(&self, path: ImagePath) -> Option<Change> {
        let is_open = Process::is_scratch(path.as_str());
        let exists = !is_open && self.image.provided(&path).is_some();
        if is_open || exists {
            return Some(Change { path, is_file: true, exists });
        }
        let is_made = self.image.mentions_run(&[path.file_name()]);
        let is_code = self.is_copied(&path) || is_made || self.image.brought().is_err();
        if is_code { None } else { self.beside(path) }
    }

    /// A file that is made or removed, for which its folder is written to. `None` if it is not known what is there.
    fn beside(&self, path: ImagePath) -> Option<Change> {
        let folder = path.parent()?;
        let is_known = self.is_folder(&folder) || folder.is_root();
        let is_known = is_known && !self.is_folder(&path) || Process::is_scratch(path.as_str());
        is_known.then_some(Change { path, is_file: true, exists: false })
    }

    fn is_folder(&self, path: &ImagePath) -> bool {
        self.folders.contains(path) || self.image.provided(path).is_none() && self.image.fills(path)
    }

    /// Whether a folder is there already and holds what the image is made of.
    fn is_code(&self, path: &ImagePath) -> bool {
        self.image.state().made.contains(path)
            || (self.image.fills(path) && !is_state_name(path.as_str()))
    }

    /// Whether a COPY from another stage or image may bring what is at a path.
    fn is_copied(&self, path: &ImagePath) -> bool {
        self.image.instructions().any(|it| {
            let copy = it.instruction.copy().filter(|it| it.from.is_some());
            let to = copy.and_then(|copy| self.image.path_at(it.item, &copy.destination.text));
            it.instruction.keyword == Keyword::Copy && to.is_some_and(|it| path.is_within(&it))
        })
    }
}

/// A file or folder that is changed.
struct Change {
    path: ImagePath,
    is_file: bool,
    /// True if it is a file that the image brings.
    exists: bool,
}

/// The options and operands of a command line of a small tool.
struct Line<'p> {
    /// The letters of its options.
    letters: String,
    /// Its operands; `None` for one that is not known.
    operands: Vec<Option<&'p str>>,
}

impl<'p> Line<'p> {
    /// Reads a command line; `None` if it has an option that is not known to have a letter.
    fn of(process: &'p Process) -> Option<Self> {
        let mut line = Self { letters: String::new(), operands: Vec::new() };
        let mut is_over = false;
        for it in &process.arguments {
            let word = it.as_deref().filter(|_| !is_over);
            match word.and_then(|it| it.strip_prefix('-')).filter(|it| !it.is_empty()) {
                Some("-") => is_over = true,
                Some(long) if long.starts_with('-') => line.letters.push(letter(long)?),
                Some(letters) => line.letters.push_str(letters),
                None => line.operands.push(it.as_deref()),
            }
        }
        Some(line)
    }

    fn has_operands(&self, least: usize) -> bool {
        least <= self.operands.len()
    }

    /// Whether its last operand has a slash at its end.
    fn ends_in_folder(&self) -> bool {
        self.operands.last().copied().flatten().is_some_and(|it| it.ends_with('/'))
    }
}

/// The letter of a long option of `cp`, `ln`, `mkdir`, `rm`, `tee` and `touch`.
///
/// gnu.org/software/coreutils/manual
fn letter(option: &str) -> Option<char> {
    let letters = [
        ("-append", 'a'),
        ("-archive", 'a'),
        ("-force", 'f'),
        ("-no-clobber", 'n'),
        ("-parents", 'p'),
        ("-recursive", 'r'),
        ("-symbolic", 's'),
        ("-verbose", 'v'),
    ];
    letters.iter().find(|it| it.0 == option).map(|it| it.1)
}

/// Whether a shell takes a word as it is.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && !word.contains(['*', '?', '[', '{', '$', '~'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_files_of_root_is_seen() {
        let code = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let program = words.next().unwrap();
            let arguments = words.map(Some).collect();
            let process = Process { program, arguments, ..Process::default() };
            check(&process).map_err(|it| it.code)
        };
        for line in ["sed -i s/a/b/ /etc/x", "cp a b", "git clone a /srv/b", "chmod +x /tmp/a"] {
            assert_eq!(code(line), Err("writes-at-start"), "{line}");
        }
        for line in ["wget http://localhost/", "wget -qO page http://localhost/"] {
            assert_eq!(code(line), Err("writes-at-start"), "{line}");
        }
        for line in [
            "cp a /tmp/b",
            "git status",
            "sed s/a/b/ /etc/x",
            "wget --spider http://localhost/",
            "wget -qO- http://localhost/",
            "wget -q -O /dev/null http://localhost/",
        ] {
            assert_eq!(code(line), Ok(()), "{line}");
        }
    }
}
