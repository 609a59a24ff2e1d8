//! What is gone and should not be.

use super::*;

#[test]
fn what_people_import_is_not_only_a_tools() {
    let image = |import: &str, tools: bool| {
        let image = base().file("src/main.py", import).file("src/setup.py", "import poetry");
        let image = image.file("src/own/build.py", "").file("src/own/x.py", "import build\n");
        match tools {
            true => image
                .distribution(SITE, "poetry", "2.1", &["build", "requests", "shared-x"])
                .distribution(SITE, "build", "1.0", &[])
                .distribution(SITE, "requests", "2.3", &[])
                .record(SITE, "shared-x", &["shared/x.py", "shared/data/x.json"]),
            false => image.record(SITE, "shared-y", &["shared/y.py"]),
        }
        .read()
    };
    let table = [
        ("import os, requests as r\n", "requests 2.3 is gone, and /src/main.py imports requests"),
        ("def f():\n    from requests.a import (b)\n", "requests 2.3"),
        ("from shared import x\n", "shared-x 1 is gone, and /src/main.py imports shared.x"),
        ("from shared import y\n", ""),
        (
            "from .requests import x\nfrom . import requests\n# import requests\nimportrequests\n",
            "",
        ),
        ("import build_x, requestsx\n", ""),
    ];
    let pins = ["poetry".to_owned()].into();
    for (import, expected) in table {
        let (old, new) = (image(import, true), image(import, false));
        let all = compare((&config(), &old), (&config(), &new), &declared());
        let lost = all.differences.iter().filter(|it| it.contains("is gone"));
        let lost: Vec<_> = lost.filter(|it| it.contains("distribution")).collect();
        assert_eq!(lost.len(), usize::from(!expected.is_empty()), "{import}: {lost:?}");
        assert!(lost.iter().all(|it| it.contains(expected)), "{import}: {lost:?}");
    }
    // A pin explains what another version of the tool has no use for, and nothing else.
    let pinned = Declared { pinned: pins, ..Declared::default() };
    let lost = |import: &str, version: &str| {
        let new = base().file("src/main.py", import);
        let new = new.distribution(SITE, "poetry", version, &[]).read();
        let all = compare((&config(), &image(import, true)), (&config(), &new), &pinned);
        let lost = all.differences.into_iter().filter(|it| it.contains("distribution"));
        lost.collect::<Vec<_>>()
    };
    assert_eq!(lost("", "1.8"), Vec::<String>::new());
    assert_eq!(lost("import requests", "1.8").len(), 1);
    assert_eq!(lost("", "2.1").len(), 3);
}

#[test]
fn folders_that_people_made_are_not_forgotten() {
    let old = base()
        .debian(&[("gcc", "", &["/usr/lib/gcc", "/etc/gcc", "/var/log/gcc-log"])])
        .folder("usr/lib/gcc/made")
        .folder("usr/share/made")
        .folder("etc/gcc")
        .folder("var/lib/gcc")
        .folder("var/log/gcc-log")
        .folder("run/app")
        .folder("var/log/app")
        .file("var/log/app/access.log", "x")
        .link("var/log/error.log", "/dev/stderr")
        .folder("var/lib/app")
        .folder("etc/app")
        .folder("usr/src/app")
        .folder("usr/local/app")
        .folder("tmp/metrics")
        .folder("tmp/tmpx3")
        .folder("var/cache/apt/archives/partial")
        .file("usr/lib/locale/locale-archive", "x")
        .file("var/log/dpkg.log", "x")
        .read();
    let gone = |new: Image| {
        let all = compare((&config(), &old), (&config(), &new.read()), &declared());
        let lost = all.differences.iter().filter_map(|it| it.split_once("gone: "));
        let mut lost: Vec<String> =
            lost.flat_map(|it| it.1.split(", ").map(str::to_owned)).collect();
        lost.sort();
        lost
    };
    let expected = [
        "/etc/app",
        "/run/app",
        "/tmp/metrics",
        "/usr/lib/locale/locale-archive",
        "/usr/local/app",
        "/usr/src/app",
        "/var/lib/app",
        "/var/log/app",
        "/var/log/error.log",
    ];
    assert_eq!(gone(base()), expected);
    let kept = base().file("usr/lib/locale/locale-archive", "other").folder("var/log/app");
    assert_eq!(gone(kept).len(), expected.len() - 2);
}
