//! Differences that are explained, and those that are found.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod losses;

use serde_json::json;

use super::*;
use crate::verify::contents::tests::Image;

const SITE: &str = "usr/local/lib/python3.11/site-packages";
const VENV: &str = "opt/venv/lib/python3.11/site-packages";

fn config() -> Config {
    let words = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
    Config {
        env: [("PATH".to_owned(), "/usr/local/bin:/usr/bin".to_owned())].into(),
        cmd: words(&["python", "main.py"]),
        workdir: ImagePath::new("/src").unwrap(),
        healthcheck: Some(json!({"Test": ["CMD-SHELL", "curl -f http://localhost || exit 1"]})),
        ..Config::default()
    }
}

/// The contents of a base image.
fn base() -> Image {
    Image::new()
        .link("lib", "usr/lib")
        .elf("usr/local/bin/python", &["libc.so.6"], "")
        .elf("usr/lib/x86_64-linux-gnu/libc.so.6", &[], "")
        .file("usr/lib/os-release", "VERSION_CODENAME=bookworm\n")
        .distribution(SITE, "pip", "24", &[])
}

const CURL: (&str, &str, &[&str]) = ("curl", "", &["/usr/bin/curl"]);
const LIBPQ: (&str, &str, &[&str]) = ("libpq5", "", &["/usr/lib/x86_64-linux-gnu/libpq.so.5"]);

/// An image that is built in one stage.
fn old() -> Image {
    base()
        .debian(&[
            CURL,
            LIBPQ,
            ("libpq-dev", "libpq5", &["/usr/include/libpq.h"]),
            ("build-essential", "gcc", &[]),
            ("gcc", "", &["/usr/bin/gcc-12"]),
        ])
        .file("var/lib/apt/extended_states", "Package: libpq5\nAuto-Installed: 1\n")
        .program("usr/bin/curl", "x")
        .program("usr/bin/gcc-12", "x")
        .link("etc/alternatives/cc", "/usr/bin/gcc-12")
        .link("usr/bin/cc", "/etc/alternatives/cc")
        .file("usr/include/libpq.h", "x")
        .elf("usr/lib/x86_64-linux-gnu/libpq.so.5", &["libc.so.6"], "")
        .distribution(SITE, "poetry", "2.1", &["build", "requests"])
        .distribution(SITE, "build", "1.0", &["pyproject-hooks; python_version > '3.7'"])
        .distribution(SITE, "pyproject_hooks", "1.0", &[])
        .distribution(SITE, "requests", "2.3", &[])
        .distribution(SITE, "psycopg2", "2.9", &[])
        .elf(&format!("{SITE}/psycopg2/_psycopg.so"), &["libpq.so.5"], "")
        .file(&format!("{SITE}/__pycache__/requests.pyc"), "x")
        .program("usr/local/bin/requests", "#!/usr/local/bin/python\nx")
        .file("root/.cache/pypoetry/artifacts/a", "x")
        .file("root/.config/pypoetry/config.toml", "x")
        .file("service/pyproject.toml", "x")
        .file("tmp/x", "x")
        .file("src/main.py", "import x")
        .folder("src/data")
}

/// The packages that the last stage of a split installs itself.
fn venv(image: Image) -> Image {
    image
        .link("opt/venv/bin/python", "/usr/local/bin/python")
        .distribution(VENV, "pip", "24", &[])
        .distribution(VENV, "requests", "2.3", &[])
        .distribution(VENV, "psycopg2", "2.9", &[])
        .elf(&format!("{VENV}/psycopg2/_psycopg.so"), &["libpq.so.5"], "")
        .program("opt/venv/bin/requests", "#!/opt/venv/bin/python\nx")
}

fn source(image: Image) -> Image {
    image.file("src/main.py", "import x").folder("src/data")
}

fn system(image: Image) -> Image {
    image.debian(&[CURL, LIBPQ]).program("usr/bin/curl", "x").elf(
        "usr/lib/x86_64-linux-gnu/libpq.so.5",
        &["libc.so.6"],
        "",
    )
}

fn declared() -> Declared {
    Declared {
        env: ["PATH".to_owned()].into(),
        config: [Keyword::User].into(),
        environment: ImagePath::new("/opt/venv"),
        caches: true,
        ..Declared::default()
    }
}

fn split_config() -> Config {
    let mut config = config();
    config.env.insert("PATH".to_owned(), "/opt/venv/bin:/usr/local/bin:/usr/bin".to_owned());
    config.user = "10001".to_owned();
    config
}

