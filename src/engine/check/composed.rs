//! What a step does to a compose file: nothing that its changes do not say, as a reader of YAML sees it that had no part
//! in the edits.

use std::collections::BTreeMap;

use crate::{
    project::{
        File,
        change::{Alteration, Change, Composed},
    },
    yaml::{Entry, Node, Value, second},
};

/// The most values of a file, those that aliases bring counted each time.
const MOST: usize = 100_000;

/// A value of a document, without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Plain {
    Text(String),
    List(Vec<Self>),
    Map(BTreeMap<String, Self>),
}

/// What is wrong with a compose file after a step: a clause that follows "its change".
pub(super) fn objection(before: &File, after: &File, changes: &[&Change]) -> Option<String> {
    let declared = changes.iter().flat_map(|it| &it.alters).filter_map(|it| match it {
        Alteration::Composed(it) => Some(it),
        _ => None,
    });
    let declared: Vec<&Composed> = declared.collect();
    if declared.is_empty() {
        return None;
    }
    let read = |file: &File| {
        let documents = second::read(&file.text).ok()?;
        let root = documents.first().filter(|_| documents.len() == 1)?;
        let mut left = MOST;
        Plain::of(root, &mut left)
    };
    let (Some(mut expected), Some(mut found)) = (read(before), read(after)) else {
        return Some("leaves what a second parser does not read".to_owned());
    };
    let waited: Vec<&str> = declared
        .iter()
        .filter_map(|it| match it {
            Composed::Waits { on, .. } => Some(on.as_str()),
            Composed::NoVersion | Composed::Checked { .. } => None,
        })
        .collect();
    let unchecked = waited.into_iter().find(|on| {
        let service = found.get("services").and_then(|it| it.get(on));
        service.and_then(|it| it.get("healthcheck")).is_none()
    });
    if let Some(on) = unchecked {
        return Some(format!("waits for {on}, which has no health check"));
    }
    for it in declared {
        if expect(it, &mut expected, &mut found).is_none() {
            return Some(format!("does not do what it says ({it:?})"));
        }
    }
    (expected != found).then(|| "alters more than it says".to_owned())
}

/// Makes what is expected what a change says, and takes out of both what is new; `None` if it is not there.
fn expect(declared: &Composed, expected: &mut Plain, found: &mut Plain) -> Option<()> {
    match declared {
        Composed::NoVersion => {
            let gone = expected.map()?.remove("version");
            gone.filter(|it| matches!(it, Plain::Text(_))).map(|_| ())
        }
        Composed::Checked { service } => {
            let check = found.get("services")?.get(service)?.map()?.remove("healthcheck")?;
            let Plain::Map(check) = check else { return None };
            let is_live = check.contains_key("test") && !check.contains_key("disable");
            let had = expected.get("services")?.get(service)?.map()?.contains_key("healthcheck");
            (is_live && !had).then_some(())
        }
        Composed::Waits { service, on } => {
            let depends = expected.get("services")?.get(service)?.get("depends_on")?;
            if let Plain::List(names) = depends {
                let started = |it: &Plain| match it {
                    Plain::Text(name) => Some((name.clone(), condition("service_started"))),
                    _ => None,
                };
                *depends = Plain::Map(names.iter().map(started).collect::<Option<_>>()?);
            }
            *depends.get(on)? = condition("service_healthy");
            Some(())
        }
    }
}

fn condition(state: &str) -> Plain {
    Plain::Map([("condition".to_owned(), Plain::Text(state.to_owned()))].into())
}

impl Plain {
    /// A node with what its aliases bring; `None` if that is more than `left` nodes.
    fn of(node: &Node, left: &mut usize) -> Option<Self> {
        *left = left.checked_sub(1)?;
        Some(match &node.value {
            Value::Scalar(it) => Self::Text(it.clone()),
            Value::Sequence(it) => {
                Self::List(it.iter().map(|it| Self::of(it, left)).collect::<Option<_>>()?)
            }
            Value::Mapping(it) => {
                let mut entry = |it: &Entry| Some((it.key.clone(), Self::of(&it.value, left)?));
                Self::Map(it.iter().map(&mut entry).collect::<Option<_>>()?)
            }
        })
    }

    fn map(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        match self {
            Self::Map(it) => Some(it),
            _ => None,
        }
    }

    fn get(&mut self, key: &str) -> Option<&mut Self> {
        self.map()?.get_mut(key)
    }
}
