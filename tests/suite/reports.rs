//! What a report says of each change is what the change does.

use std::collections::BTreeMap;

use refit::{
    engine::plan::plan,
    project::{Project, selection::Selection},
    report::{ChangeReport, FileEdits, Report},
    transforms,
};

use crate::support::page::cases;

/// The texts of files by path.
type Texts = BTreeMap<String, String>;

fn texts(project: &Project) -> Texts {
    project.files().map(|it| (it.path.to_string(), it.text.to_string())).collect()
}

/// Applies a diff as strictly as can be: each line that it keeps or removes has to be there, at its number.
fn patch(texts: &mut Texts, diff: &str) {
    for file in format!("\n{diff}").split("\ndiff --git ") {
        let file = format!("{}\n", file.trim_end_matches('\n'));
        let Some(name) = file.lines().next().and_then(|it| it.rsplit_once(" b/")) else { continue };
        let name = name.1.to_owned();
        let old = texts.remove(&name).unwrap_or_default();
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let (mut new, mut at) = (String::new(), 0);
        let mut lines =
            file.split_inclusive('\n').skip_while(|it| !it.starts_with("@@ ")).peekable();
        while let Some(line) = lines.next() {
            let without_end = lines.peek().is_some_and(|it| it.starts_with('\\'));
            let body = &line[1..line.len() - usize::from(without_end)];
            match line.as_bytes()[0] {
                b'@' => {
                    let from = line["@@ -".len()..].split([',', ' ']).next().unwrap();
                    let start = from.parse::<usize>().unwrap();
                    let start = if line.contains(",0 +") { start } else { start.saturating_sub(1) };
                    new.extend(old[at..start].iter().copied());
                    at = start;
                }
                b'+' => new.push_str(body),
                b'\\' => {}
                sign => {
                    assert_eq!(old.get(at), Some(&body), "{name}: {file}");
                    at += 1;
                    new.push_str(if sign == b' ' { body } else { "" });
                }
            }
        }
        new.extend(old[at..].iter().copied());
        if !file.contains("\ndeleted file mode") {
            texts.insert(name, new);
        }
    }
}

/// Makes the edits of a change that names its edits.
fn edit(texts: &mut Texts, change: &ChangeReport) {
    for file in change.edits.iter().flatten() {
        match file {
            FileEdits::Create { path, text } => _ = texts.insert(path.clone(), text.clone()),
            FileEdits::Delete { path } => _ = texts.remove(path),
            FileEdits::Edit { path, edits } => {
                let text = texts.get_mut(path).unwrap();
                for edit in edits.iter().rev() {
                    let before = &text[..edit.start];
                    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
                    assert_eq!(
                        (before.matches('\n').count() + 1, column),
                        (edit.line, edit.column)
                    );
                    text.replace_range(edit.start..edit.end, &edit.text);
                }
            }
        }
    }
}

#[test]
fn the_diffs_of_changes_make_the_whole_and_edits_make_the_diffs() {
    let (mut several, mut with_edits, mut without) = (0, 0, 0);
    for case in transforms::ALL.iter().flat_map(|it| cases(it.docs)) {
        let (project, options) = (case.project().unwrap(), case.options().unwrap());
        let plan = plan(project, transforms::ALL, &options);
        let report = Report::new(&plan, &Selection::all());
        let mut now = texts(&plan.before);
        for change in &report.changes {
            let mut alone = texts(&plan.before);
            let fresh = change.files.iter().all(|it| now.get(it) == alone.get(it));
            patch(&mut now, &change.diff);
            if change.edits.is_some() && fresh {
                edit(&mut alone, change);
                assert!(
                    change.files.iter().all(|it| now.get(it) == alone.get(it)),
                    "{}",
                    case.title
                );
                with_edits += 1;
            }
            without += usize::from(change.edits.is_none());
            assert!(!fresh || change.edits.is_some(), "{}: {}", case.title, change.title);
        }
        several += usize::from(1 < report.changes.len());
        assert_eq!(now, texts(plan.after()), "{}", case.title);
        let mut known: Vec<_> = report.changes.iter().map(|it| &it.fingerprint).collect();
        known.sort();
        known.dedup();
        assert_eq!(known.len(), report.changes.len(), "{}", case.title);
    }
    assert!(100 < several && 100 < with_edits && 100 < without, "{several} {with_edits} {without}");
}