/// The differences between the old image and a split one.
fn split(image: Image) -> Vec<String> {
    let (old, new) = (old().read(), image.read());
    compare((&config(), &old), (&split_config(), &new), &declared()).differences
}

#[test]
fn the_same_image_is_the_same() {
    let image = old().read();
    let all = compare((&config(), &image), (&config(), &image), &Declared::default());
    assert_eq!(all, Comparison { distributions: 6, ..Comparison::default() });
}

#[test]
fn a_split_is_explained() {
    let (old, new) = (old().read(), source(venv(system(base()))).read());
    let all = compare((&config(), &old), (&split_config(), &new), &declared());
    assert_eq!(all.differences, Vec::<String>::new());
    assert_eq!(all.distributions, 3);
    let mut missing: Vec<String> = all.missing.iter().map(ToString::to_string).collect();
    missing.sort();
    let expected = [
        "1 file of manifests and locks, which package managers read",
        "1 file of package managers and their settings",
        "1 file of package managers' caches",
        "2 files of logs, bytecode and the like",
        "8 files moved to /opt/venv",
        "8 files of 3 packages of the system that only build (build-essential, gcc, libpq-dev)",
        "9 files of 3 Python distributions that only install (poetry)",
    ];
    assert_eq!(missing, expected);
    assert_eq!(all.notes.len(), 2, "{:?}", all.notes);
    // Without the declaration it is none of that.
    let all = compare((&config(), &old), (&split_config(), &new), &Declared::default());
    assert!(all.differences.iter().any(|it| it == "the Python distribution poetry 2.1 is gone"));
    assert!(all.differences.iter().any(|it| it.starts_with("the package gcc 1-1 is gone")));
    assert!(all.differences.iter().any(|it| it == "USER is 10001 instead of root"));
}

#[test]
fn what_a_split_loses_is_found() {
    let plain = || base().debian(&[CURL]).program("usr/bin/curl", "x");
    assert_eq!(
        split(source(venv(plain()))),
        [
            "the package libpq5 is gone with libpq-dev, and files that were built with libpq-dev may need it",
            "the library libpq.so.5 is gone, which \
             /opt/venv/lib/python3.11/site-packages/psycopg2/_psycopg.so needs",
        ]
    );
    let bundled = plain().elf("srv/libpq.so.5", &[], "");
    assert_eq!(split(source(venv(bundled))).len(), 2, "no loader looks into /srv");
    assert_eq!(
        split(venv(system(base()))),
        ["2 files below /src are gone: /src/data, /src/main.py"]
    );
    let libpq = "usr/lib/x86_64-linux-gnu/libpq.so.5";
    let without_curl = base().debian(&[LIBPQ]).elf(libpq, &["libc.so.6"], "");
    assert_eq!(
        split(source(venv(without_curl))),
        ["HEALTHCHECK starts curl, which is not on PATH"]
    );
    let other = system(base()).distribution(VENV, "requests", "2.4", &["build"]);
    let other = other.distribution(VENV, "pytest", "8", &[]);
    let found = split(source(other));
    for expected in [
        "the Python distribution build 1.0 is gone, which requests requires",
        "the Python distribution psycopg2 2.9 is gone",
        "the Python distribution requests is 2.4 instead of 2.3",
        "the Python distribution pytest 8 is new",
    ] {
        assert!(found.iter().any(|it| it == expected), "{expected}: {found:?}");
    }
}

#[test]
fn tools_go_with_what_installers_made_for_them() {
    let home = "root/.local/share/pypoetry/venv";
    let old = base()
        .distribution(&format!("{home}/lib/python3.11/site-packages"), "poetry", "2.1", &[])
        .file(&format!("{home}/pyvenv.cfg"), "home = /usr/local/bin")
        .file(&format!("{home}/bin/activate"), "x")
        .program(&format!("{home}/bin/poetry"), "#!/usr/local/bin/python\n")
        .link("root/.local/bin/poetry", &format!("/{home}/bin/poetry"))
        .elf("usr/local/bin/uv", &[], "")
        .elf("usr/bin/uvx", &[], "")
        .file("root/.cache/uv/x", "x")
        .file("root/.cache/huggingface/model", "x")
        .file("app/=2.9.0", "Collecting mlflow")
        .file("home/app/.cache/pip/x", "x")
        .read();
    let new = base().read();
    let all = compare((&config(), &old), (&config(), &new), &declared());
    let model = "1 file below /root/.cache/huggingface is gone: /root/.cache/huggingface/model";
    assert_eq!(all.differences, [model]);
    let caches = Declared { caches: true, ..Declared::default() };
    let all = compare((&config(), &old), (&config(), &new), &caches);
    assert_eq!(all.missing[0].to_string(), "2 files of package managers' caches");
    let all = compare((&config(), &old), (&config(), &new), &Declared::default());
    assert!(all.differences.iter().any(|it| it.contains("/root/.cache/uv/x")), "{all:?}");
}

