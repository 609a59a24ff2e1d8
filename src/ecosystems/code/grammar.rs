//! The roles of the nodes of a grammar: what makes one reader do for all languages.

use std::{borrow::Cow, collections::HashMap, sync::OnceLock};

use tree_sitter::Node;
use tree_sitter_language::LanguageFn;

use super::{
    Value,
    evaluate::Evaluator,
    facts::{Does, Entry, Fact, Gives, Keeper, Keyed, OptionOf, Setting},
    scopes::{Located, Scopes},
};

/// The parts of a node by their names in a table of roles.
pub(super) trait Parts<'t> {
    /// The part of this name: a field of the grammar, or, for nodes whose parts have no names, the position of a
    /// child (`0`), or `last`.
    fn part(&self, name: &str) -> Option<Node<'t>>;
}

impl<'t> Parts<'t> for Node<'t> {
    fn part(&self, name: &str) -> Option<Self> {
        if let Ok(at) = name.parse() {
            return self.named_child(at);
        }
        if name == "last" {
            return self.named_child(u32::try_from(self.named_child_count()).ok()?.checked_sub(1)?);
        }
        self.child_by_field_name(name)
    }
}

/// The line of a node, counted from 1.
pub(super) fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}

/// The facts about a language.
pub(super) struct Grammar {
    /// Its grammar.
    pub language: LanguageFn,
    /// The roles of nodes, by their kind. The fields of nodes are in the grammar's `node-types.json`.
    pub roles: &'static [(&'static str, Role)],
    /// The functions and names.
    pub facts: &'static [&'static [Fact]],
    /// The entries of tables that name places.
    pub entries: &'static [Entry],
    /// The entries whose keys name places.
    pub keyed: &'static [Keyed],
    /// The names of places that libraries write to.
    pub settings: &'static [Setting],
    /// The named arguments of calls that name such places.
    pub keywords: &'static [Setting],
    /// The modules that write when they are imported, and where.
    pub modules: &'static [(&'static str, &'static str)],
    /// The modules that import files of the project by themselves, by their folder.
    pub loaders: &'static [&'static str],
    /// The conditions that hold only in the file that is run, and not in one that another imports, without blanks.
    pub guards: &'static [&'static str],
    /// The names of the function that makes an object.
    pub constructors: &'static [&'static str],
    /// The first parameter of a method, if it is the object.
    pub object: &'static [&'static str],
    /// The method that tells a parser of an option of the command line.
    pub declares_option: Option<&'static str>,
    /// The methods of lists that call a function with each element.
    pub iterators: &'static [&'static str],
    /// Whether a module is one that the language brings: the facts say what all of its functions write.
    pub is_standard: fn(&str) -> bool,
    /// The functions that compilers write around what they import: each gives its first argument.
    pub interop: &'static [&'static str],
    /// Writes what the language leaves out and the grammar asks for; lines stay where they are.
    pub prepare: fn(&str) -> Cow<'_, str>,
    /// Reads an import.
    pub import: for<'t> fn(&mut Scopes<'t>, Node<'t>, usize),
    /// What is special where the files of a folder are a package, and types are declared.
    pub packages: Option<Packages>,
    /// What is special where every file sees the names of all others.
    pub open: Option<Open>,
}

impl Grammar {
    /// A language of which nothing is known but how it names what it imports.
    pub(super) const fn of(
        language: LanguageFn,
        import: for<'t> fn(&mut Scopes<'t>, Node<'t>, usize),
    ) -> Self {
        Self {
            language,
            roles: &[],
            facts: &[],
            entries: &[],
            keyed: &[],
            settings: &[],
            keywords: &[],
            modules: &[],
            loaders: &[],
            guards: &[],
            constructors: &[],
            object: &[],
            declares_option: None,
            iterators: &[],
            is_standard: |_| false,
            interop: &[],
            prepare: |it| Cow::Borrowed(it),
            import,
            packages: None,
            open: None,
        }
    }
}

/// What is special in a language in which every file sees the names of all others, and methods the constants of their
/// classes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// True if a function gives the value of its last expression.
    pub gives_last: bool,
    /// The functions that define a constant: its name, and its value.
    pub defines: &'static [&'static str],
    /// The method that makes an object of the class that it is called on; empty if an operator does.
    pub makes: &'static str,
    /// The files that load the project's classes by their names, as the ends of paths.
    pub autoloads: &'static [&'static str],
    /// The modules that keep files.
    pub keepers: &'static [Keeper],
}

