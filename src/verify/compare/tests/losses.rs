//! Things that are gone and should not be.

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
        .folder("tmp/poetry-chef-o1lir7sw")
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

#[test]
fn what_was_asked_for_by_name_is_not_lost_with_a_compiler() {
    let old = |automatic: &str| {
        let packages = [("build-essential", "libxml2, gcc", &[][..]), ("libxml2", "", &[])];
        let image = base().debian(&[packages[0], packages[1], ("gcc", "", &[])]);
        let states = format!("Package: {automatic}\nAuto-Installed: 1\n");
        image.file("var/lib/apt/extended_states", &states).read()
    };
    let lost = |automatic: &str| {
        let new = base().read();
        let all = compare((&config(), &old(automatic)), (&config(), &new), &declared());
        all.differences.into_iter().filter(|it| it.contains("package")).collect::<Vec<_>>()
    };
    assert_eq!(
        lost("gcc"),
        ["the package libxml2 1-1 is gone, and it is not known to be needed only to build"]
    );
    assert_eq!(lost("libxml2"), Vec::<String>::new());
}

#[test]
fn a_library_is_found_where_the_loader_looks() {
    let cache = |paths: &[&str]| {
        let head = "glibc-ld.so.cache1.1\0\u{1}\u{2}";
        let paths: String = paths.iter().map(|it| format!("x.so\0{it}\0")).collect();
        format!("{head}{paths}")
    };
    let with = |image: Image, paths: &[&str]| image.file("etc/ld.so.cache", &cache(paths));
    let plain = || Image::new().elf("app/x", &["x.so"], "");
    let local = || plain().elf("usr/local/lib/x.so", &[], "");
    let wheel =
        |folders: &str| plain().elf("v/x.libs/x.so", &[], "").elf("v/x/own.so", &["x.so"], folders);
    let listed = ["/usr/local/lib/x.so"];
    let place = "the library x.so is only at /usr/local/lib/x.so, where the loader does not look for it, which /app/x needs";
    let paths = [("LD_LIBRARY_PATH".to_owned(), "/opt/l:/usr/local/lib".to_owned())].into();
    let told = Config { env: paths, ..Config::default() };
    let none = Config::default();
    let musl = |image: Image| image.elf("lib/ld-musl-x86_64.so.1", &[], "");
    let cuda = || plain().link("cuda", "cuda-1").elf("cuda-1/l/x.so", &[], "");
    let own = "which /v/x/own.so needs";
    let table = [
        (with(local(), &listed), &none, with(local(), &listed), &none, ""),
        (with(local(), &listed), &none, local(), &none, place),
        (local(), &told, local(), &none, place),
        (with(local(), &listed), &none, local(), &told, ""),
        // It was not found before, so something else loads it.
        (local(), &none, local(), &none, ""),
        (local(), &none, plain(), &none, "the library x.so is gone, which /app/x needs"),
        (musl(local()), &none, musl(local()), &none, ""),
        (with(cuda(), &["/cuda/l/x.so"]), &none, with(cuda(), &["/cuda/l/x.so"]), &none, ""),
        (wheel("$ORIGIN/../x.libs"), &none, wheel("$ORIGIN/../x.libs"), &none, ""),
        (wheel("$ORIGIN/../x.libs"), &none, wheel("$ORIGIN"), &none, own),
        (
            wheel("${ORIGIN}/../x.libs"),
            &none,
            plain().elf("v/x/own.so", &["x.so"], "/"),
            &none,
            "the library x.so is gone",
        ),
    ];
    for (at, (old, before, new, after, expected)) in table.into_iter().enumerate() {
        let mut all = Comparison::default();
        let (old, new, declared) = (old.read(), new.read(), Declared::default());
        let (before, after) = ((before, &old), (after, &new));
        libraries::compare(Pair { before, after, declared: &declared }, &mut all);
        let found = all.differences.join("; ");
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{at}: {found}"
        );
    }
}

#[test]
fn what_callers_start_is_looked_for() {
    let given = Given {
        by: "compose.yaml:3 command".to_owned(),
        entrypoint: None,
        cmd: Some(vec!["gcc-12".to_owned()]),
    };
    let declared = Declared { given: vec![given], ..declared() };
    let (old, new) = (old().read(), source(venv(system(base()))).read());
    let all = compare((&config(), &old), (&split_config(), &new), &declared);
    assert_eq!(all.differences, ["compose.yaml:3 command starts gcc-12, which is not on PATH"]);
}
