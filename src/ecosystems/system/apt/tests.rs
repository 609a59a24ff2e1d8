use super::*;

fn runtime(packages: &[&str]) -> Role {
    Role::Runtime(packages.iter().map(|it| (*it).to_owned()).collect())
}

fn packages(table: &'static str) -> Vec<&'static str> {
    rows(table).map(|it| it.0).collect()
}

#[test]
fn tables_are_sorted_and_whole() {
    let tables = [
        (include_str!("development.tsv"), 6, 300),
        (include_str!("build.tsv"), 4, 30),
        (include_str!("tools.tsv"), 3, 60),
    ];
    for (table, columns, entries) in tables {
        let packages = packages(table);
        assert!(entries <= packages.len(), "{}", packages.len());
        assert!(packages.is_sorted_by(|a, b| a < b), "sorted, and each once");
        for line in table.lines().filter(|it| !it.starts_with('#')) {
            assert_eq!(line.split('\t').count(), columns, "{line}");
            assert!(line.split('\t').all(|it| !it.is_empty() && it.trim() == it), "{line}");
        }
        assert!(!table.contains('\r') && table.ends_with('\n'));
    }
}

#[test]
fn no_package_is_of_two_kinds() {
    let development = packages(include_str!("development.tsv"));
    let build = packages(include_str!("build.tsv"));
    let tools = packages(include_str!("tools.tsv"));
    assert!(build.iter().all(|it| !development.contains(it) && !tools.contains(it)));
    assert!(development.iter().all(|it| it.ends_with("-dev") && !tools.contains(it)));
}

#[test]
fn what_stays_is_never_a_development_package() {
    for (package, columns) in DEVELOPMENT.iter() {
        assert!(columns.iter().any(Option::is_some), "{package} says nothing");
        for it in columns.iter().flatten().flatten() {
            let name = |it: &str| {
                let sound = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
                it.starts_with(sound) && it.chars().all(|it| sound(it) || "+-.".contains(it))
            };
            assert!(name(it.name) && it.also.is_none_or(name), "{package}: {it:?}");
            assert!(!it.name.ends_with("-dev") && it.name != *package, "{package}: {it:?}");
            assert!(!BUILD.contains_key(it.name), "{package}: {it:?}");
        }
    }
}

#[test]
fn a_release_has_its_own_names() {
    assert_eq!(role("libssl-dev", Release::BULLSEYE), runtime(&["libssl1.1"]));
    assert_eq!(role("libssl-dev", Release::BOOKWORM), runtime(&["libssl3"]));
    assert_eq!(role("libssl-dev", Release::TRIXIE), runtime(&["libssl3t64"]));
    assert_eq!(role("default-libmysqlclient-dev", Release::TRIXIE), runtime(&["libmariadb3"]));
    assert_eq!(role("default-libmysqlclient-dev", Release::NOBLE), runtime(&["libmysqlclient21"]));
    assert_eq!(role("libldap2-dev", Release::BOOKWORM), runtime(&["libldap-2.5-0"]));
    assert_eq!(role("libatlas-base-dev", Release::TRIXIE), Role::Both, "trixie has none");
    let unixodbc = runtime(&["libodbc2", "libodbccr2", "libodbcinst2"]);
    assert_eq!(role("unixodbc-dev", Release::BOOKWORM), unixodbc);
}

#[test]
fn a_floating_tag_gets_what_is_right_in_each_release_it_may_be() {
    assert_eq!(role("libpq-dev", Release::STABLE), runtime(&["libpq5"]));
    assert_eq!(role("libpq-dev", Release::ANY), runtime(&["libpq5"]));
    // trixie's libssl3t64 is the one package that provides libssl3.
    assert_eq!(role("libssl-dev", Release::STABLE), runtime(&["libssl3"]));
    assert_eq!(role("libgeos-dev", Release::STABLE), runtime(&["libgeos-c1v5"]));
    assert_eq!(role("libssl-dev", Release::ANY), Role::Both, "bullseye's is libssl1.1");
    assert_eq!(role("libldap2-dev", Release::STABLE), Role::Both, "libldap-2.5-0, libldap2");
    assert_eq!(role("libaio-dev", Release::STABLE), Role::Both, "libaio1t64 is no libaio1");
    assert_eq!(role("libgdal-dev", Release::STABLE), Role::Both, "libgdal32, libgdal36");
}

#[test]
fn what_only_builds_leaves_nothing() {
    for it in ["build-essential", "gcc", "pkg-config", "cmake", "linux-libc-dev", "rapidjson-dev"] {
        assert_eq!(role(it, Release::ANY), Role::BuildOnly, "{it}");
    }
    assert_eq!(role("gfortran", Release::ANY), runtime(&["libgfortran5"]));
    assert_eq!((brings("gcc"), brings("make")), (Some("libgomp1"), None));
    assert!(why_build_only("swig").is_some());
    for it in ["curl", "git", "libreoffice", "libunheardof-dev", "libpq5", "python3-dev"] {
        assert_eq!(role(it, Release::TRIXIE), Role::Both, "{it}");
    }
}

#[test]
fn tools_bring_programs() {
    assert_eq!(
        programs("gettext-base").unwrap(),
        ["envsubst", "gettext", "gettext.sh", "ngettext"]
    );
    assert!(programs("netcat-openbsd").unwrap().contains(&"nc"));
    assert!(programs("postgresql-client").unwrap().contains(&"pg_isready"));
    assert!(programs("curl").unwrap().contains(&"curl") && fetches("curl"));
    assert!(programs("ffmpeg").unwrap().contains(&"ffmpeg") && !fetches("ffmpeg"));
    assert_eq!(programs("libpq5"), None);
}

#[test]
fn the_distributions_python_is_known() {
    for it in ["python3", "python3-dev", "python3.11-venv", "libpython3-dev", "python3-pip"] {
        assert!(is_python(it), "{it}");
    }
    for it in ["python3-numpy", "pythonpy", "libpq-dev", "python3-gdal"] {
        assert!(!is_python(it), "{it}");
    }
}