/// What is special in a language whose packages are folders: names are shared by the files of a folder, an
/// assignment changes the name where it is declared, and a reference may change a name anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packages {
    /// The node that declares constants.
    pub constant: &'static str,
    /// The node that names a type of another package.
    pub named_type: &'static str,
    /// The types whose literals are lists.
    pub sequences: &'static [&'static str],
    /// The methods that take the value of an option of the command line.
    pub options: &'static [OptionOf],
    /// The modules that keep files.
    pub keepers: &'static [Keeper],
    /// Reads the value that its tag gives a field.
    pub tag: fn(&str, &str) -> Value,
    /// What stands between the parts of a name.
    pub separator: &'static str,
    /// The nodes in which names are declared that are not seen outside.
    pub blocks: &'static [&'static str],
    /// The node that declares a name again, from there on.
    pub shadows: &'static str,
    /// The nodes whose text is read as source of its own: the arguments of macros.
    pub tokens: &'static str,
    /// Parts of the names of functions that write; empty for those of all languages.
    pub marks: &'static [&'static str],
    /// The methods that add to a path.
    pub grows: &'static [&'static str],
    /// The methods that change their object in another way.
    pub changes: &'static [&'static str],
    /// The first parts of full names that are used without an import.
    pub roots: &'static [&'static str],
    /// The types that are known by their last names wherever they are used.
    pub builtin: &'static [&'static str],
    /// The properties of any object that give a place.
    pub properties: &'static [(&'static str, Gives)],
    /// The node in which assignments are to attributes of an object that is made.
    pub initializer: &'static str,
    /// True if imports are of namespaces, so that it is not known where a type is from.
    pub is_named_by_type: bool,
    /// Whether a part of a file is left out of the program.
    pub left_out: for<'t> fn(&Scopes<'t>, Node<'t>) -> bool,
    /// Reads a node of [`Role::Own`].
    pub declare: for<'t> fn(&mut Scopes<'t>, Node<'t>, usize),
    /// The value of a node of [`Role::Own`].
    pub value: for<'t> fn(&Evaluator<'_, 't>, Located<'t>, usize) -> Value,
    /// The name by which the parameters of the function that a node names are known, if not by its last part.
    pub called: for<'t> fn(&Scopes<'t>, Node<'t>, usize) -> Option<String>,
    /// The value that an annotation gives a parameter, by its text.
    pub annotated: fn(&str) -> Option<Value>,
    /// The name of a function of a class, if it is not its own.
    pub function: for<'t> fn(&Scopes<'t>, Node<'t>, usize) -> Option<String>,
}

impl Packages {
    /// What only some languages have.
    pub(super) const NONE: Self = Self {
        constant: "",
        named_type: "",
        sequences: &[],
        options: &[],
        keepers: &[],
        tag: |_, _| Value::Unknown,
        separator: ".",
        blocks: &[],
        shadows: "",
        tokens: "",
        marks: &[],
        grows: &[],
        changes: &[],
        roots: &[],
        builtin: &[],
        properties: &[],
        initializer: "",
        is_named_by_type: false,
        left_out: |_, _| false,
        declare: |_, _, _| {},
        value: |_, _, _| Value::Unknown,
        called: |_, _, _| None,
        annotated: |_| None,
        function: |_, _, _| None,
    };
}

