//! Where a process is told to write: by its options, by variables and by its settings files.

use super::{
    Image,
    addresses::{file, folder, socket},
    evidence::{Trace, Written, named, sqlite},
    process::Process,
    roles::Role,
};
use crate::{
    ecosystems::{
        code::{self, Language},
        jvm,
        programs::{
            paths::{self, Naming, What},
            settings::{self, Setting, Value},
        },
    },
    shell::{Script, Word},
    text::{Refusal, RepoPath},
};

/// Options by which programs are commonly given a settings file.
const GIVES_SETTINGS: [&str; 7] =
    ["--conf", "--config", "--config-file", "--env-file", "--log-config", "--settings", "-c"];

/// The endings of files that programs write.
const STATE: [&str; 6] = [".db", ".log", ".pid", ".sock", ".sqlite", ".sqlite3"];

/// What a process is told to write.
///
/// # Errors
/// A decline's code and reason: its settings cannot be read, name a computed path, or make it change the user.
pub(super) fn traces(image: &Image<'_>, process: &Process) -> Result<Vec<Trace>, Refusal> {
    if process.role == Role::Check {
        return Ok(Vec::new());
    }
    let mut told = Told { image, process, names: paths::of(&process.program), found: Vec::new() };
    let given = told.variables(What::Arguments).join(" ");
    let more = Some(words(&given)).filter(|it| !it.is_empty());
    let more = more.map(|arguments| Process { arguments, ..process.clone() });
    for process in [Some(process), more.as_ref()].into_iter().flatten() {
        told.options(process)?;
    }
    for what in [What::Database, What::File, What::Folder, What::Socket] {
        for value in told.variables(what) {
            told.add(what, &value, &format!("a variable of {}", process.program))?;
        }
    }
    for path in told.files(What::Logging, &[process]) {
        told.logging(&path)?;
    }
    let own: Vec<&Process> = [Some(process), more.as_ref()].into_iter().flatten().collect();
    let files = told.files(What::Settings, &own);
    for path in &files {
        told.settings(path)?;
    }
    if !told.names.iter().any(|it| it.what == What::Settings) {
        told.any()?;
    }
    told.enter(&files);
    Ok(told.found)
}

/// Whether the last argument of a process names the place that it writes to, and is not known.
pub(super) fn hides_last(process: &Process) -> bool {
    let is_hidden = process.arguments.last().is_some_and(Option::is_none);
    is_hidden && paths::of(&process.program).iter().any(|it| it.is_last)
}

/// The last argument, if that names the place that a program writes to.
fn last<'p>(naming: &Naming, process: &'p Process) -> Option<&'p str> {
    let last = process.arguments.last()?.as_deref()?;
    (naming.is_last && 1 < process.arguments.len() && !last.starts_with('-')).then_some(last)
}

/// The files of a settings file of Python's logging, which source reads at a place.
///
/// # Errors
/// A decline's code and reason: it cannot be read, or computes a path.
pub(super) fn logs(image: &Image<'_>, from: &str, path: &str) -> Result<Vec<Trace>, Refusal> {
    let process = Process { from: from.to_owned(), ..Process::default() };
    let mut told = Told { image, process: &process, names: &[], found: Vec::new() };
    told.logging(path)?;
    Ok(told.found)
}

/// The words of a line of options.
fn words(line: &str) -> Vec<Option<String>> {
    let script = Script::of_text(line).ok();
    let words = script.iter().flat_map(Script::commands).flat_map(|it| &it.words);
    // `-Xlog:gc*` is no pattern where no shell reads it.
    let plain = |it: &Word| Some(it.raw.clone()).filter(|it| !it.contains(['$', '"', '\'', '`']));
    words.map(|it| it.value.clone().or_else(|| plain(it))).collect()
}

/// What is found out about a process.
struct Told<'t, 'i> {
    image: &'t Image<'i>,
    process: &'t Process,
    names: &'static [Naming],
    found: Vec<Trace>,
}

impl Told<'_, '_> {
    fn of(&self, what: What) -> impl Iterator<Item = &Naming> {
        self.names.iter().filter(move |it| it.what == what)
    }

    /// The values of the variables that name something.
    fn variables(&self, what: What) -> Vec<String> {
        let names = self.of(what).flat_map(|it| &it.variables);
        names.filter_map(|it| self.image.environment(it)).collect()
    }

