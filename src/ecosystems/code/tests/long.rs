//! Files whose expressions would be followed again and again.

use std::time::{Duration, Instant};

use super::*;

/// A text with a part that is repeated.
fn repeated(before: &str, part: &str, times: usize, after: &str) -> String {
    [before, &part.repeat(times), after].concat()
}

#[test]
fn no_expression_is_followed_twice() {
    let go = "package main\nimport \"os\"\nfunc main() {\n a := q()\n";
    let start = Instant::now();
    for (language, text) in [
        (Language::Python, repeated("open(q", ".a(1)", 60, ", 'w')")),
        (
            Language::Python,
            repeated(
                "import logging.config as c\na = q\n",
                "a = g(a, a)\n",
                60,
                "c.fileConfig(a)\nopen(a, 'w')",
            ),
        ),
        (Language::Python, repeated("", "if (name):\n    print()\n", 12_000, "open(q, 'w')")),
        (Language::JavaScript, repeated("require('fs').writeFileSync(q", ".m(1)", 200, ", 'x')")),
        (
            Language::JavaScript,
            repeated(
                "let o = q\n",
                "o = o\n",
                60,
                "app.listen(o)\nrequire('fs').writeFileSync(o, 'x')",
            ),
        ),
        (
            Language::Go,
            repeated(
                go,
                "if b { a := a; f(func() { h(a) })\n",
                60,
                &format!("os.Create(a) {}", "}".repeat(61)),
            ),
        ),
        (
            Language::Rust,
            repeated(
                "fn main() { let mut p = q();",
                "p.push(p);",
                60,
                "std::fs::write(p, \"x\"); }",
            ),
        ),
    ] {
        let last = text.lines().count();
        assert!(read(language, &text).unwrap().writes.iter().any(|it| it.line == last), "{text}");
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn what_was_too_deep_is_followed_again_where_it_is_not() {
    let text = "a = 'x'\n".to_owned()
        + &(0..60)
            .map(|it| format!("b{} = b{it}\n", it + 1))
            .collect::<String>()
            .replace("b0\n", "a\n")
        + "open(b60, 'w')\nopen(b30, 'w')\n";
    assert_eq!(writes(Language::Python, &text), ["62 open ?", "63 open \"x\""]);
}
