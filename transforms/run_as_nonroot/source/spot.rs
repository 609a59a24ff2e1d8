//! A place that source writes to, as far as it is known.

use crate::{ecosystems::code::Value, text::ImagePath};

/// A place that is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// A path or another text; what follows if `is_open` is not known.
    Text {
        /// The text.
        text: String,
        /// True if it goes on with something that is not known.
        is_open: bool,
    },
    /// In the home of the user.
    Home,
    /// Where every user may write.
    Temporary,
    /// A small number, such as that of a port.
    Number(u16),
    /// No place: a stream, memory, another number.
    Nothing,
    /// Not known.
    Unknown,
}

/// A text that is known as a whole.
pub(super) fn closed(text: &str) -> Spot {
    Spot::Text { text: text.to_owned(), is_open: false }
}

impl Spot {
    /// The port of an address that ends with it; `None` if it has none, or leaves it to the system.
    pub(super) fn port(&self) -> Option<u16> {
        let port = match self {
            Self::Number(port) => Some(*port),
            Self::Text { text, is_open: false } => {
                text.trim_end_matches('/').rsplit(':').next()?.parse().ok()
            }
            _ => None,
        };
        port.filter(|it| *it != 0)
    }

    /// The place, seen from a folder.
    pub(super) fn within(self, folder: &ImagePath) -> Self {
        match self {
            Self::Text { text, is_open } if !text.is_empty() && !text.contains(':') => {
                let end = if text.ends_with('/') { "/" } else { "" };
                Self::Text { text: format!("{}{end}", folder.join(&text)), is_open }
            }
            other => other,
        }
    }

    /// A path below this one, or in its place if it is absolute.
    pub(super) fn join(&self, next: &Self) -> Self {
        match (self, next) {
            (_, Self::Text { text, .. }) if text.starts_with('/') => next.clone(),
            (_, Self::Home | Self::Temporary) => next.clone(),
            (
                Self::Text { is_open: true, .. }
                | Self::Home
                | Self::Temporary
                | Self::Nothing
                | Self::Number(_)
                | Self::Unknown,
                _,
            ) => self.clone(),
            (Self::Text { text, .. }, Self::Unknown | Self::Nothing | Self::Number(_)) => {
                Self::Text { text: format!("{}/", text.trim_end_matches('/')), is_open: true }
            }
            (Self::Text { text, .. }, Self::Text { text: more, is_open }) => {
                let text = match text.as_str() {
                    "" => more.clone(),
                    "/" => format!("/{more}"),
                    _ => format!("{}/{more}", text.trim_end_matches('/')),
                };
                Self::Text { text, is_open: *is_open }
            }
        }
    }

    /// A path below this one, whatever it begins with.
    pub(super) fn below(&self, next: &Self) -> Self {
        match next {
            Self::Text { text, is_open } if !matches!(self, Self::Text { text, .. } if text.is_empty()) =>
            {
                let text = text.trim_start_matches('/').to_owned();
                self.join(&Self::Text { text, is_open: *is_open })
            }
            next => self.join(next),
        }
    }

    /// The value that has this place everywhere.
    pub(super) fn value(self) -> Value {
        match self {
            Self::Text { text, is_open: false } => Value::Text(text),
            Self::Text { text, is_open: true } => {
                Value::Concat(vec![Value::Text(text), Value::Unknown])
            }
            Self::Home => Value::Home,
            Self::Temporary => Value::Temporary,
            Self::Nothing => Value::Nothing,
            Self::Number(number) => Value::Number(number),
            Self::Unknown => Value::Unknown,
        }
    }

    /// This text with another one after it.
    pub(super) fn append(&self, next: &Self) -> Self {
        match (self, next) {
            (Self::Text { text, is_open: false }, Self::Text { text: more, is_open }) => {
                Self::Text { text: format!("{text}{more}"), is_open: *is_open }
            }
            (Self::Text { text, is_open: false }, Self::Unknown) if !text.is_empty() => {
                Self::Text { text: text.clone(), is_open: true }
            }
            (Self::Text { text, is_open: false }, other) if text.is_empty() => other.clone(),
            (Self::Text { is_open: false, .. }, _) => Self::Unknown,
            _ => self.clone(),
        }
    }

    /// The folder of this path.
    pub(super) fn parent(self, workdir: &ImagePath) -> Self {
        match self {
            Self::Text { text, is_open: false } => {
                let path = workdir.join(&text);
                closed(path.parent().unwrap_or(path).as_str())
            }
            Self::Text { text, is_open: true } => {
                let folder = text.rsplit_once('/').map_or("", |it| it.0);
                Self::Text { text: format!("{folder}/"), is_open: true }
            }
            other => other,
        }
    }
}