    /// What options say.
    fn options(&mut self, process: &Process) -> Result<(), Refusal> {
        let mut is_told = false;
        for naming in self.names {
            let options = &naming.options;
            if naming.what == What::User && !process.values(options).is_empty() {
                let name = &process.program;
                let reason = format!(
                    "{} starts {name} as root, and {name} changes the user itself",
                    process.from
                );
                return Err(Refusal::new("needs-root", reason));
            }
            let is_path = matches!(naming.what, What::File | What::Folder);
            let mut hidden = options.iter().filter(|it| is_path && process.hides(it));
            if let Some(option) = hidden.next() {
                let reason = format!("{option} of {} names a path in a variable", process.from);
                return Err(Refusal::new("unknown-folder", reason));
            }
            let evidence = |it: &str| format!("{it} of {}", process.from);
            if naming.what == What::Here && process.has(options) {
                self.add(What::Folder, ".", &evidence(&process.program))?;
            }
            for value in process.values(options).into_iter().chain(last(naming, process)) {
                is_told |= is_path;
                self.add(naming.what, value, &evidence(value))?;
            }
        }
        for path in process.known().filter_map(jvm::output) {
            self.add(What::File, path, &format!("{path} of {}", process.from))?;
        }
        let is_default = self.names.iter().any(|it| it.is_default) && !is_told;
        if is_default && !process.arguments.is_empty() {
            self.add(What::Folder, ".", &format!("{} of {}", process.program, process.from))?;
        }
        Ok(())
    }

    /// Adds what a value names.
    fn add(&mut self, what: What, value: &str, evidence: &str) -> Result<(), Refusal> {
        let written = match what {
            What::Database => sqlite(value).map(Written::file),
            What::File => file(value).map(Written::file),
            What::Folder => folder(value).map(Written::folder),
            What::Socket => socket(value).map(Written::file),
            What::Arguments
            | What::Directory
            | What::Here
            | What::Logging
            | What::Settings
            | What::User => None,
        };
        let Some(written) = written else { return Ok(()) };
        let folder = if written.is_file {
            written.path.rsplit_once('/').map_or("", |it| it.0)
        } else {
            &written.path
        };
        if folder.contains(['%', '$', '{']) {
            return Err(Refusal::new(
                "unknown-folder",
                format!("the folder of {} is not known", written.path),
            ));
        }
        self.found.push(Trace::new(written, evidence));
        Ok(())
    }

    /// The settings files that it reads, as paths of the image: those that it is given, or else its own.
    fn files(&self, what: What, processes: &[&Process]) -> Vec<String> {
        let options: Vec<&str> = self.of(what).flat_map(|it| it.options.iter().copied()).collect();
        let given = processes.iter().flat_map(|it| it.values(&options));
        let mut given: Vec<String> = given.map(module).collect();
        given.extend(self.variables(what));
        if given.is_empty() {
            let own = self.of(what).flat_map(|it| &it.keys);
            let folder = self.directory(&[]);
            let own =
                own.map(|it| folder.as_deref().map_or((*it).to_owned(), |to| format!("{to}/{it}")));
            given.extend(own.filter(|it| self.image.source(it).is_some()).take(1));
        }
        // uWSGI takes its file without an option as well.
        if given.is_empty() && what == What::Settings && self.process.program == "uwsgi" {
            let file = self.process.known().find(|it| settings::is_plain(it));
            given.extend(file.map(str::to_owned));
        }
        given
    }

    /// The text of a settings file, and its settings.
    fn read(&self, path: &str) -> Result<(RepoPath, String, Vec<Setting>), Refusal> {
        let refuse = |why: &str| {
            let reason = format!("{} reads the settings in {path}, {why}", self.process.from);
            Refusal::new("unknown-settings", reason)
        };
        let found = self.image.source(path);
        let found = found.ok_or_else(|| refuse(&self.image.whereabouts(path)))?;
        let text = self.image.text(&found);
        let read = text.and_then(|it| Some((settings::read(found.file_name(), &it)?, it)));
        let (settings, text) = read.ok_or_else(|| refuse("which cannot be read"))?;
        Ok((found, text, settings))
    }

    /// What one of its settings files says.
    fn settings(&mut self, path: &str) -> Result<(), Refusal> {
        let (file, text, settings) = self.read(path)?;
        let code = Language::of(file.file_name()).and_then(|it| code::read(it, &text));
        if let Some(it) = code.iter().flat_map(|it| &it.writes).find(|it| it.is_sure) {
            let call = it.what.trim_start_matches('.');
            let reason =
                format!("{file}:{} calls {call} when {} starts", it.line, self.process.program);
            return Err(Refusal::new("unknown-settings", reason));
        }
        for naming in self.names {
            for setting in &settings {
                let Some(key) = naming.keys.iter().find(|key| setting.is(key)) else { continue };
                let evidence = format!("{key} of {file}:{}", setting.line);
                self.setting(naming.what, setting, &evidence, path)?;
            }
        }
        Ok(())
    }

