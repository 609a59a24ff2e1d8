use super::*;
use crate::{
    engine::plan::{Options, plan},
    project::{Project, selection::Selection},
    text::RepoPath,
    transforms,
};

const UNPINNED: &str = "FROM python:3.12\n# why\nRUN pip install poetry\n";
/// A path that means something in every format.
const ODD: &str = "a, b:<&\"%é`|\n/Dockerfile";

fn report() -> Report {
    let files = [
        (ODD, UNPINNED),
        ("bad.Dockerfile", "FRM x\n"),
        (
            "pipx/Dockerfile",
            "FROM debian\nRUN apt-get update && apt-get install -y python3-poetry\n",
        ),
    ];
    let files = files.map(|(path, text)| (RepoPath::new(path).unwrap(), text.to_owned()));
    let only: Vec<_> =
        transforms::ALL.iter().filter(|it| it.name == "pin-poetry").copied().collect();
    let plan = plan(Project::new(files), &only, &Options::default());
    Report::new(&plan, &Selection::all())
}

#[test]
fn concise_is_a_line_each() {
    let text = concise(&report());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with("a, b:<&\"%é`|\\n/Dockerfile:3:1: pin-poetry Pin Poetry to 1.8.3: ")
    );
    assert!(lines[0].ends_with("[safe]") || lines[0].ends_with("[review]"), "{text}");
    assert!(lines[1].starts_with("bad.Dockerfile:1:1: problem "), "{text}");
    assert!(lines[2].starts_with("pipx/Dockerfile:2:1: pin-poetry/unknown-installer left alone: "));
}

#[test]
fn github_escapes_what_ends_a_command() {
    let text = github(&report());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let path = "a%2C b%3A<&\"%25é`|%0A/Dockerfile";
    let start =
        format!("::warning file={path},line=3,col=1,endColumn=23,title=refit%3A pin-poetry::Pin");
    assert!(lines[0].starts_with(&start), "{text}");
    assert!(
        lines[1].starts_with("::error file=bad.Dockerfile,line=1,col=1,title=refit%3A problem::")
    );
    assert!(lines[2].starts_with("::notice file=pipx/Dockerfile,line=2,"), "{text}");
}

#[test]
fn gitlab_has_a_fingerprint_for_each() {
    let issues: serde_json::Value = serde_json::from_str(&gitlab(&report()).unwrap()).unwrap();
    let issues = issues.as_array().unwrap();
    let mut known: Vec<_> = issues.iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    known.sort_unstable();
    known.dedup();
    assert_eq!((issues.len(), known.len()), (3, 3));
    assert_eq!(issues[0]["location"]["path"], ODD);
    assert_eq!(issues[0]["location"]["lines"]["begin"], 3);
    let severities: Vec<_> = issues.iter().map(|it| it["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["minor", "major", "info"]);
}

#[test]
fn junit_counts_and_escapes() {
    let text = junit(&report());
    let head = "<testsuites name=\"refit\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"1\">";
    assert_eq!(text.lines().nth(1), Some(head));
    assert!(
        text.contains("name=\"a, b:&lt;&amp;&quot;%é`|&#10;/Dockerfile\" tests=\"1\""),
        "{text}"
    );
    assert!(text.contains("<failure message=\"Pin Poetry to 1.8.3: "), "{text}");
    assert!(
        !text.contains("<&") && text.lines().all(|it| it.starts_with('<') || it.starts_with("  "))
    );
}

#[test]
fn markdown_is_a_list_by_file() {
    let text = markdown(&report());
    assert!(
        text.starts_with("**refit**: 1 change in 1 file\n\n| | safe | to review |\n"),
        "{text}"
    );
    assert!(text.contains("\n#### `` a, b:<&\"%é`|\\n/Dockerfile ``\n"), "{text}");
    assert!(text.contains("\n  ```diff\n  diff --git "), "{text}");
    assert!(text.contains("<details><summary>1 place left alone</summary>"), "{text}");
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

#[test]
fn markdown_is_never_longer_than_a_comment() {
    let mut report = report();
    report.changes = vec![report.changes[0].clone(); 2000];
    report.declines = vec![report.declines[0].clone(); 2000];
    let text = markdown(&report);
    assert!((60_000..65_000).contains(&text.len()), "{}", text.len());
    assert_eq!(text.matches("\nand ").count(), 2);
}

#[test]
fn html_has_no_markup_but_its_own() {
    let text = html(&report());
    assert!(text.contains("<h2>a, b:&lt;&amp;&quot;%é`|\\n/Dockerfile</h2>"), "{text}");
    assert!(text.contains("<span class=\"add\">+RUN pip install poetry==1.8.3</span>"), "{text}");
    assert!(text.contains("<a href=\"https://") && !text.contains("<script"), "{text}");
    for element in ["section", "details", "pre", "p", "span", "h2", "h3", "table", "body"] {
        let opened = text.matches(&format!("<{element}>")).count()
            + text.matches(&format!("<{element} ")).count();
        assert_eq!(opened, text.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn sarif_refers_to_what_it_has() {
    let log: serde_json::Value = serde_json::from_str(&sarif(&report()).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let number = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[number]["id"], result["ruleId"]);
        assert!(rules[number]["fullDescription"]["text"].as_str().is_some_and(|it| !it.is_empty()));
    }
    let fix = &results[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(fix["artifactLocation"]["uri"], "a%2C%20b%3A%3C%26%22%25%C3%A9%60%7C%0A/Dockerfile");
    let region = &fix["replacements"][0]["deletedRegion"];
    assert_eq!((&region["startLine"], &region["endLine"]), (&3.into(), &3.into()));
    let (kind, level) = (&results[1]["kind"], &results[1]["level"]);
    assert_eq!((kind, level), (&"informational".into(), &"none".into()));
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notes.len(), 1);
}

#[test]
fn every_code_of_every_transform_is_explained() {
    use crate::report::pages;
    for transform in transforms::ALL {
        for code in transform.codes {
            let own = pages::meanings(code);
            let own = own.iter().any(|it| it.transform.is_none_or(|name| name == transform.name));
            assert!(own, "{}: {code}", transform.name);
        }
    }
}
