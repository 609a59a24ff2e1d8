//! Transforms' pages as the tests read them.

use std::{collections::BTreeSet, fmt::Write as _, ops::Range};

use refit::{
    cli::config::Config,
    engine::plan::Options,
    project::{Project, change::Safety},
    text::RepoPath,
    transforms,
};

/// One example of a page.
#[derive(Debug, Default)]
pub struct Case {
    /// Its heading.
    pub title: String,
    /// Its files by path.
    pub files: Vec<(String, String)>,
    /// The body of its diff block; `None` when it has none.
    pub diff: Option<String>,
    /// Where that stands in the page.
    pub diff_span: Option<Range<usize>>,
    /// The body of its facts block, and where that stands in the page; `None` when it has none.
    pub facts: Option<(String, Range<usize>)>,
    /// The codes that the run must decline with.
    pub declined: Vec<String>,
    /// How sure the changes must be.
    pub safety: Option<Safety>,
    /// True if some changes must be safe, and the others need a review.
    pub is_mixed: bool,
}

impl Case {
    /// Its files as a project.
    ///
    /// # Errors
    /// The path that is none.
    pub fn project(&self) -> Result<Project, String> {
        let path = |it: &str| RepoPath::new(it).ok_or_else(|| format!("{it} is no path"));
        let files = self.files.iter().map(|(it, text)| Ok((path(it)?, text.clone())));
        Ok(Project::new(files.collect::<Result<Vec<_>, String>>()?))
    }

    /// What its `refit.toml` says.
    ///
    /// # Errors
    /// Why that cannot be read.
    pub fn options(&self) -> Result<Options, String> {
        let config = self.files.iter().find(|it| it.0 == "refit.toml");
        let config = config.map(|it| Config::parse(&it.1)).transpose();
        let settings = config.map_err(|it| it.to_string())?.unwrap_or_default().everywhere();
        Ok(Options { settings, ..Options::default() })
    }
}

/// The examples of a page, in order.
pub fn cases(page: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut label = None;
    let mut at = 0;
    while let Some(line) = next_line(page, &mut at) {
        if line.starts_with("```") {
            let fence = &line[..line.len() - line.trim_start_matches('`').len()];
            let start = at;
            let mut end = at;
            while next_line(page, &mut at).is_some_and(|it| it != fence) {
                end = at;
            }
            let body = page[start..end].to_owned();
            let Some(case) = cases.last_mut() else { continue };
            match (label.take(), &line[fence.len()..]) {
                (None, "diff") => (case.diff, case.diff_span) = (Some(body), Some(start..end)),
                (None, "facts") => case.facts = Some((body, start..end)),
                (None, "dockerfile") => case.files.push(("Dockerfile".to_owned(), body)),
                (None, _) => {}
                (Some(path), _) => case.files.push((path, body)),
            }
        } else if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case { title: title.to_owned(), ..Case::default() });
        } else if let Some(path) = line.strip_prefix('`').and_then(|it| it.strip_suffix("`:")) {
            label = Some(path.to_owned());
        } else if let Some(case) = cases.last_mut() {
            if let Some(codes) = line.strip_prefix("Declined: ") {
                case.declined.extend(codes.split('`').skip(1).step_by(2).map(str::to_owned));
            } else if let Some(safety) = line.strip_prefix("Safety: ") {
                let review = safety.starts_with("review");
                case.is_mixed = safety.starts_with("safe and review");
                case.safety = Some(if review { Safety::Review } else { Safety::Safe });
            }
        }
    }
    cases.retain(|it| !it.files.is_empty());
    cases
}

fn next_line<'a>(page: &'a str, at: &mut usize) -> Option<&'a str> {
    let line = page[*at..].split_inclusive('\n').next()?;
    *at += line.len();
    Some(line.strip_suffix('\n').unwrap_or(line))
}

/// The codes that a page explains: what stands before the colon in the list below its heading about declines.
pub fn explained(page: &str) -> BTreeSet<&str> {
    let mut codes = BTreeSet::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with('#') || line.starts_with("**") {
            inside = line.contains("eclines");
        } else if let Some((said, _)) =
            line.split_once(':').filter(|it| inside && it.0.starts_with("- `"))
        {
            codes.extend(said.split('`').skip(1).step_by(2));
        }
    }
    codes
}

/// The index of the pages: what `transforms/README.md` must say.
pub fn index() -> String {
    let mut index = "# Transforms\n\nIn the order in which a run applies them. Each page says what its \
                     transform does, when it declines, and\nshows examples, which are its tests.\n\n"
        .to_owned();
    for transform in transforms::ALL {
        let title = transform.docs.lines().next().unwrap_or_default().trim_start_matches("# ");
        let file = transform.name.replace('-', "_");
        let _ = writeln!(index, "- [`{}`]({file}/page.md): {title}", transform.name);
    }
    index
}