/// What a node is; the texts are the names of its fields.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    /// A call of a function.
    Call { function: &'static str, arguments: &'static str },
    /// A call of a method, or, without an object, of a function.
    Method { object: &'static str, name: &'static str, arguments: &'static str },
    /// An argument with a name.
    Named { name: &'static str, value: &'static str },
    /// An attribute of an object.
    Member { object: &'static str, name: &'static str },
    /// An element of a table or list.
    Index { object: &'static str, key: &'static str },
    /// A text; its parts are children.
    Text,
    /// A value that is no text: a number, `null`.
    Constant,
    /// A name for the value of its first child: `with open(x) as file`.
    As { name: &'static str },
    /// A part of a text, as it is.
    Plain,
    /// A part of a text that stands for another character.
    Escape,
    /// A name.
    Name,
    /// A name that an object or the process owns: `@folder`, `$folder`.
    Owned,
    /// An assignment, or the declaration of a variable.
    Assign { left: &'static str, right: &'static str },
    /// An assignment to a name that is declared elsewhere.
    Set { left: &'static str, right: &'static str },
    /// A loop over the elements of a list.
    Each { left: &'static str, right: &'static str },
    /// An operation on one value, which may take its address.
    Unary { operand: &'static str },
    /// The declaration of a field, which a tag may describe.
    Tagged { name: &'static str, tag: &'static str },
    /// An assignment that depends on the value before.
    Change { left: &'static str },
    /// An assignment that may keep the value before: `||=`.
    Default { left: &'static str, right: &'static str },
    /// A function that is given to a call and sees its names.
    Block { parameters: &'static str },
    /// A loop over the elements of a list, which are assigned to a name.
    Over { left: &'static str, right: &'static str },
    /// A loop over a list: its first two children are the list and what each element is assigned to.
    Foreach,
    /// A line for the shell.
    Line,
    /// The import of a file by its path.
    Include,
    /// The declaration of an attribute.
    Attribute { name: &'static str, value: &'static str },
    /// A table; its entries are children.
    Table,
    /// An entry of a table.
    Pair { key: &'static str, value: &'static str },
    /// A pattern that takes a table apart.
    Pattern,
    /// A list; its elements are children.
    List,
    /// A function.
    Function { name: &'static str, parameters: &'static str },
    /// A parameter with a default or a type.
    Parameter { name: &'static str, default: &'static str },
    /// What a function returns: its first child.
    Return,
    /// A class.
    Class { name: &'static str },
    /// Something whose value is that of its first child.
    Group,
    /// Several expressions, of which the last is the value.
    Sequence,
    /// An operation.
    Operation { left: &'static str, right: &'static str },
    /// What runs only if a condition holds.
    If { condition: &'static str, then: &'static str },
    /// A choice between two of its named children.
    Choice(usize, usize),
    /// A choice between two values; without the first, the condition is one of them.
    Ternary { condition: &'static str, then: &'static str, otherwise: &'static str },
    /// An import.
    Import,
    /// What only this language has.
    Own,
}

/// A grammar, ready for use.
pub(super) struct Compiled {
    /// Its grammar for the parser.
    pub language: tree_sitter::Language,
    /// The facts about it.
    pub grammar: &'static Grammar,
    roles: Vec<Option<Role>>,
    facts: HashMap<&'static str, Vec<(&'static str, Does)>>,
}

impl Compiled {
    /// Compiles a grammar on first use.
    pub(super) fn once(cell: &'static OnceLock<Self>, grammar: &'static Grammar) -> &'static Self {
        cell.get_or_init(|| {
            let language = tree_sitter::Language::new(grammar.language);
            let known: HashMap<&str, Role> = grammar.roles.iter().copied().collect();
            let role = |id: usize| {
                let id = u16::try_from(id).ok().filter(|it| language.node_kind_is_named(*it))?;
                known.get(language.node_kind_for_id(id)?).copied()
            };
            let roles = (0..language.node_kind_count()).map(role).collect();
            let mut facts: HashMap<&str, Vec<(&str, Does)>> = HashMap::new();
            for fact in grammar.facts.iter().copied().flatten() {
                facts.entry(fact.name).or_default().push((fact.name, fact.does));
            }
            Self { language, grammar, roles, facts }
        })
    }

    /// The role of a node.
    pub(super) fn role(&self, node: Node<'_>) -> Option<Role> {
        self.roles.get(usize::from(node.kind_id())).copied().flatten()
    }

    /// Whether a node is an expression whose value may be known.
    pub(super) fn is_value(&self, node: Node<'_>) -> bool {
        matches!(
            self.role(node),
            Some(
                Role::Call { .. }
                    | Role::Method { .. }
                    | Role::Owned
                    | Role::Default { .. }
                    | Role::Ternary { .. }
                    | Role::Member { .. }
                    | Role::Index { .. }
                    | Role::Text
                    | Role::Name
                    | Role::Group
                    | Role::Operation { .. }
                    | Role::Choice(..)
                    | Role::Own
            )
        )
    }

    /// Whether a file of a language whose errors spread is not understood as a whole, and may write.
    pub(super) fn hides_writes(&self, root: Node<'_>, text: &str) -> bool {
        let spreads = self.grammar.packages.filter(|it| it.is_named_by_type);
        let marks = spreads.map_or(&[][..], |it| it.marks);
        root.has_error() && marks.iter().any(|it| text.contains(it))
    }

    /// Whether a function of this name, in whatever module, gives its first argument.
    pub(super) fn is_first(&self, function: &str) -> bool {
        let named = |it: &str| it.rsplit('.').next() == Some(function) && !it.starts_with('.');
        let mut all = self.grammar.facts.iter().copied().flatten().filter(|it| named(it.name));
        all.any(|it| matches!(it.does, Does::Gives(Gives::First)))
    }

    /// What is known of a name.
    pub(super) fn facts(&self, name: &str) -> &[(&'static str, Does)] {
        let found = self.facts.get(name);
        // `github.com/acme/store/v4.Open`: https://go.dev/ref/mod#major-version-suffixes
        let plain = || self.facts.get(without_version(name)?.as_str());
        let versions = self.grammar.packages.is_some();
        found.or_else(|| plain().filter(|_| versions)).map_or(&[], Vec::as_slice)
    }
}

/// The name of a module or of something in it, without the version of the module.
pub(super) fn without_version(name: &str) -> Option<String> {
    let is_version = |it: &str| {
        let number = it.split(['.', '/']).next().and_then(|it| it.strip_prefix('v'));
        number.is_some_and(|it| !it.is_empty() && it.chars().all(|it| it.is_ascii_digit()))
    };
    let at = name.match_indices("/v").map(|it| it.0).find(|it| is_version(&name[it + 1..]))?;
    let rest = name[at + 2..].trim_start_matches(|it: char| it.is_ascii_digit());
    Some(format!("{}{rest}", &name[..at]))
}
