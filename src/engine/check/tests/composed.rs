//! Compose files: nothing is different but what the change says.

use super::*;
use crate::project::change::Composed;

const BEFORE: &str = "version: '3'\nservices:\n  a:\n    image: a\n    depends_on: [b, c]\n  b:\n    image: b\n  c:\n    image: c\n";

fn of(after: &str, alters: &[Composed]) -> Option<String> {
    let alters = alters.iter().cloned().map(Alteration::Composed).collect();
    let objection = objection(&[("compose.yml", BEFORE)], &[("compose.yml", after)], alters)?;
    Some(objection.trim_end_matches(" in compose.yml").to_owned())
}

#[test]
fn a_compose_file_is_what_it_was_but_for_what_is_declared() {
    let wait = |on: &str| Composed::Waits { service: "a".to_owned(), on: on.to_owned() };
    let check = [("test".to_owned(), "x".to_owned())].into();
    let checked = Composed::Checked { service: "b".to_owned(), check };
    let both = [wait("b"), checked.clone()];
    let bare = BEFORE.replace("version: '3'\n", "");
    let waits = BEFORE
        .replace(
            "[b, c]",
            "\n      b:\n        condition: service_healthy\n      c: {condition: service_started}",
        )
        .replace("image: b", "image: b\n    healthcheck:\n      test: x");
    let is = |it: &str| Some(it.to_owned());
    let more = is("alters more than it says");
    assert_eq!(of(&bare, &[Composed::NoVersion]), None);
    assert_eq!(of(&bare.replace("image: c", "image: d"), &[Composed::NoVersion]), more);
    assert_eq!(of(&bare.replace("[b, c]", "[b]"), &[Composed::NoVersion]), more);
    assert_eq!(of(&waits, &both), None);
    assert_eq!(of(&waits.replace("service_started", "service_healthy"), &both), more);
    assert_eq!(
        of(&waits, &[wait("b"), wait("c"), checked.clone()]),
        is("waits for c, which has no health check")
    );
    assert_eq!(of(&waits, &[wait("b")]), more);
    for other in ["disable: true", "test: y", "test: x\n      retries: 5"] {
        let objection = of(&waits.replace("test: x", other), &both).unwrap();
        assert!(objection.starts_with("does not do what it says (Checked"), "{objection}");
    }
    assert_eq!(of(&bare, &both), is("waits for b, which has no health check"));
    let said = of(&bare.replace("image: a", "image: a: b"), &[Composed::NoVersion]).unwrap();
    assert!(said.contains("error") || said.contains("parser"), "{said}");
}

#[test]
fn a_build_goes_only_where_another_service_has_the_same() {
    let before = "x-a: &a\n  e: 1\nservices:\n  a:\n    build: .\n  b:\n    <<: *a\n    build:\n      context: ./\n      dockerfile: Dockerfile\n    command: c\n";
    let image = "image: ${COMPOSE_PROJECT_NAME}-a\n    pull_policy: never";
    let after = before.replace("build:\n      context: ./\n      dockerfile: Dockerfile", image);
    let file = ("Dockerfile", "FROM a\n");
    let of = |before: &str, after: &str, alters: &[Composed]| {
        let alters = alters.iter().cloned().map(Alteration::Composed).collect();
        objection(&[("compose.yml", before), file], &[("compose.yml", after), file], alters)
    };
    let (service, builder) = ("b".to_owned(), "a".to_owned());
    let starts = Composed::Starts { service: service.clone(), on: builder.clone() };
    let shares = [Composed::Shares { service, builder }];
    assert_eq!(of(before, &after, &shares), None);
    let joined = after.replace("command: c", "command: c\n    depends_on: [a]");
    assert_eq!(of(before, &joined, &[shares[0].clone(), starts]), None);
    let other = before.replace("./\n", "./\n      target: x\n");
    let labelled = before.replace("./\n", "./\n      labels: {a: b}\n");
    let block = after.replace("  e: 1", "  e: 2");
    for (before, after) in [
        (before, joined.as_str()),
        (before, &after.replace("NAME}-a", "NAME}-b")),
        (before, &after.replace("never", "always")),
        (before, &after.replace("command: c", "command: d")),
        (before, &after.replace("    build: .\n", "    image: a\n")),
        (before, &after.replace("    build: .\n", "    build: ./x\n")),
        (before, &after.replace("    build: .\n", "    build: .\n    image: z/z\n")),
        (before, &block),
        (&other, &after),
        (&labelled, &after),
        (
            &before.replace("  b:\n", "  b:\n    extends: a\n"),
            &after.replace("  b:\n", "  b:\n    extends: a\n"),
        ),
    ] {
        assert!(of(before, after, &shares).is_some(), "{before}\n{after}");
    }
    assert!(of(before, &after, &[]).is_some());
}

#[test]
fn aliases_of_aliases_end() {
    let level = |it: usize| format!("x{}: &x{} [*x{it}, *x{it}]\n", it + 1, it + 1);
    let bomb = format!("x0: &x0 y\n{}", (0..40).map(level).collect::<String>());
    let files = |text: &str| format!("{text}services: {{}}\n{bomb}");
    let (before, after) = (files("version: '3'\n"), files(""));
    let alters = vec![Alteration::Composed(Composed::NoVersion)];
    assert!(objection(&[("compose.yml", &before)], &[("compose.yml", &after)], alters).is_some());
}