#[test]
fn files_that_are_not_the_same_are_found() {
    let old = Image::new()
        .file("app/a.py", "old")
        .file("app/b.py", "x")
        .program("app/run", "x")
        .link("app/link", "a.py")
        .file("etc/passwd", "root")
        .file("var/log/x", "1")
        .elf("app/x.so", &[], "")
        .owned("app/owned", 0)
        .file("app/one.bin", &"x".repeat(200))
        .read();
    let new = Image::new()
        .file("app/a.py", "new")
        .link("app/b.py", "a.py")
        .file("app/run", "x")
        .link("app/link", "b.py")
        .file("etc/passwd", "root app")
        .file("var/log/x", "2")
        .elf("app/x.so", &["libc.so.6"], "")
        .owned("app/owned", 7)
        .file("app/one.bin", &"x".repeat(200))
        .file("app/new", "")
        .read();
    let config = Config::default();
    let all = compare((&config, &old), (&config, &new), &Declared::default());
    let expected = [
        "3 files are not the same: /app/a.py, /app/link, /etc/passwd",
        "1 file is of another kind: /app/b.py",
        "1 file is of mode 0644 instead of 0755: /app/run",
        "1 file of another owner: /app/owned",
    ];
    let mut found = all.differences.clone();
    found.sort();
    let mut expected = expected.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(all.notes, ["1 file below /app is new: /app/new"]);
    let user = Declared { config: [Keyword::User].into(), ..Declared::default() };
    for (name, is_theirs) in [("7", true), ("", false), ("8", false), ("app", false)] {
        let after = Config { user: name.to_owned(), ..Config::default() };
        let all = compare((&config, &old), (&after, &new), &user);
        assert!(!all.differences.iter().any(|it| it.contains("passwd")), "{all:?}");
        let said = if is_theirs { all.notes } else { all.differences };
        assert!(said.iter().any(|it| it.contains("/app/owned")), "{name}: {said:?}");
    }
}

#[test]
fn every_field_of_the_configuration_is_compared() {
    let contents = Image::new().elf("usr/bin/x", &[], "").read();
    let one = |it: &str| Some(vec![it.to_owned()]);
    let set = |it: &str| BTreeSet::from([it.to_owned()]);
    let with = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        config
    };
    let table: [(&str, Config); 13] = [
        ("USER is app instead of root", with(&|it| it.user = "app".to_owned())),
        ("ENV A is new: `1`", with(&|it| _ = it.env.insert("A".to_owned(), "1".to_owned()))),
        ("LABEL A is new: `1`", with(&|it| _ = it.labels.insert("A".to_owned(), "1".to_owned()))),
        (
            "ENTRYPOINT is [\"/usr/bin/x\"] instead of nothing",
            with(&|it| it.entrypoint = one("/usr/bin/x")),
        ),
        ("CMD is [\"/usr/bin/x\"] instead of nothing", with(&|it| it.cmd = one("/usr/bin/x"))),
        ("CMD starts y, which is not on PATH", with(&|it| it.cmd = one("y"))),
        ("WORKDIR is /a instead of /", with(&|it| it.workdir = ImagePath::new("/a").unwrap())),
        ("EXPOSE is 80/tcp instead of nothing", with(&|it| it.exposed = set("80/tcp"))),
        ("VOLUME is /a instead of nothing", with(&|it| it.volumes = set("/a"))),
        (
            "HEALTHCHECK is {\"Test\":[\"NONE\"]} instead of nothing",
            with(&|it| it.healthcheck = Some(json!({"Test": ["NONE"]}))),
        ),
        (
            "STOPSIGNAL is SIGINT instead of SIGTERM",
            with(&|it| it.stop_signal = one("SIGINT").map(|it| it[0].clone())),
        ),
        (
            "SHELL is [\"/usr/bin/x\"] instead of [\"/bin/sh\", \"-c\"]",
            with(&|it| it.shell = one("/usr/bin/x")),
        ),
        ("ONBUILD is RUN a instead of nothing", with(&|it| it.on_build = vec!["RUN a".to_owned()])),
    ];
    for (expected, config) in table {
        let plain = Config::default();
        let all = compare((&plain, &contents), (&config, &contents), &Declared::default());
        assert!(all.differences.iter().any(|it| it == expected), "{expected}: {all:?}");
    }
    let path = |it: &str| with(&|of| _ = of.env.insert("PATH".to_owned(), it.to_owned()));
    let (old, new) = (path("/usr/bin:/bin"), path("/bin"));
    let env = Declared { env: set("PATH"), ..Declared::default() };
    let all = compare((&old, &contents), (&new, &contents), &env);
    assert_eq!(all.differences, ["PATH lacks /usr/bin, which has /usr/bin/x"]);
}

