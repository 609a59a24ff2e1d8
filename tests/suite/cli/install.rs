//! What somebody meets who sets refit up: settings, completions, manual pages, hooks.

use std::fs;

use refit::cli::config::Config;

use super::{Folder, UNPINNED, unpinned};
use crate::support::source::root;

#[test]
fn init_writes_settings_that_fit_and_never_over_others() {
    let folder = unpinned();
    folder.write("bad.Dockerfile", "FRM x\n");
    let before = folder.refit(&["diff", "-q"]);
    let ran = folder.refit(&["init"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "wrote refit.toml\n"));
    let text = folder.read("refit.toml");
    assert!(text.contains("\nexclude = [\n  \"/bad.Dockerfile\",\n]\n"), "{text}");
    assert!(text.contains("\n[pin-poetry]\n") && text.contains("\n# renovate = false\n"), "{text}");
    let after = folder.refit(&["diff", "-q"]);
    assert_eq!((&after.stdout, after.stderr.as_str()), (&before.stdout, ""));
    assert!(before.stderr.contains("bad.Dockerfile"), "{before:?}");
    // What stands there as a comment is right as well.
    let is_setting = |it: &str| it.starts_with("# ") && it.contains(" = ") && !it.contains('…');
    let all = text.lines().map(|it| if is_setting(it) { &it[2..] } else { it });
    let all = all.collect::<Vec<_>>().join("\n");
    assert!(all.contains("\nrecipe = ") && all.contains("\nrenovate = "), "{all}");
    Config::parse(&all).unwrap();
    let ran = folder.refit(&["init"]);
    assert!(ran.code == 2 && ran.stderr.starts_with("error: refit.toml exists\n"), "{ran:?}");
    assert_eq!(folder.read("refit.toml"), text);
}

#[test]
fn every_shell_has_completions_and_every_command_a_page() {
    let folder = Folder::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = folder.refit(&["completions", shell]);
        assert!(ran.code == 0 && ran.stdout.contains("allow-staged"), "{shell}");
    }
    assert!(folder.refit(&["man"]).stdout.contains(".TH refit 1"));
    assert_eq!(folder.refit(&["man", "--out", "man"]).code, 0);
    for page in ["refit.1", "refit-diff.1", "refit-apply.1", "refit-init.1"] {
        assert!(folder.read(&format!("man/{page}")).contains(".SH SYNOPSIS"), "{page}");
    }
}

#[test]
fn hooks_are_given_what_refit_takes() {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let entries: Vec<&str> =
        text.lines().filter_map(|it| it.trim().strip_prefix("entry: refit ")).collect();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let folder = Folder::new(&[("api/Dockerfile", "FROM scratch\n")]).commit();
        folder.write("api/Dockerfile", UNPINNED);
        folder.git(&["add", "--all"]);
        let mut arguments: Vec<&str> = entry.split(' ').collect();
        arguments.push("api/Dockerfile");
        let ran = folder.refit(&arguments);
        assert!(ran.code < 2, "{entry}: {ran:?}");
    }
}
