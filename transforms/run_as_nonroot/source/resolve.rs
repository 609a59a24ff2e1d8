//! Where the places are that source files write to, when the image runs.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use super::{
    files::Files,
    reach::Reach,
    spot::{Spot, closed},
};
use crate::{
    ecosystems::{
        code::{Language, Passing, SourceFacts, Value},
        jvm,
    },
    text::ImagePath,
};

/// Finds places.
pub(super) struct Resolver<'r, 'a> {
    /// The files.
    pub reach: &'r Reach<'a>,
    /// The values that a variable has in the image and its services.
    pub variable: &'r dyn Fn(&str) -> Vec<String>,
    /// How many more values are looked at.
    budget: Cell<usize>,
    /// The variables that name another folder than the one for temporary files, if they are set.
    pub moves: RefCell<BTreeSet<String>>,
    index: OnceCell<Index<'r>>,
    /// The values of variables, as far as they were asked for.
    known: RefCell<HashMap<String, Rc<[String]>>>,
}

/// What the files define and call, by name.
#[derive(Default)]
struct Index<'r> {
    calls: HashMap<&'r str, Vec<Of<&'r Passing>>>,
    /// The names and attributes of files; a name hides an attribute.
    values: HashMap<&'r str, Vec<Of<&'r Value>>>,
    /// The attributes of files that share their names with those of their folders.
    fields: HashMap<&'r str, Vec<Of<&'r Value>>>,
}

/// Something that a file says, with the number of the file.
#[derive(Clone, Copy)]
pub(super) struct Of<T> {
    /// The file.
    pub file: usize,
    /// What it says.
    pub what: T,
}

impl<'r> Index<'r> {
    fn read(reach: &'r Reach<'_>) -> Self {
        let mut index = Self::default();
        for (file, reached) in reach.files.iter().enumerate() {
            let facts = reached.facts;
            for call in facts.calls.iter().filter(|it| !it.function.is_empty()) {
                index.calls.entry(&call.function).or_default().push(Of { file, what: call });
            }
            let hidden = |it: &&String| facts.names.contains_key(*it);
            let attributes = facts.attributes.iter().filter(|it| !hidden(&it.0));
            for (name, what) in facts.names.iter().chain(attributes) {
                index.values.entry(name).or_default().push(Of { file, what });
            }
            for (name, what) in facts.attributes.iter().filter(|_| facts.is_shared()) {
                index.fields.entry(name).or_default().push(Of { file, what });
            }
        }
        index
    }
}

/// How many names deep a value is followed.
const DEPTH: usize = 16;

/// The same for a value that is only looked at in case, and how many values are looked at for it.
const NEAR: usize = 6;
const SOON: usize = 200;

/// The most places of one call.
const SEVERAL: usize = 8;

/// How many values are looked at for an image.
const BUDGET: usize = 200_000;

impl<'r, 'a> Resolver<'r, 'a> {
    /// A resolver for the files that were reached.
    pub(super) fn new(reach: &'r Reach<'a>, variable: &'r dyn Fn(&str) -> Vec<String>) -> Self {
        let (budget, moves) = (Cell::new(BUDGET), RefCell::default());
        Self { reach, variable, budget, moves, index: OnceCell::new(), known: RefCell::default() }
    }

