//! The parts of a file that do not run in a service: what runs only if the file is the one that is run, `if __name__ ==
//! "__main__":`, and it is imported, or only in tests, `if "test" in sys.argv:`.

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
        let plain = |text: &str| {
            let text: String = text.chars().filter(|it| !it.is_whitespace()).collect();
            text.replace('\'', "\"")
        };
        let says = |text: &str| {
            let text = plain(text);
            !text.contains("not")
                && !text.contains('!')
                && IN_TESTS.iter().any(|it| text.contains(it))
        };
        let text = self.text_of(condition);
        let name = text.trim_matches(['(', ')', ' ']).trim_end_matches("()");
        let is_name = |it: char| it.is_alphanumeric() || it == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            let is_alternative = text.contains(" or ") || text.contains("||");
            return says(text) && !is_alternative;
        }
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            let value = line.strip_prefix(name).and_then(|it| it.trim_start().strip_prefix('='));
            let body = line.strip_prefix("def ").and_then(|it| it.strip_prefix(name));
            match (value, body.filter(|it| it.starts_with('('))) {
                (Some(value), _) => return says(value),
                (None, Some(_)) => {
                    let mut body = lines.map(str::trim).filter(|it| !it.is_empty());
                    return body.next().and_then(|it| it.strip_prefix("return ")).is_some_and(says);
                }
                (None, None) => {}
            }
        }
        false
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