    /// What one setting says.
    fn setting(
        &mut self,
        what: What,
        setting: &Setting,
        evidence: &str,
        path: &str,
    ) -> Result<(), Refusal> {
        let value = match &setting.value {
            Value::Text(it) => Some(it.clone()),
            Value::Variable(name, default) => {
                self.image.environment(name).or_else(|| default.clone())
            }
            Value::Computed(text) => {
                let may_be_path = match what {
                    What::Socket => text.contains("unix") || text.contains(".sock"),
                    What::Directory
                    | What::Here
                    | What::Settings
                    | What::Arguments
                    | What::User => false,
                    What::Database | What::File | What::Folder | What::Logging => true,
                };
                if may_be_path {
                    return Err(Refusal::new(
                        "unknown-settings",
                        format!("{evidence} is computed"),
                    ));
                }
                None
            }
        };
        let nothing = ["", "-", "0", "False", "None", "false", "null", "root", "true", "undefined"];
        let Some(value) = value.filter(|it| !nothing.contains(&it.as_str())) else { return Ok(()) };
        let here = path.rsplit_once('/').map_or(".", |it| it.0);
        let value = self.expanded(&value.replace("%(here)s", here));
        match what {
            What::User => {
                let reason = format!(
                    "{evidence} is {value}: {} starts as root and changes the user itself",
                    self.process.program
                );
                Err(Refusal::new("needs-root", reason))
            }
            What::Logging => self.logging(&value),
            // Prisma counts from the folder of its schema.
            What::Database if value.starts_with("file:") => {
                let value = format!("file:{here}/{}", value.trim_start_matches("file:"));
                let value = if value.starts_with(&format!("file:{here}//")) {
                    format!("file:/{}", value.rsplit_once("//").map_or("", |it| it.1))
                } else {
                    value
                };
                self.add(what, &value, evidence)
            }
            _ => self.add(what, &value, evidence),
        }
    }

    /// A value with `$(NAME)`, as uWSGI writes a variable of the environment, in its place.
    fn expanded(&self, value: &str) -> String {
        let Some((before, rest)) = value.split_once("$(") else { return value.to_owned() };
        let Some((name, after)) = rest.split_once(')') else { return value.to_owned() };
        let value = self.image.environment(name).unwrap_or_else(|| format!("${{{name}}}"));
        format!("{before}{value}{after}")
    }

    /// What a configuration of Python's logging says.
    fn logging(&mut self, path: &str) -> Result<(), Refusal> {
        let (file, _, settings) = self.read(path)?;
        for setting in settings::logged(&settings) {
            let evidence = format!("a log handler of {file}:{}", setting.line);
            self.setting(What::File, &setting, &evidence, path)?;
        }
        Ok(())
    }

    /// What the settings file of a program says that is not in the table.
    fn any(&mut self) -> Result<(), Refusal> {
        let given = self.process.values(&GIVES_SETTINGS);
        let alone = self.process.known().filter(|it| !it.starts_with('-'));
        let mut paths: Vec<String> = given.into_iter().chain(alone).map(module).collect();
        paths.retain(|it| settings::is_plain(it) && !it.contains("://"));
        paths.dedup();
        for path in paths {
            // What is not in the project is not known, and neither is whether it matters.
            if self.image.source(&path).is_none() {
                continue;
            }
            let (file, _, settings) = self.read(&path)?;
            for setting in &settings {
                let Value::Text(value) = &setting.value else { continue };
                let name = setting.key.to_uppercase().replace(['.', '-'], "_");
                let is_path = !value.contains("://") && !value.contains(' ');
                let ends = STATE.iter().any(|it| value.ends_with(it) && value.len() > it.len());
                let state = (is_path && ends).then(|| Written::file(value.as_str()));
                let Some(written) = named(&name, value).or(state) else { continue };
                let evidence = format!("{} of {file}:{}", setting.name(), setting.line);
                let what = if written.is_file { What::File } else { What::Folder };
                self.add(what, &written.path, &evidence)?;
            }
            for setting in settings::logged(&settings) {
                let evidence = format!("a log handler of {file}:{}", setting.line);
                self.setting(What::File, &setting, &evidence, &path)?;
            }
        }
        Ok(())
    }

    /// The directory that it changes to.
    fn directory(&self, files: &[String]) -> Option<String> {
        let options: Vec<&str> =
            self.of(What::Directory).flat_map(|it| it.options.iter().copied()).collect();
        let told = self.process.values(&options).last().map(|it| (*it).to_owned());
        told.or_else(|| {
            let settings = files.iter().filter_map(|it| self.read(it).ok());
            let mut settings = settings.flat_map(|it| it.2);
            let keys: Vec<&str> =
                self.of(What::Directory).flat_map(|it| it.keys.iter().copied()).collect();
            settings.find_map(|it| match it.value {
                Value::Text(ref value) if keys.iter().any(|key| it.is(key)) => Some(value.clone()),
                _ => None,
            })
        })
    }

    /// Puts relative paths into the directory that it changes to.
    fn enter(&mut self, files: &[String]) {
        let Some(folder) = self.directory(files) else { return };
        for trace in &mut self.found {
            if !trace.written.path.starts_with('/') {
                trace.written.path =
                    format!("{}/{}", folder.trim_end_matches('/'), trace.written.path);
            }
        }
    }
}

/// The file that an option names by `python:a.b` or `file:a/b.py`, else as it is.
fn module(value: &str) -> String {
    match value.strip_prefix("python:") {
        Some(name) => format!("{}.py", name.replace('.', "/")),
        None => value.strip_prefix("file:").unwrap_or(value).to_owned(),
    }
}
