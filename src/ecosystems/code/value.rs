//! The values of expressions of source files, as far as their text tells them.

/// The value of an expression of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// The path of the file that the expression is in.
    File,
    /// The folder that holds the outermost package that the file is in.
    Around,
    /// The directory that the process runs in.
    Working,
    /// The home of the user.
    Home,
    /// The folder for temporary files, or something in it.
    Temporary,
    /// The value of a variable of the environment.
    Variable {
        /// Its name; after `*`, the end of it, without underscores.
        name: String,
        /// The value if it is not set.
        default: Option<Box<Self>>,
    },
    /// The value of a variable of the environment, whose name is a value.
    Named {
        /// Its name.
        name: Box<Self>,
        /// The value if it is not set.
        default: Option<Box<Self>>,
    },
    /// A name that another module defines.
    Reference {
        /// The module as the source names it; empty for a name that the language defines.
        module: String,
        /// The name in the module, then names of attributes.
        path: Vec<String>,
    },
    /// What the callers of a function pass.
    Parameter {
        /// The function; the class for its constructor.
        function: String,
        /// The position among the parameters, from 0, without the object of a method.
        index: usize,
        /// The name.
        name: String,
        /// The value if no argument is given.
        default: Option<Box<Self>>,
    },
    /// The folder of a path.
    Parent(Box<Self>),
    /// A path of parts; a part that is absolute replaces those before.
    Join(Vec<Self>),
    /// A path of parts, each below those before.
    Below(Vec<Self>),
    /// A field of an object: the name alone, since the types of objects are not followed.
    Field(String),
    /// What a function of another file gives for arguments.
    Applied {
        /// The function: a reference or a field.
        function: Box<Self>,
        /// The arguments.
        arguments: Vec<Self>,
    },
    /// A text of parts.
    Concat(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// A small number, such as that of a port, which is no place.
    Number(u16),
    /// Nothing that is a place: another number, a function, a stream, a table.
    Nothing,
    /// Not known.
    Unknown,
}

/// The most values that a value may consist of.
const SIZE: usize = 48;

impl Value {
    /// The value of a name that the language defines.
    pub(super) fn global(name: &str) -> Self {
        Self::Reference { module: String::new(), path: vec![name.to_owned()] }
    }

    /// The value of a literal that is no text: of a small number, this. `80`, `8_080`, `80u16`.
    pub(super) fn literal(text: &str) -> Self {
        let text = text.replace('_', "");
        let digits = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        let is_plain = rest.is_empty() || rest.starts_with(['u', 'i']);
        number.parse().ok().filter(|_| is_plain).map_or(Self::Nothing, Self::Number)
    }

    /// Something in a folder below the one that the process runs in.
    pub(super) fn in_working(folder: &str, inside: Option<Self>) -> Self {
        let folder = Some(folder).filter(|it| !it.is_empty()).map(|it| Self::Text(it.to_owned()));
        // An empty path is the folder itself.
        let inside = inside.filter(|it| !it.is_nothing());
        match (folder, inside) {
            (None, None) => Self::Working,
            (folder, inside) => {
                let parts = folder.into_iter().chain(inside);
                Self::Below(std::iter::once(Self::Working).chain(parts).collect()).bounded()
            }
        }
    }

    /// One of several values.
    pub fn any(values: impl IntoIterator<Item = Self>) -> Self {
        let mut all: Vec<Self> = Vec::new();
        for value in values {
            let parts = if let Self::Any(parts) = value { parts } else { vec![value] };
            for part in parts {
                if !all.contains(&part) {
                    all.push(part);
                }
            }
        }
        match (all.pop(), all.is_empty()) {
            (None, _) => Self::Unknown,
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                Self::Any(all).bounded()
            }
        }
    }

    /// What has this name beside the outermost package that the file is in.
    pub(super) fn around(name: &str) -> Self {
        Self::Join(vec![Self::Around, Self::Text(name.to_owned())])
    }

    /// The folder of a path.
    pub(super) fn parent(self) -> Self {
        match self {
            Self::Unknown | Self::Temporary | Self::Nothing | Self::Number(_) => self,
            known => Self::Parent(Box::new(known)),
        }
    }

    /// A text whose places, each of which begins with a mark, are filled with what is not known.
    pub(super) fn formatted(self, mark: char) -> Self {
        let known = match &self {
            Self::Text(text) => match text.split_once(mark) {
                Some((before, _)) => Self::Text(before.to_owned()),
                None => return self,
            },
            _ => self,
        };
        Self::Concat(vec![known, Self::Unknown])
    }

    /// The value, or [`Value::Unknown`] if it has too many parts.
    pub(super) fn bounded(self) -> Self {
        if self.size() <= SIZE { self } else { Self::Unknown }
    }

    fn size(&self) -> usize {
        let all = |parts: &[Self]| parts.iter().map(Self::size).sum::<usize>();
        1 + match self {
            Self::Join(parts) | Self::Below(parts) | Self::Concat(parts) | Self::Any(parts) => {
                all(parts)
            }
            Self::Applied { function, arguments } => function.size() + all(arguments),
            Self::Parent(inner) => inner.size(),
            Self::Variable { default, .. } | Self::Parameter { default, .. } => {
                default.as_ref().map_or(0, |it| it.size())
            }
            Self::Named { name, default } => {
                name.size() + default.as_ref().map_or(0, |it| it.size())
            }
            _ => 0,
        }
    }

    /// The value of a variable of the environment.
    pub(super) fn variable(name: Self, default: Option<Self>) -> Self {
        // Unset, it is nothing; what it is set to is not known.
        let default = default.filter(|it| *it != Self::Nothing).map(Box::new);
        match name {
            Self::Text(name) => Self::Variable { name, default },
            Self::Parameter { .. } => Self::Named { name: Box::new(name), default },
            _ => Self::Unknown,
        }
    }

    /// The value with `replace` of each parameter.
    #[must_use]
    pub fn with_parameters(self, replace: &dyn Fn(&Self) -> Option<Self>) -> Self {
        let one = |it: Box<Self>| Box::new(it.with_parameters(replace));
        let all = |parts: Vec<Self>| -> Vec<Self> {
            parts.into_iter().map(|it| it.with_parameters(replace)).collect()
        };
        match self {
            Self::Parameter { .. } => replace(&self).unwrap_or(self),
            Self::Parent(inner) => Self::Parent(one(inner)),
            Self::Join(parts) => Self::Join(all(parts)),
            Self::Below(parts) => Self::Below(all(parts)),
            Self::Applied { function, arguments } => {
                Self::Applied { function, arguments: all(arguments) }
            }
            Self::Concat(parts) => Self::Concat(all(parts)),
            Self::Any(parts) => Self::any(all(parts)),
            Self::Variable { name, default } => Self::Variable { name, default: default.map(one) },
            Self::Named { name, default } => {
                let default = default.map(|it| it.with_parameters(replace));
                Self::variable(name.with_parameters(replace), default)
            }
            other => other,
        }
    }

    /// Whether it is no place.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing | Self::Number(_))
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The name of a module, without the scheme of Node's own.
pub(super) fn module(text: &str) -> String {
    text.strip_prefix("node:").unwrap_or(text).to_owned()
}
