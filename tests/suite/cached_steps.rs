//! The model of the build cache says what `tests/builds/cache.md` has; real builds agree with that.

use std::{env, fs};

use crate::support::{
    edits::{PAGE, cache_cases, cache_page},
    source::root,
};

#[test]
fn each_edit_runs_again_what_the_page_says() {
    let path = root().join(PAGE);
    let (written, now) = (fs::read_to_string(&path).unwrap(), cache_page());
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &now).unwrap();
    }
    if env::var_os("UPDATE").is_none() && written != now {
        let diff = similar::TextDiff::from_lines(&written, &now);
        panic!("{PAGE} is stale (UPDATE=1 writes it):\n{}", diff.unified_diff());
    }
    assert!(
        12 < cache_cases().len()
            && !now.lines().any(|it| it.starts_with("- `") && !it.contains(" steps"))
    );
}
