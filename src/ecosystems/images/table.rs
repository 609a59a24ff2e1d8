//! The table of images: its lines, and which of them an image matches.

use std::{borrow::Cow, collections::BTreeSet, iter, sync::LazyLock};

use elsa::sync::FrozenMap;
use foldhash::HashMap;

use super::{Account, Family, Kind};
use crate::{dockerfile::image::ImageRef, ecosystems::files::is_like};

const TEXT: &str = include_str!("table.tsv");

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(rows()));

/// The lines for images that are not official ones, by the names of the images that were looked up: there are many
/// patterns, and a project has few images in many places.
static FOUND: LazyLock<FrozenMap<Box<str>, Box<[&Row]>>> = LazyLock::new(FrozenMap::default);

/// The lines of the table, those that say more of an image first.
#[derive(Default)]
pub(super) struct Table {
    /// By name, without pattern.
    exact: HashMap<&'static str, Vec<Row>>,
    /// The others.
    patterns: Vec<Pattern>,
    /// The numbers of the patterns by their first byte.
    begun: HashMap<u8, Vec<usize>>,
    /// Those of the patterns that begin with anything.
    open: Vec<usize>,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) tag: Option<&'static str>,
    pub(super) facts: Facts,
}

/// A line whose name is a pattern.
struct Pattern {
    /// The name up to the first `*`.
    start: &'static str,
    /// The name after the last `*`.
    end: &'static str,
    row: Row,
}

/// What an image starts by itself that does more than run the command it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starts {
    /// An ENTRYPOINT that sets something up, whatever the command is.
    Entrypoint,
    /// A server of its own, where no command is given.
    Server,
}

/// What lines say of an image; `None` where they say nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// `?` where it is not known, or another one in other tags.
    pub(super) user: Option<&'static str>,
    /// `?` as for users.
    pub(super) workdir: Option<&'static str>,
    /// As [`account`] reads it, or `none`.
    pub(super) account: Option<&'static str>,
    pub(super) family: Option<Family>,
    pub(super) kind: Option<Kind>,
    /// Separated by commas.
    pub(super) brings: Option<&'static str>,
    /// Separated by commas, each with `=` and its value if that is known.
    pub(super) sets: Option<&'static str>,
    pub(super) port: Option<u16>,
    pub(super) starts: Option<Starts>,
}

impl Table {
    fn of(rows: impl Iterator<Item = Row>) -> Self {
        let mut table = Self::default();
        for row in rows {
            match row.name.split_once('*') {
                Some((start, rest)) => {
                    let end = rest.rsplit('*').next().unwrap_or(rest);
                    table.patterns.push(Pattern { start, end, row });
                }
                None => table.exact.entry(row.name).or_default().push(row),
            }
        }
        let more = |it: &Row| std::cmp::Reverse((it.tag.map(str::len), it.name.len()));
        table.exact.values_mut().for_each(|it| it.sort_by_key(more));
        table.patterns.sort_by_key(|it| more(&it.row));
        for (at, pattern) in table.patterns.iter().enumerate() {
            match pattern.start.as_bytes().first() {
                Some(first) => table.begun.entry(*first).or_default().push(at),
                None => table.open.push(at),
            }
        }
        table
    }

    /// Whether lines have this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.exact.contains_key(name)
    }

    /// What the lines of this name say of a tag.
    pub(super) fn named(&self, name: &str, tag: &str) -> impl Iterator<Item = &Facts> {
        let rows = self.exact.get(name).into_iter().flatten();
        rows.filter(move |it| it.has_tag(tag)).map(|it| &it.facts)
    }

    /// What the lines for images that are not official ones say: their names may have a registry.
    pub(super) fn others(
        &'static self,
        image: &ImageRef<'_>,
        tag: &str,
    ) -> impl Iterator<Item = &'static Facts> {
        let hub = image.registry.is_some_and(|it| it.ends_with("docker.io"));
        let whole: Cow<'_, str> = match image.registry.filter(|_| !hub) {
            Some(registry) => [registry, "/", image.repository].concat().into(),
            None => image.repository.into(),
        };
        let rows = FOUND.get(&*whole).unwrap_or_else(|| {
            let rows = self.covering(&whole, image.repository);
            FOUND.insert(Box::from(&*whole), rows)
        });
        rows.iter().filter(move |it| it.has_tag(tag)).map(|it| &it.facts)
    }

    /// The lines that cover an image of this name, with its registry if it has one, or its repository alone.
    fn covering(&self, whole: &str, repository: &str) -> Box<[&Row]> {
        let all = || iter::once(whole).chain((whole != repository).then_some(repository));
        let names = all().filter(|it| it.contains('/'));
        let exact = names.filter_map(|it| self.exact.get(it)).flatten();
        // There are many patterns, and few begin like a name.
        let first = |it: &str| it.as_bytes().first().copied();
        let begun = all().filter_map(|it| self.begun.get(&first(it)?)).flatten();
        let numbers: BTreeSet<usize> = begun.chain(&self.open).copied().collect();
        let patterns = numbers.into_iter().map(|it| &self.patterns[it]);
        let patterns = patterns.filter(|pattern| all().any(|it| pattern.covers(it)));
        exact.chain(patterns.map(|it| &it.row)).collect()
    }
}

