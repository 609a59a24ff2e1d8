//! Moving the COPYs of source behind a RUN that does not need them.

use std::collections::BTreeMap;

use crate::{
    dockerfile::{
        Instruction, Keyword, Kind,
        stage::{Stage, absolute, mentions},
    },
    independence::{Role, role},
    packages::{self, At, Install, Refusal},
    path::RepoPath,
    project::{
        Project,
        copies::{CopyIn, Opaque, below},
        glob,
        layers::{Layer, Layers},
    },
    run::{CallSite, Run, Site},
    text::Edit,
};

/// A RUN, and the COPYs of source before it that are to come after it.
pub struct Deferral<'a> {
    site: &'a Site<'a>,
    stage: &'a Stage<'a>,
    layers: Layers<'a>,
    /// The items of the COPYs that move, in order.
    pub moved: Vec<usize>,
}

/// The files that each COPY that moves must leave behind: the file, and its path in the image.
pub type Kept = BTreeMap<usize, Vec<(RepoPath, String)>>;

impl<'a> Deferral<'a> {
    /// The COPYs of source in a stage before an item; `None` when there are none.
    ///
    /// # Errors
    /// A decline's code and reason, when what they bring is not known.
    pub fn before(
        project: &'a Project,
        site: &'a Site<'a>,
        stage: &'a Stage<'a>,
        item: usize,
    ) -> Result<Option<Self>, Refusal> {
        let copies = stage.instructions().take_while(|it| it.0 < item);
        if !copies.into_iter().any(|it| seems_to_copy_source(it.2)) {
            return Ok(None);
        }
        let folder = Layers::context(project, site.path)?;
        let layers = Layers::read(project, site, stage, folder);
        let mut moved = Vec::new();
        for layer in layers.copies.iter().filter(|it| it.stage == stage.index && it.item < item) {
            let line = site.place(layer.item).line;
            match &layer.copy {
                Ok(copy) if brings_source(copy, project) => moved.push(layer.item),
                Err(Opaque::Missing(source)) => {
                    let reason =
                        format!("line {line} copies {source}, which is not in the build context");
                    return Err(("source-missing", reason));
                }
                Err(Opaque::UnknownVariable) => {
                    let reason = format!(
                        "what line {line} copies depends on a variable without a known value"
                    );
                    return Err(("unknown-variable", reason));
                }
                Ok(_) | Err(Opaque::OtherStage | Opaque::NotOfContext) => {}
            }
        }
        Ok((!moved.is_empty()).then_some(Self { site, stage, layers, moved }))
    }

    /// The text of the file that a COPY put at a path of the image before an item.
    pub fn text(&self, project: &Project, item: usize, path: &str) -> Option<std::sync::Arc<str>> {
        let (_, file) = self.layers.provider(self.stage.index, item, path)?;
        project.file(file.as_str()).map(|it| it.text.clone())
    }

    fn moves(&self, layer: &Layer) -> bool {
        layer.stage == self.stage.index && self.moved.contains(&layer.item)
    }

    fn copies(&self, until: usize) -> impl Iterator<Item = &CopyIn> {
        let moves = move |it: &&Layer| it.item < until && self.moves(it);
        self.layers.copies.iter().filter(moves).filter_map(|it| it.copy.as_ref().ok())
    }

    /// Whether a COPY that moves puts something at a path of the image or below it.
    pub fn brings(&self, until: usize, path: &str) -> bool {
        self.copies(until).any(|it| it.reaches(path, &self.layers.sent))
    }

