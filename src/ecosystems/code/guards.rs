//! The parts of a file that do not run in a service: what runs only if the file is the one that is run, `if __name__ ==
//! "__main__":`, and it is imported, or only in tests, `if "test" in sys.argv:`.

use std::collections::HashSet;

use tree_sitter::Node;

use super::scopes::Scopes;

/// Parts of conditions, without blanks, that hold only where tests run: docs.djangoproject.com ("Running tests"),
/// docs.pytest.org ("Detect if running from within a pytest run"), guides.rubyonrails.org ("The Test Environment"),
/// jestjs.io ("Environment Variables").
const IN_TESTS: [&str; 9] = [
    "\"pytest\"insys.argv",
    "\"pytest\"insys.modules",
    "\"test\"==sys.argv[1]",
    "\"test\"insys.argv",
    "ENV[\"RACK_ENV\"]==\"test\"",
    "ENV[\"RAILS_ENV\"]==\"test\"",
    "Rails.env.test?",
    "process.env.NODE_ENV===\"test\"",
    "sys.argv[1]==\"test\"",
];

impl<'t> Scopes<'t> {
    /// Skips the part of a node that runs only if its condition holds, if that does not hold in a file that is imported.
    pub(super) fn guard(&mut self, node: Node<'t>, condition: &str, then: &str) {
        let condition = node.child_by_field_name(condition);
        let is_skipped = |it: Node<'t>| !self.is_run && self.is_guard(it) || self.is_in_tests(it);
        if condition.is_some_and(is_skipped) {
            self.skipped = node.child_by_field_name(then).map(|it| it.id());
        }
    }

    /// Whether a condition holds only where tests run: it says so itself, or is a name or a function of the file that
    /// does.
    fn is_in_tests(&self, condition: Node<'t>) -> bool {
        let text = self.text_of(condition);
        let name = text.trim_matches(['(', ')', ' ']).trim_end_matches("()");
        if name.is_empty() || !name.chars().all(is_of_name) {
            let is_alternative = text.contains(" or ") || text.contains("||");
            return says_tests(text) && !is_alternative;
        }
        self.in_tests.get_or_init(|| named_for_tests(self.text)).contains(name)
    }

    /// Whether a condition holds only in a file that is run.
    fn is_guard(&self, condition: Node<'t>) -> bool {
        let text = self.text_of(condition).split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.replace('\'', "\"");
        let is_guard = |part: &str| {
            let part = part.replace(' ', "");
            let part = part.trim_start_matches('(').trim_end_matches(')');
            self.grammar.grammar.guards.contains(&part)
        };
        !["||", " or "].iter().any(|it| text.contains(it))
            && text.split("&&").flat_map(|it| it.split(" and ")).any(is_guard)
    }
}

fn is_of_name(it: char) -> bool {
    it.is_alphanumeric() || it == '_'
}

/// Whether a condition says that tests run.
fn says_tests(condition: &str) -> bool {
    let text: String = condition.chars().filter(|it| !it.is_whitespace()).collect();
    let text = text.replace('\'', "\"");
    !text.contains("not") && !text.contains('!') && IN_TESTS.iter().any(|it| text.contains(it))
}

/// The names of a text whose first value says that tests run, and the functions that return such a value.
fn named_for_tests(text: &str) -> HashSet<&str> {
    let mut known = HashSet::new();
    let mut found = HashSet::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let function = line.strip_prefix("def ").map(split_name).filter(|it| it.1.starts_with('('));
        let value = || {
            let (name, rest) = split_name(line);
            Some((name, rest.trim_start().strip_prefix('=')?))
        };
        let (name, says) = match function {
            Some((name, _)) => {
                let mut body = lines.clone().filter(|it| !it.is_empty());
                let returned = body.next().and_then(|it| it.strip_prefix("return "));
                (name, returned.is_some_and(says_tests))
            }
            None => match value() {
                Some((name, value)) => (name, says_tests(value)),
                None => continue,
            },
        };
        if known.insert(name) && says {
            found.insert(name);
        }
    }
    found
}

/// A text after the name that it begins with.
fn split_name(text: &str) -> (&str, &str) {
    text.split_at(text.find(|it| !is_of_name(it)).unwrap_or(text.len()))
}
