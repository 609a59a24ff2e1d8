//! The page of an audit, as a browser reads it.

use std::collections::BTreeSet;

use refit::{report::formats::audit_html, text::RepoPath};

use super::{audit_of, planned};
use crate::support::{self, dom::Element};

fn page(files: &[(&str, &str)]) -> (String, Element) {
    let files = files.iter().map(|it| (RepoPath::new(it.0).unwrap(), it.1.to_owned()));
    let html = audit_html(&audit_of(&planned(files)));
    let page = Element::parse(&html);
    (html, page)
}

#[test]
fn tiles_rows_and_diffs_are_those_of_the_audit() {
    let audit = audit_of(&planned(support::example("assistants")));
    let page = Element::parse(&audit_html(&audit));
    let tiles = page.find("div", "tile");
    let tile = |name: &str| {
        let tile = tiles.iter().find(|it| it.children[0].text == name).unwrap();
        tile.children[1].text.clone()
    };
    assert_eq!(tile("Dockerfiles"), "14 → 7");
    assert_eq!(tile("Images"), "14");
    assert_eq!(tile("Images that run as root"), "14 → 7");
    let table = &page.find("table", "services")[0];
    let rows = table.find("tr", "");
    assert_eq!(rows.len(), 1 + audit.images.len());
    assert_eq!(rows[0].find("button", "").len(), 6);
    for (row, image) in rows[1..].iter().zip(&audit.images) {
        let cells = row.find("td", "");
        assert_eq!((cells.len(), cells[0].text.as_str()), (6, image.name.as_str()));
        assert_eq!(cells[1].text, image.dockerfile);
        assert_eq!(row.attribute("data-transforms"), Some(&*image.transforms.join(" ")));
        let changes = audit.plan.changes.iter().filter(|it| it.place.path == image.dockerfile);
        assert_eq!(cells[4].text, changes.count().to_string());
    }
    let problems = page.find("details", "problem");
    assert_eq!(problems.len(), audit.problems.len());
    for (shown, problem) in problems.iter().zip(&audit.problems) {
        assert_eq!(shown.find("a", "").len(), problem.places.len(), "{}", problem.code);
        let is_open = shown.attribute("open").is_some();
        assert_eq!(is_open, ["critical", "high"].contains(&problem.priority.as_str()));
    }
    let articles = page.find("article", "file");
    let diffs: usize = articles.iter().map(|it| it.find("table", "unified").len()).sum();
    assert_eq!(diffs, audit.plan.files.len());
    let changes = page.find("p", "change").len();
    assert_eq!(changes, audit.plan.changes.len() + audit.plan.declines.len());
}

#[test]
fn links_inside_the_page_lead_somewhere_and_names_are_unique() {
    let page = Element::parse(&audit_html(&audit_of(&planned(support::example("assistants")))));
    let all = page.all();
    let ids: Vec<&str> = all.iter().filter_map(|it| it.attribute("id")).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    let links = all.iter().filter_map(|it| it.attribute("href")?.strip_prefix('#'));
    let links: Vec<&str> = links.collect();
    assert!(100 < links.len() && links.iter().all(|it| unique.contains(it)), "{links:?}");
    let labels = all.iter().filter_map(|it| it.attribute("for"));
    assert_eq!(labels.filter(|it| unique.contains(it)).count(), 2);
}

#[test]
fn both_views_of_a_diff_have_all_of_its_lines() {
    let files = [
        ("Dockerfile", "FROM python:3.12\nRUN pip install poetry\nUSER 5\nRUN b"),
        ("poetry.lock", ""),
    ];
    let (_, page) = page(&files);
    let texts = |table: &Element, class: &str| {
        let cells = table.find("td", class).into_iter();
        cells
            .map(|it| it.text.clone())
            .filter(|it| it.parse::<usize>().is_err())
            .collect::<Vec<_>>()
    };
    let unified = page.find("table", "unified")[0];
    let rows = |class: &str| {
        let rows = unified.find("tr", class).into_iter();
        rows.map(|it| it.children[2].text[1..].to_owned()).collect::<Vec<_>>()
    };
    let split = page.find("table", "split")[0];
    assert_eq!(rows("del"), texts(split, "del"));
    assert_eq!(rows("add"), texts(split, "add"));
    assert_eq!(rows("del"), ["RUN pip install poetry"]);
    assert_eq!(unified.find("tr", "at").len(), split.find("tr", "at").len());
    // The third line is the third before and the fourth after, as a `# syntax=` line comes first.
    let third = split.find("tr", "").into_iter().find(|it| it.text.contains("USER 5")).unwrap();
    let numbers: Vec<&str> = third.find("td", "no").iter().map(|it| it.text.as_str()).collect();
    assert_eq!(numbers, ["3", "4"]);
}

#[test]
fn what_files_say_is_no_markup_and_the_page_loads_nothing() {
    let name = "a\"><script>alert(1)<&/Dockerfile";
    let text = "FROM python:3.12\nRUN pip install poetry # </pre><img src=x onerror=\"y\">\n";
    let (html, page) = page(&[(name, text)]);
    assert_eq!(page.find("script", "").len(), 1);
    assert!(page.find("img", "").is_empty());
    assert_eq!(page.find("article", "file")[0].children[0].text, name);
    let all = page.all();
    assert!(all.iter().all(|it| it.attribute("src").is_none() && it.name != "link"));
    assert!(!html.contains("@import") && !html.contains("url("));
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn a_repository_without_problems_has_a_page() {
    let (_, page) = page(&[("Dockerfile", "FROM scratch\nUSER 5:5\nCMD [\"/x\"]\n")]);
    assert!(page.find("details", "").is_empty());
    assert_eq!(page.find("table", "services")[0].find("tr", "").len(), 2);
}