    /// Whether the COPYs can move past everything between them and the RUN.
    ///
    /// # Errors
    /// A decline's code and reason: what stands in the way.
    pub fn clear(&mut self, project: &Project, run: &Run<'_>) -> Result<(), Refusal> {
        let first = self.moved[0];
        for layer in self.layers.copies.iter().filter(|it| self.moved.contains(&it.item)) {
            self.ordinary_place(layer, run)?;
        }
        for (item, _, it) in self.stage.instructions().filter(|it| first < it.0 && it.0 < run.item)
        {
            let line = self.site.place(item).line;
            let stop = |code, what: &str| Err((code, format!("line {line} {what}")));
            match it.keyword {
                Keyword::Run => {
                    if self.is_second_step(project, item) {
                        self.moved.push(item);
                        self.moved.sort_unstable();
                    } else if let Some(command) = self.reader(project, item)? {
                        return stop("reads-source", &format!("may read the source: `{command}`"));
                    }
                }
                Keyword::Copy | Keyword::Add if !self.moved.contains(&item) => {
                    if self.overlaps(item) {
                        return stop(
                            "overlapping-copy",
                            "copies to the same place, so the order matters",
                        );
                    }
                }
                Keyword::Env | Keyword::Arg => {
                    let names: Vec<String> = it.pairs().into_iter().map(|it| it.name).collect();
                    let uses = |at: &usize| {
                        names.iter().any(|it| mentions(self.site.dockerfile.text(*at), it))
                    };
                    if self.moved.iter().filter(|at| **at < item).any(|at| uses(at)) {
                        return stop(
                            "unknown-variable",
                            "sets a variable that the COPY before it uses",
                        );
                    }
                }
                Keyword::Volume => {
                    return stop("volume", "makes a volume, after which files may be lost");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a RUN repeats an install that stands before the COPYs, now that the source is there.
    fn is_second_step(&self, project: &Project, item: usize) -> bool {
        let Ok(run) = self.site.run(self.stage, item) else { return false };
        let roles = self.roles(project, &run);
        let installs =
            |it: &Role| matches!(it, Role::Install(it) if it.source != packages::Source::Nothing);
        let harmless = |it: &Role| installs(it) || matches!(it, Role::Shell | Role::Independent);
        roles.iter().any(installs) && roles.iter().all(harmless) && self.repeats(&run, &roles)
    }

    /// Whether every install of a RUN was made before the COPYs already: by the same manager in the same
    /// folder, from the same manifests unless what is left here needs the source.
    pub fn repeats(&self, run: &Run<'_>, roles: &[Role]) -> bool {
        let words = packages::programs();
        let earlier = self.site.runs(self.stage, &words).filter(|it| *it < self.moved[0]);
        let earlier: Vec<_> = earlier.filter_map(|it| self.site.run(self.stage, it).ok()).collect();
        let installed = |run: &Run<'_>, site: &CallSite| {
            let install = (packages::manager(&site.call)?.install)(&site.call, &run.at(site))?;
            Some((site.call.program.clone(), site.directory.clone(), install))
        };
        let installed: Vec<_> = earlier
            .iter()
            .flat_map(|run| run.calls().iter().filter_map(|it| installed(run, it)))
            .collect();
        let mut installs = roles.iter().enumerate().filter_map(|(index, it)| match it {
            Role::Install(install) => {
                Some((run.calls().iter().find(|it| it.command == index)?, install))
            }
            _ => None,
        });
        installs.all(|(site, install)| {
            installed.iter().any(|(program, directory, earlier)| {
                let reads = || install.reads.iter().all(|it| earlier.reads.contains(it));
                *program == site.call.program
                    && (reads()
                        || (install.source != packages::Source::Nothing
                            && *directory == site.directory))
            })
        })
    }

    /// The first command of a RUN that may read what moves; `None` when there is none.
    fn reader(&self, project: &Project, item: usize) -> Result<Option<String>, Refusal> {
        let run = match self.site.run(self.stage, item) {
            Ok(run) => run,
            Err(_) => return Ok(Some(shortened(self.site.dockerfile.text(item)))),
        };
        let roles = self.roles(project, &run);
        let reads = |it: &Role| matches!(it, Role::MayRead | Role::Install(_));
        let found = roles.iter().position(reads).map(|it| &run.script.commands()[it]);
        Ok(found.map(|it| shortened(run.text(it.span.clone()))))
    }

    /// What each command of a RUN has to do with the COPYs that move.
    pub fn roles(&self, project: &Project, run: &Run<'_>) -> Vec<Role> {
        let text = |path: &str| self.text(project, run.item, path);
        let brings = |path: &str| self.brings(run.item, path);
        let commands = run.script.commands().iter().enumerate();
        let one = |(index, command)| {
            let site = run.calls().iter().find(|it| it.command == index);
            let directory = run.directory(command);
            let version =
                site.and_then(|it| self.site.installed(self.stage, run.item, &it.call.program));
            let at =
                At { state: &run.state, directory: directory.as_deref(), text: &text, version };
            let found = role(command, site, &at, &brings);
            // A folder that only a COPY makes is not there yet.
            let elsewhere =
                directory != run.state.workdir && directory.is_none_or(|it| brings(&it));
            match found {
                Role::Independent if elsewhere => Role::MayRead,
                found => found,
            }
        };
        commands.map(one).collect()
    }

    /// What an install reads of the COPYs that move, by COPY.
    ///
    /// # Errors
    /// A decline's code and reason: a file that is not found, or that the COPY would overwrite.
    pub fn kept(&self, run: &Run<'_>, installs: &[&Install]) -> Result<Kept, Refusal> {
        let mut kept = Kept::new();
        for read in installs.iter().flat_map(|it| &it.reads) {
            let made = self.makes(run, &read.path);
            let provider = self.layers.provider(self.stage.index, run.item, &read.path);
            match provider {
                Some((layer, _)) if made && self.moves(layer) => {
                    return Err((
                        "overwrites-install",
                        format!("{} is made by a command and copied, too", read.path),
                    ));
                }
                Some((layer, file)) if self.moves(layer) => {
                    // A COPY that stays may bring the same file already.
                    let mut others =
                        self.layers.before(self.stage.index, run.item).filter(|it| !self.moves(it));
                    let brings =
                        |it: &Layer| it.copy.as_ref().ok()?.provides(&read.path, &self.layers.sent);
                    if others.any(|it| brings(it).as_ref() == Some(&file)) {
                        continue;
                    }
                    let files = kept.entry(layer.item).or_default();
                    if !files.iter().any(|it| it.0 == file) {
                        files.push((file, read.path.clone()));
                    }
                }
                Some(_) => {}
                None if made || !read.required || self.from_elsewhere(run.item, &read.path) => {}
                None => {
                    let reason = format!(
                        "the install reads {}, which is not in the build context",
                        read.path
                    );
                    return Err(("manifest-not-found", reason));
                }
            }
        }
        for path in installs.iter().flat_map(|it| &it.makes) {
            let over = self.copies(run.item).find_map(|it| it.may_provide(path, &self.layers.sent));
            if let Some(over) = over {
                let reason = format!(
                    "copied after the install, {over} would take the place of what it makes; exclude it in .dockerignore (write-dockerignore)"
                );
                return Err(("overwrites-install", reason));
            }
        }
        Ok(kept)
    }

    /// Whether a folder of the image is there without the COPYs that move.
    pub fn has_folder(&self, run: &Run<'_>, kept: &Kept, folder: &str) -> bool {
        let mut paths = kept.values().flatten().map(|it| it.1.as_str());
        let others = self
            .layers
            .before(self.stage.index, run.item)
            .filter(|it| !self.moved.contains(&it.item));
        folder == "/"
            || run.state.workdir.as_deref() == Some(folder)
            || run.state.made.iter().any(|it| below(it, folder).is_some())
            || paths.any(|it| below(it, folder).is_some())
            || others
                .filter_map(|it| it.destination.as_deref())
                .any(|it| below(it, folder).is_some() || below(folder, it).is_some())
    }

    /// Whether a command before the install, in its RUN or an earlier one, writes a file.
    fn makes(&self, run: &Run<'_>, path: &str) -> bool {
        let earlier = self.site.runs(self.stage, &[""]).filter(|it| *it < run.item);
        let earlier: Vec<_> = earlier.filter_map(|it| self.site.run(self.stage, it).ok()).collect();
        earlier
            .iter()
            .chain([run])
            .any(|run| run.calls().iter().any(|site| writes(run, site, path)))
    }

    /// Whether a file may come from another stage or from the net.
    fn from_elsewhere(&self, item: usize, path: &str) -> bool {
        let covers = |it: &&Layer| {
            matches!(it.copy, Err(Opaque::OtherStage | Opaque::NotOfContext))
                && it.destination.as_deref().is_none_or(|it| below(path, it).is_some())
        };
        self.layers.before(self.stage.index, item).any(|it| covers(&it))
    }

    /// A COPY that configures the system may change what an install does.
    fn ordinary_place(&self, layer: &Layer, run: &Run<'_>) -> Result<(), Refusal> {
        let Ok(copy) = &layer.copy else { return Ok(()) };
        let place = copy.destination.as_str();
        let system = ["/etc", "/usr", "/bin", "/sbin", "/lib", "/root", "/var", "/home"];
        let exempt = [
            "/usr/src",
            "/usr/app",
            "/usr/local/app",
            "/usr/local/src",
            "/var/www",
            "/var/task",
            "/var/app",
        ];
        let inside = |all: &[&str]| all.iter().any(|it| below(place, it).is_some());
        let work = run.state.workdir.as_deref().filter(|it| *it != "/");
        let at_work = work.is_some_and(|it| below(place, it).is_some());
        let deep = below(place, "/home").is_some_and(|it| it.split('/').count() > 1)
            || below(place, "/root").is_some_and(|it| !it.is_empty() && !it.starts_with('.'));
        if inside(&system) && !inside(&exempt) && !at_work && !deep {
            let line = self.site.place(layer.item).line;
            return Err((
                "system-files",
                format!("line {line} copies to {place}, where it may configure the install"),
            ));
        }
        Ok(())
    }

    fn overlaps(&self, item: usize) -> bool {
        let Some(other) = self.layers.copies.iter().find(|it| it.item == item) else { return true };
        let Some(place) = other.destination.as_deref() else { return true };
        let sent = &self.layers.sent;
        match &other.copy {
            Ok(other) if other.sources.iter().all(|it| !it.is_folder) => {
                other.sources.iter().any(|source| {
                    let path = match other.into {
                        true => absolute(&other.destination, source.path.file_name()),
                        false => other.destination.clone(),
                    };
                    // The same file at the same place is no conflict.
                    self.copies(item)
                        .any(|it| it.may_provide(&path, sent).is_some_and(|it| it != source.path))
                })
            }
            _ => self
                .copies(item)
                .any(|it| it.reaches(place, sent) || below(&it.destination, place).is_some()),
        }
    }

    /// The edits: each COPY leaves behind what is kept of it, and comes after the RUN, followed by
    /// `after`; `head` takes the place of the RUN.
    pub fn edits(
        &self,
        run: &Run<'_>,
        kept: &Kept,
        head: Option<&str>,
        after: Option<&str>,
    ) -> Vec<Edit> {
        let dockerfile = self.site.dockerfile;
        let mut edits: Vec<Edit> =
            head.map(|it| dockerfile.replace(run.item, it)).into_iter().collect();
        let mut lines: Vec<String> = Vec::new();
        let mut gone: Vec<std::ops::Range<usize>> = Vec::new();
        for &item in &self.moved {
            let comments = dockerfile.comments_above(item);
            // A comment on dependencies belongs to the manifests that stay.
            let stays =
                |at: usize| kept.contains_key(&item) && speaks_of_dependencies(dockerfile.text(at));
            let leaves = !comments.clone().any(stays);
            let first = if leaves { comments.start } else { item };
            if !lines.is_empty() && dockerfile.begins_paragraph(item) {
                lines.push(String::new());
            }
            lines.extend((first..item).map(|it| dockerfile.text(it).to_owned()));
            lines.push(self.moved_text(item, run, kept.get(&item).map_or(&[], Vec::as_slice)));
            let end = match kept.get(&item) {
                Some(files) => {
                    edits.push(dockerfile.replace(item, &self.manifest_copies(item, files)));
                    item
                }
                None => item + 1,
            };
            match gone.last_mut().filter(|it| it.end == first) {
                Some(last) => last.end = end,
                None if first < end => gone.push(first..end),
                None => {}
            }
        }
        edits.extend(gone.into_iter().map(|it| dockerfile.remove(it)));
        lines.extend(after.map(str::to_owned));
        edits.push(dockerfile.insert_after(
            run.item,
            &lines.join("\n"),
            dockerfile.begins_paragraph(run.item),
        ));
        edits
    }

    /// A COPY as it stands after the RUN: a relative destination is spelled out when WORKDIR has changed,
    /// and files that stay behind are named no more.
    fn moved_text(&self, item: usize, run: &Run<'_>, kept: &[(RepoPath, String)]) -> String {
        let text = self.site.dockerfile.text(item);
        let before = self.stage.state_before(item, &self.site.stages).workdir;
        let Kind::Instruction(it) = &self.site.dockerfile.items[item].kind else {
            return text.to_owned();
        };
        let Some(words) = it.copy().filter(|_| it.json().is_none()) else { return text.to_owned() };
        let start = self.site.dockerfile.items[item].span.start;
        let within = |range: crate::text::Span| {
            let span = it.logical.source_span(range);
            span.start - start..span.end - start
        };
        let mut edits = Vec::new();
        let raw = words.destination.text.as_str();
        if !raw.starts_with(['/', '"', '\'']) && before != run.state.workdir {
            let slash = if raw.ends_with(['/', '.']) { "/" } else { "" };
            let absolute = absolute(before.as_deref().unwrap_or("/"), raw);
            let absolute = if absolute == "/" { absolute } else { format!("{absolute}{slash}") };
            edits.push(Edit::replace(within(words.destination.range.clone()), absolute));
        }
        let copy = self
            .layers
            .copies
            .iter()
            .find(|it| it.item == item)
            .and_then(|it| it.copy.as_ref().ok());
        let stays = |word: &str| {
            let mut own =
                copy.into_iter().flat_map(|it| &it.sources).filter(|it| it.word == word).peekable();
            own.peek().is_some()
                && own.all(|it| !it.is_folder && kept.iter().any(|kept| kept.0 == it.path))
        };
        for (at, word) in words.sources.iter().enumerate().filter(|it| stays(&it.1.text)) {
            let next = words.sources.get(at + 1).unwrap_or(&words.destination);
            edits.push(Edit::delete(within(word.range.start..next.range.start)));
        }
        crate::text::apply(text, &edits)
    }

    /// COPYs of these files to where the COPY at an item puts them.
    fn manifest_copies(&self, item: usize, files: &[(RepoPath, String)]) -> String {
        let dockerfile = self.site.dockerfile;
        let layer = self
            .layers
            .copies
            .iter()
            .find(|it| it.item == item)
            .and_then(|it| it.copy.as_ref().ok());
        let (Kind::Instruction(it), Some(copy)) = (&dockerfile.items[item].kind, layer) else {
            return dockerfile.text(item).to_owned();
        };
        let Some(words) = it.copy() else { return dockerfile.text(item).to_owned() };
        let keyword = &dockerfile.source[it.keyword_span.clone()];
        let keyword = if keyword.chars().all(char::is_lowercase) { "copy" } else { "COPY" };
        let flags = it.flags.iter().filter(|it| {
            ["chown", "chmod", "link", "parents", "exclude"].contains(&it.name.as_str())
        });
        let flags = flags.map(|flag| &it.logical.text[flag.range.clone()]);
        let head: Vec<&str> = [keyword].into_iter().chain(flags).collect();
        let mut folders: Vec<(String, Vec<String>)> = Vec::new();
        for (file, path) in files {
            let folder =
                path.rsplit_once('/').map_or("/", |it| if it.0.is_empty() { "/" } else { it.0 });
            let folder = if copy.parents { copy.destination.as_str() } else { folder };
            let name = self.source_name(copy, &words.sources, file);
            match folders.iter_mut().find(|it| it.0 == folder) {
                Some((_, names)) => names.push(name),
                None => folders.push((folder.to_owned(), vec![name])),
            }
        }
        let raw = words.destination.text.trim_matches(['"', '\'']);
        let line = |(folder, names): (String, Vec<String>)| {
            let rest = below(&folder, &copy.destination).unwrap_or_default();
            let base = if matches!(raw, "." | "./") { "." } else { raw.trim_end_matches('/') };
            let destination =
                if rest.is_empty() { format!("{base}/") } else { format!("{base}/{rest}/") };
            let words: Vec<String> = names.into_iter().chain([destination]).collect();
            let arguments = match words.iter().any(|it| it.contains(char::is_whitespace)) {
                true => format!(
                    "[{}]",
                    words.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", ")
                ),
                false => words.join(" "),
            };
            format!("{} {arguments}", head.join(" "))
        };
        folders.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// How a file is named in a COPY: as the pattern that stood for it, or plainly.
    fn source_name(
        &self,
        copy: &CopyIn,
        words: &[crate::dockerfile::instruction::Word],
        file: &RepoPath,
    ) -> String {
        let own = copy.sources.iter().find(|it| it.path == *file && !it.is_folder);
        // `poetry.lock*` lets the file be missing; `*` would bring everything.
        let pattern = own
            .map(|it| it.word.as_str())
            .filter(|it| it.strip_suffix('*').is_some_and(|it| it.len() > 3));
        if let Some(pattern) = pattern {
            return pattern.to_owned();
        }
        let name = file.strip_prefix(&self.layers.sent.folder).unwrap_or(file.as_str());
        let dotted = words.iter().all(|it| it.text.starts_with("./"));
        if dotted { format!("./{name}") } else { name.to_owned() }
    }
}

/// Whether a COPY brings source: a folder of it, or files of a program. Whoever names a settings file
/// beside the manifests has thought about the order.
fn brings_source(copy: &CopyIn, project: &Project) -> bool {
    copy.sources.iter().any(|it| match it.is_folder {
        true => project.tree().below(&it.path).any(|it| !is_manifest(it)),
        false => is_code(it.path.file_name()) && !is_manifest(&it.path),
    })
}

fn is_code(name: &str) -> bool {
    [".py", ".pyx", ".sh", ".js", ".ts", ".go", ".rs", ".java", ".rb"]
        .iter()
        .any(|it| name.ends_with(it))
}

/// A manifest by its name, or by its folder: `requirements/base.txt`.
fn is_manifest(path: &RepoPath) -> bool {
    let folder = path.parent();
    let listed = folder.as_ref().is_some_and(|it| it.file_name().contains("requirements"));
    packages::is_manifest(path.file_name())
        || (listed && [".txt", ".in", ".pip"].iter().any(|it| path.as_str().ends_with(it)))
}

/// Whether a COPY or ADD seems to bring source, judged by its text alone.
fn seems_to_copy_source(it: &Instruction) -> bool {
    let Some(copy) = it.copy().filter(|it| it.from.is_none()) else { return false };
    let manifest = |it: &str| {
        let name = it.trim_matches(['"', '\'']).trim_end_matches(['/', '*']);
        let name = name.rsplit('/').next().unwrap_or_default();
        packages::is_manifest(name) || it.contains("://")
    };
    let settings = |it: &str| {
        let name = it.rsplit('/').next().unwrap_or_default();
        name.contains('.')
            && !name.starts_with('.')
            && !name.ends_with('.')
            && !glob::is_pattern(name)
            && !is_code(name)
    };
    copy.sources.iter().any(|it| !manifest(&it.text) && !settings(&it.text))
}

fn writes(run: &Run<'_>, site: &CallSite, path: &str) -> bool {
    let at = run.at(site);
    let command = &run.script.commands()[site.command];
    let redirects = command
        .redirects
        .iter()
        .filter(|it| it.operator.starts_with('>'))
        .filter_map(|it| it.target.value.as_deref());
    let options =
        site.call.values(&["-o", "--output", "--output-file", "-O"]).into_iter().flatten();
    redirects.chain(options).any(|it| at.path(it).as_deref() == Some(path))
}

fn speaks_of_dependencies(comment: &str) -> bool {
    let text = comment.to_lowercase();
    ["dependenc", "requirement", "install", "package", "poetry", "manifest", "lock", "pyproject"]
        .iter()
        .any(|it| text.contains(it))
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