    fn index(&self) -> &Index<'r> {
        self.index.get_or_init(|| Index::read(self.reach))
    }

    /// The attributes of this name in the files that share theirs.
    pub(super) fn fields(&self, name: &str) -> &[Of<&'r Value>] {
        self.index().fields.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The names and attributes of this name, of all files.
    pub(super) fn values(&self, name: &str) -> &[Of<&'r Value>] {
        self.index().values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values that a variable has in the image and its services.
    fn set(&self, name: &str) -> Rc<[String]> {
        if let Some(known) = self.known.borrow().get(name) {
            return Rc::clone(known);
        }
        let set: Rc<[String]> = (self.variable)(name).into();
        self.known.borrow_mut().insert(name.to_owned(), Rc::clone(&set));
        set
    }

    /// The places that a value of a file stands for, if these are found soon: of what is only looked at in case.
    pub(super) fn near(&self, file: usize, value: &Value) -> Vec<Spot> {
        let rest = self.budget.replace(SOON);
        let found = self.resolve(file, value, NEAR);
        self.budget.set(rest);
        if found.is_empty() || SEVERAL < found.len() { vec![Spot::Unknown] } else { found }
    }

    /// The places that a value of a file stands for.
    pub(super) fn spots(&self, file: usize, value: &Value) -> Vec<Spot> {
        let found = self.resolve(file, value, DEPTH);
        if found.is_empty() || SEVERAL < found.len() { vec![Spot::Unknown] } else { found }
    }

    pub(super) fn resolve(&self, file: usize, value: &Value, depth: usize) -> Vec<Spot> {
        let unknown = || vec![Spot::Unknown];
        let Some(depth) = depth.checked_sub(1) else { return unknown() };
        match self.budget.get().checked_sub(1) {
            Some(rest) => self.budget.set(rest),
            None => return unknown(),
        }
        match value {
            Value::Text(text) if text == "~" || text.starts_with("~/") => vec![Spot::Home],
            Value::Text(text) => vec![closed(text)],
            Value::File => {
                let at = &self.reach.files[file].at;
                if Files::is_placed(at) { vec![closed(at.as_str())] } else { unknown() }
            }
            Value::Around => self.around(file),
            Value::Working => vec![closed(self.reach.files[file].folder.as_str())],
            Value::Home => vec![Spot::Home],
            Value::Temporary => vec![Spot::Temporary],
            Value::Variable { name, default } if name.starts_with("${") => {
                self.property(file, name, default.as_deref(), depth)
            }
            Value::Variable { name, default } => {
                let set = self.set(name);
                if !set.is_empty() {
                    return set.iter().map(|it| closed(it)).collect();
                }
                let found = default.as_ref().map(|it| self.resolve(file, it, depth));
                // The system's own names of it are no settings.
                let is_own = ["TEMP", "TMP", "TMPDIR"].contains(&name.as_str());
                if !is_own && found.as_ref().is_some_and(|it| it.contains(&Spot::Temporary)) {
                    self.moves.borrow_mut().insert(name.clone());
                }
                found.unwrap_or_else(unknown)
            }
            Value::Named { name, default } => {
                let name = match self.resolve(file, name, depth).as_slice() {
                    [Spot::Text { text, is_open: false }] => text.clone(),
                    _ => return unknown(),
                };
                self.resolve(file, &Value::Variable { name, default: default.clone() }, depth)
            }
            Value::Any(all) => {
                let mut found = Vec::new();
                // `value if value else default`: a variable that is set wins, and one that is not is nothing.
                let set = |it: &Value| match it {
                    Value::Variable { name, default: None } => Some(!self.set(name).is_empty()),
                    _ => None,
                };
                let is_set = all.iter().any(|it| set(it) == Some(true));
                let some: Vec<&Value> =
                    all.iter().filter(|it| set(it).map_or(!is_set, |it| it)).collect();
                let all = if some.is_empty() { all.iter().collect() } else { some };
                for spot in all.iter().flat_map(|it| self.resolve(file, it, depth)) {
                    if !found.contains(&spot) {
                        found.push(spot);
                    }
                }
                found
            }
            Value::Parent(inner) => self
                .resolve(file, inner, depth)
                .into_iter()
                .map(|it| it.parent(&self.reach.files[file].folder))
                .collect(),
            Value::Join(parts) => self.combine(file, parts, depth, Spot::join),
            Value::Below(parts) => self.combine(file, parts, depth, Spot::below),
            Value::Field(name) => self.field(name, depth),
            Value::Applied { function, arguments } => {
                self.applied(file, function, arguments, depth)
            }
            Value::Concat(parts) => self.combine(file, parts, depth, Spot::append),
            Value::Parameter { function, index, name, default } => {
                self.parameter(file, function, *index, name, default.as_deref(), depth)
            }
            Value::Reference { module, path } => self.reference(file, module, path, depth),
            Value::Nothing => vec![Spot::Nothing],
            Value::Number(number) => vec![Spot::Number(*number)],
            Value::Unknown => unknown(),
        }
    }

    /// The value of a setting of a program of Java: of a variable, of its files, or its default.
    ///
    /// docs.spring.io/spring-boot: "Externalized Configuration", "Binding From Environment Variables".
    fn property(
        &self,
        file: usize,
        name: &str,
        default: Option<&Value>,
        depth: usize,
    ) -> Vec<Spot> {
        let key = name.trim_start_matches("${").trim_end_matches('}');
        if self.reach.files[file].language == Language::CSharp {
            return self.of_host(file, key, default, depth);
        }
        let set = self.given(key).map(|it| it.1).unwrap_or_default();
        if !set.is_empty() {
            return set.iter().map(|it| closed(it)).collect();
        }
        match self.reach.properties.get(key) {
            Some(Some(text)) => self.resolve(file, &jvm::placeholder(text), depth),
            Some(None) => vec![Spot::Unknown],
            None => default.map_or_else(|| vec![Spot::Unknown], |it| self.resolve(file, it, depth)),
        }
    }

    /// The values that the environment or the command line give a setting of a program of Java, with the name by which
    /// they do.
    pub(super) fn given(&self, key: &str) -> Option<(String, Vec<String>)> {
        let mut names =
            jvm::given(key).into_iter().map(|it| (self.variable)(&it)).zip(jvm::given(key));
        names.find(|it| !it.0.is_empty()).map(|it| (it.1, it.0))
    }

    fn combine(
        &self,
        file: usize,
        parts: &[Value],
        depth: usize,
        add: fn(&Spot, &Spot) -> Spot,
    ) -> Vec<Spot> {
        let mut found: Vec<Spot> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let mut next = self.resolve(file, part, depth);
            for it in &mut next {
                match it {
                    Spot::Nothing => *it = Spot::Unknown,
                    Spot::Number(number) => *it = closed(&number.to_string()),
                    _ => {}
                }
            }
            found = match at {
                0 => next,
                _ => found.iter().flat_map(|it| next.iter().map(|next| add(it, next))).collect(),
            };
            if SEVERAL < found.len() {
                return vec![Spot::Unknown];
            }
        }
        found
    }

    /// The folder that holds the outermost package that a file is in, unless an application is told another place for
    /// what is beside it.
    fn around(&self, file: usize) -> Vec<Spot> {
        let at = &self.reach.files[file].at;
        if self.reach.files[file].language == Language::CSharp {
            return self.programs();
        }
        let mut calls = self.reach.files.iter().flat_map(|it| &it.facts.calls);
        let is_told =
            calls.any(|it| it.arguments.iter().any(|it| it.0.as_deref() == Some("instance_path")));
        let is_package = |it: &ImagePath| self.reach.is_read(&it.join("__init__.py"));
        let folder = at.ancestors().skip(1).find(|it| !is_package(it));
        match folder.filter(|_| !is_told && Files::is_placed(at)) {
            Some(folder) => vec![closed(folder.as_str())],
            None => vec![Spot::Unknown],
        }
    }

    /// What the calls of a function pass.
    fn parameter(
        &self,
        file: usize,
        function: &str,
        index: usize,
        name: &str,
        default: Option<&Value>,
        depth: usize,
    ) -> Vec<Spot> {
        let mut found: Vec<Spot> = Vec::new();
        let mut add = |spots: Vec<Spot>| {
            for spot in spots {
                if !found.contains(&spot) {
                    found.push(spot);
                }
            }
        };
        let own = default.map(|it| self.resolve(file, it, depth));
        for &Of { file, what: call } in self.index().calls.get(function).into_iter().flatten() {
            let named = call.arguments.iter().find(|it| it.0.as_deref() == Some(name));
            let at = call.arguments.get(index).filter(|it| it.0.is_none());
            match named.or(at) {
                Some((_, value)) => add(self.resolve(file, value, depth)),
                None => add(own.clone().unwrap_or_else(|| vec![Spot::Unknown])),
            }
        }
        if !found.is_empty() && self.hides_calls() {
            found.push(Spot::Unknown);
        }
        if found.is_empty() { own.unwrap_or_else(|| vec![Spot::Unknown]) } else { found }
    }

    /// What a name of another module stands for.
    fn reference(&self, file: usize, module: &str, path: &[String], depth: usize) -> Vec<Spot> {
        let unknown = || vec![Spot::Unknown];
        let modules = &self.reach.files[file].modules;
        let Some(last) = path.last() else { return unknown() };
        if self.reach.files[file].facts.is_open() {
            return self.open(last, depth);
        }
        if self.reach.files[file].facts.is_shared() {
            return self.any(&self.told(self.shared(file, module, last)), depth);
        }
        // A setting of a class of settings has the variable of its name.
        let is_constant = |it: &str| it.len() > 2 && !it.contains(|it: char| it.is_lowercase());
        let set = if path.len() > 1 { self.set(&last.to_uppercase()) } else { Rc::default() };
        if !set.is_empty() {
            return set.iter().map(|it| closed(it)).collect();
        }
        // The longest name that is a module: `config` of `from app import config`.
        let mut whole = module.to_owned();
        let mut target = modules.get(module).map(|it| (it, 0));
        for (at, name) in path.iter().enumerate() {
            if !whole.is_empty() && !whole.ends_with('.') {
                whole.push('.');
            }
            whole.push_str(name);
            target = modules.get(&whole).map(|it| (it, at + 1)).or(target);
        }
        if let Some((targets, taken)) = target {
            let found = targets.iter().map(|it| self.in_file(*it, &path[taken..], depth));
            if let Some(found) = found.into_iter().find(|it| *it != unknown()) {
                return found;
            }
        }
        if !is_constant(last) {
            return unknown();
        }
        // Settings that a framework hands on, such as those of Django and Flask.
        let mut found = Vec::new();
        for &Of { file, what } in self.index().values.get(last.as_str()).into_iter().flatten() {
            for spot in self.resolve(file, what, depth) {
                if !found.contains(&spot) {
                    found.push(spot);
                }
            }
        }
        if found.is_empty() { unknown() } else { found }
    }

    /// What a path of names stands for in a file.
    fn in_file(&self, file: usize, path: &[String], depth: usize) -> Vec<Spot> {
        let unknown = || vec![Spot::Unknown];
        let facts: &SourceFacts = self.reach.files[file].facts;
        let Some((first, rest)) = path.split_first() else { return unknown() };
        let value = facts.names.get(first);
        let Some(last) = rest.last() else {
            let value = value.or_else(|| facts.attributes.get(first));
            return value.map_or_else(unknown, |it| self.resolve(file, it, depth));
        };
        if let Some(Value::Reference { module, path }) = value {
            let whole: Vec<String> = path.iter().chain(rest).cloned().collect();
            let found = self.resolve(
                file,
                &Value::Reference { module: module.clone(), path: whole },
                depth,
            );
            if found != unknown() {
                return found;
            }
        }
        facts.attributes.get(last).map_or_else(unknown, |it| self.resolve(file, it, depth))
    }
}