#[test]
fn a_pin_explains_other_versions_of_what_it_requires() {
    let image = |poetry: &str, core: &str| {
        let image = base().distribution(SITE, "poetry", poetry, &["poetry-core"]);
        image
            .distribution(SITE, "poetry-core", core, &[])
            .distribution(SITE, "app", poetry, &[])
            .read()
    };
    let pinned = Declared { pinned: ["poetry".to_owned()].into(), ..Declared::default() };
    let (old, new) = (image("2.1", "2.2"), image("1.8", "1.9"));
    let all = compare((&config(), &old), (&config(), &new), &pinned);
    let found: Vec<_> = all.differences.iter().filter(|it| it.contains("distribution")).collect();
    assert_eq!(found, ["the Python distribution app is 1.8 instead of 2.1"]);
    assert_eq!(
        all.notes[0],
        "2 Python distributions in other versions, as pinned: poetry 1.8, poetry-core 1.9"
    );
}

#[test]
fn a_folder_that_an_installer_makes_is_the_environments_now() {
    let old = Image::new().folder("usr/lib/python3.13/dist-packages");
    let old = old.file("usr/include/python3.13/greenlet/greenlet.h", "x").read();
    let new = Image::new().folder("opt/venv/lib/python3.13/site-packages");
    let new = new.file("opt/venv/include/site/python3.13/greenlet/greenlet.h", "x").read();
    let config = Config::default();
    let all = compare((&config, &old), (&config, &new), &declared());
    assert_eq!(all.differences, Vec::<String>::new());
    let all = compare((&config, &old), (&config, &Image::new().read()), &declared());
    assert_eq!(all.differences.len(), 2);
}

#[test]
fn a_pip_that_is_upgraded_where_packages_are_made_is_told_and_no_more() {
    // `pip install --upgrade pip` before the split; the base's own is left in the image after it.
    let own = |version: &str| Image::new().distribution(SITE, "pip", version, &[]);
    let old = own("26").program("usr/local/bin/pip", "#!/usr/local/bin/python\nx").read();
    let new = own("24").link("usr/local/bin/pip", "pip3").read();
    let config = Config::default();
    let all = compare((&config, &old), (&config, &new), &declared());
    assert_eq!(all.differences, Vec::<String>::new());
}

#[test]
fn caches_are_where_variables_say() {
    let mut config = config();
    let variables = [("UV_CACHE_DIR", "/var/uv/"), ("POETRY_CACHE_DIR", "/var/poetry")];
    config.env.extend(variables.map(|it| (it.0.to_owned(), it.1.to_owned())));
    let old =
        base().file("var/uv/a", "x").file("var/poetry/cache/b", "x").file("var/poetry/c", "x");
    let caches = Declared { caches: true, ..Declared::default() };
    let all = compare((&config, &old.read()), (&config, &base().read()), &caches);
    assert_eq!(all.missing[0].to_string(), "2 files of package managers' caches");
    assert_eq!(all.differences, ["1 file below /var/poetry is gone: /var/poetry/c"]);
}

#[test]
fn what_two_distributions_bring_is_of_either() {
    let image = |text: &str| {
        base()
            .record(SITE, "fastapi", &["script", "own.py"])
            .record(SITE, "fastapi-cli", &["script"])
            .file(&format!("{SITE}/script"), text)
            .file(&format!("{SITE}/own.py"), text)
            .read()
    };
    let (old, new) = (image("1"), image("2"));
    let all = compare((&config(), &old), (&config(), &new), &Declared::default());
    assert_eq!(all.differences, [format!("1 file is not the same: /{SITE}/own.py")]);
}
