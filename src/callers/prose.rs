//! How people are told to start an image: `docker run` in the code blocks of guides, in comments of Dockerfiles, and
//! in units of systemd. What they build says only which image is meant.

use std::collections::{BTreeMap, HashMap};

use super::{
    Caller, Callers, image_name, published::is_candidate, runs_containers, script::Script,
    traced::Traced,
};
use crate::{project::is_dockerfile, text::RepoPath};

/// Reads the containers that a text starts; nothing if it is none of these.
pub(super) fn read(path: &RepoPath, text: &str, into: &mut Callers) {
    let name = path.file_name();
    let is_guide = [".md", ".markdown"].iter().any(|it| name.ends_with(it));
    let is_unit = name.ends_with(".service");
    let is_comment = is_dockerfile(name);
    if !(is_guide || is_unit || is_comment) || !runs_containers(text) {
        return;
    }
    let mut reader = Reader { path, lines: Vec::new(), start: 1, into };
    let mut fence: Option<&str> = None;
    for (at, line) in text.lines().enumerate() {
        let inner = line.trim();
        let said = if is_guide {
            let mark = ["```", "~~~"].into_iter().find(|it| inner.starts_with(it));
            match (mark, fence) {
                (Some(it), Some(open)) if it == open => fence = None,
                (Some(it), None) => fence = Some(it),
                _ => {}
            }
            (mark.is_none() && fence.is_some()).then_some(inner)
        } else if is_unit {
            let begins = inner.split_once('=').filter(|it| it.0.starts_with("Exec"));
            let goes_on = !reader.lines.is_empty() && !inner.is_empty();
            begins
                .map(|it| it.1.trim_start_matches(['-', '@', '+', '!']))
                .or(goes_on.then_some(inner))
        } else {
            inner.strip_prefix('#').map(str::trim)
        };
        match said {
            Some(it) => reader.push(it, at + 1),
            None => reader.finish(),
        }
    }
    reader.finish();
}

/// Collects the lines that belong together.
struct Reader<'a> {
    path: &'a RepoPath,
    lines: Vec<&'a str>,
    /// The line of the first.
    start: usize,
    into: &'a mut Callers,
}

impl<'a> Reader<'a> {
    fn push(&mut self, line: &'a str, number: usize) {
        if self.lines.is_empty() {
            self.start = number;
        }
        let mut prompts = ["$ ", "# ", "> "].iter();
        self.lines.push(prompts.find_map(|it| line.strip_prefix(it)).unwrap_or(line));
    }

    fn finish(&mut self) {
        let text = std::mem::take(&mut self.lines).join("\n");
        if !runs_containers(&format!(" {text} ")) {
            return;
        }
        // Guides of a project are for those who are in its own folder.
        let own = self.path.parent().unwrap_or(RepoPath::root());
        let mut above = self.path.ancestors();
        let guides = above.find(|it| ["doc", "docs"].contains(&it.file_name()));
        let script = Script {
            path: self.path,
            caller: Caller::Script,
            starts: vec![guides.and_then(|it| it.parent()).unwrap_or(own)],
            variables: HashMap::new(),
            lists: BTreeMap::new(),
        };
        let mut found = Callers::default();
        let start = self.start;
        script.read(&Traced::untraced(&text), &|it| start + it - 1, &mut found);
        let own = Some(self.path).filter(|it| is_dockerfile(it.file_name()));
        for mut service in found.services {
            let name = service.image.as_deref().and_then(image_name);
            let mut builds = found.builds.iter();
            let built = builds.find(|it| name.as_ref().is_some_and(|name| it.tags.contains(name)));
            let own = own.filter(|_| is_candidate(&service));
            service.dockerfile = own.or(built.map(|it| &it.dockerfile)).cloned();
            self.into.services.push(service);
        }
    }
}
