//! Names that the files of a folder share, and fields of objects: every file that defines one counts.

use super::{
    resolve::{Of, Resolver},
    spot::Spot,
};
use crate::{
    ecosystems::code::{Language, Value},
    text::ImagePath,
};

impl<'r> Resolver<'r, '_> {
    /// The values of a name of a package, whose files share them.
    pub(super) fn shared(&self, file: usize, module: &str, name: &str) -> Vec<Of<&'r Value>> {
        let reach = self.reach;
        let files = reach.files[file].modules.get(module).into_iter().flatten();
        let is_exported = name.starts_with(|it: char| it.is_ascii_uppercase());
        let defined = |it: &usize| {
            let facts = reach.files[*it].facts;
            // Names of a class or an `impl` are attributes.
            let is_inner = reach.files[*it].language != Language::Go;
            let inner = || facts.attributes.get(name).filter(|_| is_inner);
            let value = facts.names.get(name).or_else(inner)?;
            Some(Of { file: *it, what: value })
        };
        let found: Vec<Of<&'r Value>> = files.filter_map(defined).collect();
        // Another package sets a variable that its own only declares: `auth.Folder = …`.
        let is_own = reach.files[file].modules.get(module).is_some_and(|it| !it.is_empty());
        let is_set = is_own && is_exported && reach.files[file].language == Language::Go;
        // A name of a class that this one is made from, or of another part of it.
        let is_set = is_set || is_own && reach.files[file].language == Language::CSharp;
        if is_set && found.is_empty() { self.fields(name).to_vec() } else { found }
    }

    /// Of the values of one name, those that count: `if folder := os.Getenv("FOLDER"); folder != "" { Folder = folder }`
    /// changes nothing where the variable is not set, and else is the last word.
    pub(super) fn told(&self, mut values: Vec<Of<&'r Value>>) -> Vec<Of<&'r Value>> {
        let set = |it: &Of<&Value>| match it.what {
            Value::Variable { name, default: None } if !name.starts_with(['$', '-']) => {
                Some(!(self.variable)(name).is_empty())
            }
            _ => None,
        };
        let is_set = values.iter().any(|it| set(it) == Some(true));
        if is_set || values.iter().any(|it| set(it).is_none()) {
            values.retain(|it| set(it).unwrap_or(!is_set));
        }
        values
    }

    /// The places that a field of any object stands for.
    pub(super) fn field(&self, name: &str, depth: usize) -> Vec<Spot> {
        self.any(self.fields(name), depth)
    }

    /// The places that a name stands for in a language in which every file sees the names of all others.
    pub(super) fn open(&self, name: &str, depth: usize) -> Vec<Spot> {
        let is_open = |it: &&Of<&Value>| self.reach.files[it.file].facts.is_open();
        let all: Vec<Of<&Value>> = self.values(name).iter().filter(is_open).copied().collect();
        self.any(&all, depth)
    }

    /// The places that a value names that stands in a settings file of an application in a folder.
    pub(super) fn spots_in(&self, folder: &ImagePath, value: &Value) -> Vec<Spot> {
        let mut files = self.reach.files.iter();
        match files.position(|it| it.facts.is_open() && it.folder == *folder) {
            Some(file) => self.spots(file, value),
            None => vec![Spot::Unknown],
        }
    }

    /// The places that any of these stands for.
    pub(super) fn any(&self, values: &[Of<&Value>], depth: usize) -> Vec<Spot> {
        let mut found: Vec<Spot> = Vec::new();
        for it in values {
            for spot in self.resolve(it.file, it.what, depth) {
                if !found.contains(&spot) {
                    found.push(spot);
                }
            }
        }
        if found.is_empty() { vec![Spot::Unknown] } else { found }
    }

    /// What a function of another file gives for arguments.
    pub(super) fn applied(
        &self,
        file: usize,
        function: &Value,
        arguments: &[Value],
        depth: usize,
    ) -> Vec<Spot> {
        let (bodies, name) = match function {
            Value::Reference { module, path } => match path.last() {
                Some(name) => (self.shared(file, module, name), name),
                None => return vec![Spot::Unknown],
            },
            Value::Field(name) => (self.fields(name).to_vec(), name),
            _ => return vec![Spot::Unknown],
        };
        let given = |at: usize| {
            let Some(argument) = arguments.get(at) else { return Value::Unknown };
            Value::any(self.resolve(file, argument, depth).into_iter().map(Spot::value))
        };
        let mut found: Vec<Spot> = Vec::new();
        for body in bodies {
            let value = body.what.clone().with_parameters(&|it| match it {
                Value::Parameter { function, index, .. } if function == name => Some(given(*index)),
                _ => None,
            });
            for spot in self.resolve(body.file, &value, depth) {
                if !found.contains(&spot) {
                    found.push(spot);
                }
            }
        }
        if found.is_empty() { vec![Spot::Unknown] } else { found }
    }
}
