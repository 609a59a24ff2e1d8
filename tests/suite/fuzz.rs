//! Damaged texts of every kind that refit reads. `FUZZ=60` goes on for so many seconds of the clock; the default is
//! a few hundred of each kind. `fuzz/` does it with coverage.

use crate::support::{
    self,
    damage::{Random, damage},
    properties,
};
use std::{
    env,
    panic::catch_unwind,
    time::{Duration, Instant},
};

/// What is damaged and what must hold.
type Property = (&'static str, fn(&str), Vec<String>);

#[test]
fn damaged_texts_hold_what_is_promised() {
    let seconds: Option<u64> = env::var("FUZZ").ok().and_then(|it| it.parse().ok());
    let kinds = kinds();
    let until = seconds.map(|it| Instant::now() + Duration::from_secs(it));
    let mut tried = 0_u64;
    loop {
        let is_over = match until {
            Some(until) => until <= Instant::now(),
            None => 300 <= tried,
        };
        if is_over {
            break;
        }
        for (name, property, seeds) in &kinds {
            let mut random = Random::new(tried);
            let mut text = seeds[random.below(seeds.len())].clone();
            damage(&mut text, &seeds[random.below(seeds.len())], &mut random);
            let held = catch_unwind(|| property(&text));
            assert!(held.is_ok(), "{name}, number {tried}:\n{text}");
        }
        tried += 1;
    }
    println!("{tried} damaged texts of each of {} kinds", kinds.len());
}

fn kinds() -> Vec<Property> {
    let example: Vec<(String, String)> =
        support::example("assistants").into_iter().map(|it| (it.0.to_string(), it.1)).collect();
    let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        example.iter().filter(|it| wanted(&it.0)).map(|it| it.1.clone()).collect()
    };
    let mut dockerfiles = of(&|it| it.contains("Dockerfile"));
    dockerfiles.extend(support::dockerfiles().into_iter().flatten().map(|it| it.1));
    let mut callers =
        of(&|it| [".yml", ".yaml", ".sh", "Makefile", ".md"].iter().any(|end| it.ends_with(end)));
    let mut scripts = of(&|it| it.ends_with(".sh"));
    scripts.push("set -e\ncase $1 in a) docker build -t x . ;; *) for i in a b; do echo \"$i\"; done ;; esac\n".to_owned());
    callers.push(
        "target \"a\" {\n  dockerfile = \"Dockerfile.test\"\n  args = { A = \"1\" }\n}\n"
            .to_owned(),
    );
    callers.push(
        "{\n  \"build\": { \"dockerfile\": \"Dockerfile\", \"context\": \"..\" } // c\n}\n"
            .to_owned(),
    );
    for (path, text) in support::projects().into_iter().flatten().flat_map(|it| it.1) {
        let name = path.as_str();
        if properties::CALLERS.iter().any(|it| name.ends_with(it)) && !text.is_empty() {
            callers.push(text);
        } else if name.ends_with(".sh") && !text.is_empty() {
            scripts.push(text);
        }
    }
    let repositories = dockerfiles.iter().zip(dockerfiles.iter().skip(1).chain(&dockerfiles)).map(|(one, other)| {
        let callers = "services:\n  web:\n    build:\n      context: .\n      dockerfile: Dockerfile.test\n";
        // Every second one has a variant of its own, the others one of another file.
        let variant = if one.len() % 2 == 0 { one } else { other };
        [one.as_str(), variant, callers, "docker build -f Dockerfile.test .\n"].join(properties::NEXT)
    });
    let repositories = repositories.collect();
    vec![
        ("a Dockerfile", properties::dockerfile, dockerfiles),
        ("a script", properties::script, scripts),
        ("a caller", properties::caller, callers),
        ("a repository", properties::repository, repositories),
    ]
}
