//! The site: its contents, its links, and the places that reports link to.

use std::collections::HashSet;

use refit::transforms;

#[path = "../../docs/book.rs"]
#[allow(dead_code, unreachable_pub, reason = "its `main` is for `cargo run --example book`")]
mod pages;

#[test]
fn every_link_of_the_site_leads_to_a_page() {
    let pages = pages::pages().unwrap();
    let paths: HashSet<&str> = pages.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths.len(), pages.len(), "two pages have one path");
    let mut seen = 0;
    for page in pages.iter().filter(|it| it.path.ends_with(".md")) {
        let folder = page.path.rsplit_once('/').map_or("", |it| it.0);
        for link in page.text.split("](").skip(1).filter_map(|it| it.split_once(')')).map(|it| it.0)
        {
            let target = link.split('#').next().unwrap();
            // Examples have links of Markdown and patterns of the shell as well.
            if target.contains("://") || !target.contains('.') || target.contains(' ') {
                continue;
            }
            let path = [folder, target].join("/");
            assert!(paths.contains(path.trim_start_matches('/')), "{}: {link}", page.path);
            seen += 1;
        }
    }
    assert!(60 < seen, "{seen}");
}

#[test]
fn the_site_has_the_place_that_a_report_links_to_for_each_code() {
    let pages = pages::pages().unwrap();
    let text = |path: &str| &pages.iter().find(|it| it.path == path).unwrap().text;
    for transform in transforms::ALL {
        let page = text(&format!("transforms/{}.md", transform.name));
        for code in transform.codes {
            let places = page.matches(&format!("<a id=\"{code}\"></a>")).count();
            assert_eq!(places, 1, "{}: {code}", transform.name);
        }
    }
    assert!(text("codes.md").contains("<a id=\"unverified\"></a>`unverified`: "));
}

#[test]
fn the_contents_of_the_site_have_each_chapter_once() {
    let pages = pages::pages().unwrap();
    let contents = pages::contents(&pages);
    for page in pages.iter().filter(|it| it.path.ends_with(".md")) {
        let link = format!("- [{}]({})\n", page.title, page.path);
        assert_eq!(contents.matches(&link).count(), 1, "{link}");
    }
}
