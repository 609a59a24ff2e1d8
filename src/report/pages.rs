//! What the pages of transforms say about them: titles, and what each code means.

use crate::{
    engine::{Transform, plan::codes},
    transforms,
};

/// A page's first heading.
pub fn title(page: &str) -> &str {
    page.lines().next().unwrap_or_default().trim_start_matches('#').trim()
}

/// The first paragraph below a page's heading.
pub fn summary(page: &str) -> &str {
    page.split("\n\n").nth(1).unwrap_or_default().trim()
}

/// What a page says about a code, in one line: the entry of its list of reasons to decline.
pub fn code(page: &str, code: &str) -> Option<String> {
    let mut lines = page.lines().skip_while(|it| !is_about_declines(it)).skip(1);
    let name = format!("`{code}`");
    let names = |it: &str| {
        it.starts_with("- `") && it.split(':').next().is_some_and(|it| it.contains(&name))
    };
    let first = lines.find(|it| names(it))?;
    let rest = lines.take_while(|it| it.starts_with("  ") && !it.trim().is_empty());
    let said: Vec<&str> = first
        .split_once(':')
        .map(|it| it.1.trim())
        .into_iter()
        .chain(rest.map(str::trim))
        .collect();
    Some(said.join(" ").trim_end_matches([';', '.']).to_owned())
}

fn is_about_declines(line: &str) -> bool {
    (line.starts_with('#') || line.starts_with("**")) && line.contains("eclines")
}

/// A meaning of a code, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The transform; `None` for a code that the engine gives whatever the transform.
    pub transform: Option<&'static str>,
    /// What it means.
    pub text: String,
}

/// What a code means, for each transform that gives it.
pub fn meanings(name: &str) -> Vec<Meaning> {
    let shared = codes::MEANINGS.iter().find(|it| it.code == name);
    let shared = shared.map(|it| Meaning { transform: None, text: it.text.to_owned() });
    let own = transforms::ALL.iter().filter(|it| it.codes.contains(&name));
    let own = own.filter_map(|it: &Transform| {
        Some(Meaning { transform: Some(it.name), text: code(it.docs, name)? })
    });
    shared.into_iter().chain(own).collect()
}

/// The text below the first heading of one of these names.
pub fn section<'p>(page: &'p str, names: &[&str]) -> Option<&'p str> {
    let start = names.iter().find_map(|it| {
        let heading = format!("\n## {it}\n");
        page.find(&heading).map(|at| at + heading.len())
    })?;
    let rest = &page[start..];
    Some(rest[..rest.find("\n#").unwrap_or(rest.len())].trim())
}

/// An example of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'p> {
    /// Its heading.
    pub title: &'p str,
    /// The diff that it expects.
    pub diff: &'p str,
}

/// The examples of a page that change something.
pub fn examples(page: &str) -> impl Iterator<Item = Example<'_>> {
    page.split("\n## ").skip(1).filter_map(|it| {
        let title = it.lines().next()?;
        let (_, rest) = it.split_once("\n```diff\n")?;
        let end = rest.find("\n```").map(|it| it + 1)?;
        Some(Example { title, diff: &rest[..end] })
    })
}