impl Pattern {
    /// Whether it covers the whole of a name; most patterns differ at an end already.
    fn covers(&self, name: &str) -> bool {
        name.starts_with(self.start) && name.ends_with(self.end) && matches(self.row.name, name)
    }
}

impl Row {
    fn has_tag(&self, tag: &str) -> bool {
        self.tag.is_none_or(|it| matches(it, tag))
    }
}

impl Facts {
    /// Takes over what another line says and this one does not.
    pub(super) fn complete(&mut self, other: &Self) {
        self.user = self.user.or(other.user);
        self.workdir = self.workdir.or(other.workdir);
        self.account = self.account.or(other.account);
        self.family = self.family.or(other.family);
        self.kind = self.kind.or(other.kind);
        self.brings = self.brings.or(other.brings);
        self.sets = self.sets.or(other.sets);
        self.port = self.port.or(other.port);
        self.starts = self.starts.or(other.starts);
    }

    /// Reads `key=value`; `None` if it is not one of the table's.
    fn read(mut self, fact: &'static str) -> Option<Self> {
        let (key, value) = fact.split_once('=')?;
        match key {
            "user" => self.user = Some(value),
            "workdir" => self.workdir = Some(value),
            "account" if value == "none" || account(value).is_some() => self.account = Some(value),
            "family" => {
                self.family = Some(match value {
                    "alpine" => Family::Alpine,
                    "bare" => Family::Bare,
                    "busybox" => Family::Busybox,
                    "debian" => Family::Debian,
                    "redhat" => Family::RedHat,
                    "small" => Family::Small,
                    "ubuntu" => Family::Ubuntu,
                    _ => return None,
                });
            }
            "kind" => {
                self.kind = Some(match value {
                    "development" => Kind::Development,
                    "distribution" => Kind::Distribution,
                    "functions" => Kind::Functions,
                    "service" => Kind::Service,
                    _ => return None,
                });
            }
            "brings" => self.brings = Some(value),
            "sets" => self.sets = Some(value),
            "port" => self.port = Some(value.parse().ok()?),
            "starts" => {
                self.starts = Some(match value {
                    "entrypoint" => Starts::Entrypoint,
                    "server" => Starts::Server,
                    _ => return None,
                });
            }
            _ => return None,
        }
        Some(self)
    }
}

/// Reads `NAME:USER:GROUP:HOME`, with `-` for a user without name; `None` for anything else.
pub(super) fn account(text: &'static str) -> Option<Account> {
    let mut parts = text.splitn(4, ':');
    let name = parts.next().filter(|it| *it != "-");
    let (user, group) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Account { name, user, group, home: parts.next()? })
}

/// The lines that can be read; a test holds that all can.
pub(super) fn rows() -> impl Iterator<Item = Row> {
    lines().filter_map(row)
}

/// The lines with facts.
pub(super) fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter(|it| !it.starts_with('#'))
}

pub(super) fn row(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t');
    let (image, facts) = (columns.next()?, columns.next()?);
    let (name, tag) = match image.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (image, None),
    };
    let facts = facts.split_whitespace().try_fold(Facts::default(), Facts::read)?;
    Some(Row { name, tag, facts })
}

/// Whether a pattern covers the whole of a text; `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    is_like(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_the_whole() {
        assert!(matches("a*c*e", "abcde") && matches("a*", "a") && matches("*", ""));
        assert!(!matches("a*c", "abcd") && !matches("ab", "abc") && !matches("ab*ba", "aba"));
    }
}
