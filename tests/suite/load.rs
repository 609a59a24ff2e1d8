//! Loading from disk: what is read, what is known to exist, and what is reported.

use crate::support;
use std::{fs, path::Path, process::Command, time::Instant};

use refit::{
    load::{LoadError, Loaded, Options, load},
    project::selection::Pattern,
    text::RepoPath,
};

/// A folder of these files; a path that ends in `/` is an empty folder.
fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let place = root.path().join(path);
        if path.ends_with('/') {
            fs::create_dir_all(place).unwrap();
        } else {
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
    }
    root
}

fn load_all(root: &Path) -> Loaded {
    load(&[root.to_path_buf()], &Options::default()).unwrap()
}

fn read(loaded: &Loaded) -> Vec<&str> {
    loaded.project.files().map(|it| it.path.as_str()).collect()
}

fn problems(loaded: &Loaded) -> Vec<String> {
    let line = |it: Option<usize>| it.map_or(String::new(), |it| format!(":{it}"));
    let problems = loaded.project.problems().iter();
    problems.map(|it| format!("{}{}: {}", it.path, line(it.line), it.message)).collect()
}

fn path(path: &str) -> RepoPath {
    RepoPath::new(path).unwrap()
}

#[test]
fn what_matters_is_read_and_the_rest_is_known() {
    let root = tree(&[
        ("Dockerfile", b"FROM a\nCOPY deps/pip.txt setup.py dist ./\n"),
        (".dockerignore", b"x\n"),
        ("deps/pip.txt", b"-r more/other.list.txt\n-c ../limits.txt\nx==1\n"),
        ("deps/more/other.list.txt", b"y\n"),
        ("limits.txt", b"z\n"),
        ("notes.txt", b"nothing\n"),
        ("docker-compose.yml", b"include:\n  - ops/base.yml\n"),
        ("ops/base.yml", b"services: {}\n"),
        ("ops/other.yml", b"a: b\n"),
        ("ops/staging.yml", b"services:\n  a:\n    build: .\n"),
        (".github/workflows/ci.yml", b"on: push\n"),
        (".git/Dockerfile", b"FROM x\n"),
        (".gitignore", b"/build/\n.venv\ndist\n"),
        ("dist/app.whl", b""),
        ("build/Dockerfile", b"FROM x\n"),
        (".venv/lib/Dockerfile", b"FROM x\n"),
        ("web/node_modules/a/Dockerfile", b"FROM x\n"),
        ("src/main.py", b"print()\n"),
        (".ignore", b"src\n"),
    ]);
    let loaded = load_all(root.path());
    assert_eq!(problems(&loaded), [""; 0]);
    assert_eq!(
        read(&loaded),
        [
            ".dockerignore",
            ".github/workflows/ci.yml",
            ".gitignore",
            "Dockerfile",
            "deps/more/other.list.txt",
            "deps/pip.txt",
            "docker-compose.yml",
            "limits.txt",
            "ops/base.yml",
            "ops/staging.yml",
        ]
    );
    let tree = loaded.project.tree();
    assert!(tree.is_file(&path("src/main.py")) && tree.is_file(&path("notes.txt")));
    assert!(!tree.exists(&path(".git")));
    assert!(tree.is_hidden(&path(".git")));
    let ignored: Vec<_> = tree.ignored_below(&RepoPath::root()).map(RepoPath::as_str).collect();
    assert_eq!(ignored, [".venv", "build", "dist", "web/node_modules"]);
}

#[test]
fn bad_input_is_reported_and_the_rest_is_read() {
    let root = tree(&[
        ("a/Dockerfile", b"FROM x\n# caf\xe9\n"),
        ("b/Dockerfile", b"FROM x\nRUN \0\n"),
        ("c/Dockerfile/", b""),
        ("d/Dockerfile/api.Dockerfile", b"FROM x\n"),
        ("scripts/old.sh", b"# caf\xe9\n"),
        ("scripts/build.sh", b"# caf\xe9\ndocker build .\n"),
        ("Dockerfile", b"FROM x\n"),
    ]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        let outside = tree(&[("Dockerfile", b"FROM x\n")]);
        symlink("nothing", root.path().join("Dockerfile.dangling")).unwrap();
        symlink(outside.path().join("Dockerfile"), root.path().join("Dockerfile.outside")).unwrap();
        symlink("Dockerfile", root.path().join("Dockerfile.same")).unwrap();
        symlink("README", root.path().join("Dockerfile.readme")).unwrap();
        fs::write(root.path().join("README"), "FROM x\n").unwrap();
        let pipe = root.path().join("Dockerfile.pipe");
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
        let loaded = load_all(root.path());
        assert_eq!(
            problems(&loaded),
            [
                "Dockerfile.dangling: a symbolic link to nothing",
                "Dockerfile.outside: a symbolic link out of the project, which is not followed",
                "Dockerfile.pipe: not a regular file",
                "Dockerfile.readme: a symbolic link to README, which is not followed",
                "a/Dockerfile:2: not UTF-8: byte 0xE9 at offset 12",
                "b/Dockerfile:2: a NUL byte at offset 11",
                "c/Dockerfile: a folder with the name of a Dockerfile",
                "scripts/build.sh:1: not UTF-8: byte 0xE9 at offset 5",
            ]
        );
        assert_eq!(read(&loaded), ["Dockerfile", "d/Dockerfile/api.Dockerfile"]);
    }
}

#[test]
fn lists_of_requirements_are_decoded_by_their_marks() {
    let root = tree(&[
        ("Dockerfile", b"FROM x\n"),
        ("requirements.txt", b"\xff\xfea\0\n\0"),
        ("old/requirements.txt", b"\xfe\xff\0b\0\n"),
        // Half a character at the end, and a file of a program that knows no marks.
        ("cut/requirements.txt", b"\xff\xfea\0\n"),
        ("package.json", b"\xff\xfe{\0"),
    ]);
    let loaded = load_all(root.path());
    let text = |it: &str| loaded.project.file(it).map(|it| it.text.to_string());
    assert_eq!(text("requirements.txt").as_deref(), Some("a\n"));
    assert_eq!(text("old/requirements.txt").as_deref(), Some("b\n"));
    assert_eq!(
        problems(&loaded),
        [
            "cut/requirements.txt:1: a NUL byte at offset 3",
            "package.json:1: a NUL byte at offset 3"
        ]
    );
}

#[test]
fn callers_without_a_text_are_known() {
    let large = |it: &str, len: usize| [it.as_bytes(), &vec![b'\n'; len]].concat();
    let (script, pods, services) = (
        large("docker build .\n", 300 << 10),
        large("kind: Pod\nspec:\n  containers: []\n", 100 << 10),
        large("services:\n  a:\n    build: .\n", 300 << 10),
    );
    let root = tree(&[
        ("Dockerfile", b"FROM x\n"),
        ("compose.yml", b"services:\n  a: # caf\xe9\n"),
        ("Makefile", b"a:\n\t\0\n"),
        ("large.sh", &script),
        ("stack.yaml", &services),
        ("pods.yaml", &pods),
        ("huge.mk", &large("", 5 << 20)),
        ("plain.sh", b"# caf\xe9\n"),
        ("docker-gen", b"\x7fELF\0docker build ."),
    ]);
    #[cfg(unix)]
    let outside = tree(&[("compose.yml", b"services: {}\n")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        let link = |to: &Path, from: &str| symlink(to, root.path().join(from)).unwrap();
        link(&outside.path().join("compose.yml"), "compose.outside.yml");
        link(Path::new("nothing"), "compose.none.yml");
        link(Path::new("compose.yml"), "compose.same.yml");
        link(Path::new("pods.yaml"), "build.sh");
    }
    let loaded = load_all(root.path());
    let unread = loaded.project.unread().iter();
    let unread: Vec<_> = unread.map(|it| format!("{}:{}: {}", it.path, it.line, it.why)).collect();
    let links = [
        "build.sh:1: a symbolic link to pods.yaml",
        "compose.outside.yml:1: a symbolic link out of the project, which is not followed",
    ];
    let others = [
        "Makefile:2: a NUL byte at offset 4",
        "compose.yml:2: not UTF-8: byte 0xE9 at offset 20",
        "huge.mk:1: larger than 4 MiB, and so not read",
        "large.sh:1: larger than 256 KiB, and so not read",
        "stack.yaml:1: larger than 256 KiB, and so not read",
    ];
    let mut expected = others.to_vec();
    expected.extend(links.iter().filter(|_| cfg!(unix)));
    expected.sort_unstable();
    assert_eq!(unread, expected);
    assert!(read(&loaded).contains(&"pods.yaml"));
    let dockerfile = path("Dockerfile");
    assert!(loaded.project.unread_caller(&dockerfile).is_some());
}

#[test]
fn a_dockerfile_brings_its_repository_and_selects_itself() {
    let root = tree(&[
        (".git/HEAD", b""),
        ("docker-compose.yml", b"services: {}\n"),
        ("api/Dockerfile", b"FROM x\n"),
        ("api/Dockerfile.test", b"FROM x\n"),
        ("web/Dockerfile", b"\xff"),
    ]);
    let dockerfile = root.path().join("api/Dockerfile");
    let loaded = load(&[dockerfile], &Options::default()).unwrap();
    assert_eq!(loaded.root, root.path().canonicalize().unwrap());
    assert!(loaded.project.file("docker-compose.yml").is_some());
    assert!(loaded.selection.selects(&path("api/Dockerfile")));
    assert!(!loaded.selection.selects(&path("api/Dockerfile.test")));
    // What was not asked for is not complained about.
    assert_eq!(problems(&loaded), [""; 0]);

    let folders = ["api", "web"].map(|it| root.path().join(it));
    let loaded = load(&folders, &Options::default()).unwrap();
    assert_eq!(loaded.root, root.path().canonicalize().unwrap());
    assert!(loaded.selection.selects(&path("api/Dockerfile.test")));
    assert!(!loaded.selection.selects(&path("docker-compose.yml")));
}

#[test]
fn callers_in_another_repository_are_not_this_ones() {
    let root = tree(&[
        (".git/HEAD", b""),
        ("Dockerfile", b"FROM x\n"),
        ("compose.yaml", b"services: {}\n"),
        ("other/.git/HEAD", b""),
        ("other/compose.yaml", b"services: {}\n"),
        ("other/setup.cfg", b"[metadata]\n"),
    ]);
    let loaded = load(&[root.path().to_owned()], &Options::default()).unwrap();
    assert!(loaded.project.file("compose.yaml").is_some());
    assert!(loaded.project.file("other/compose.yaml").is_none());
    // It is sent to a build all the same.
    assert!(loaded.project.tree().exists(&path("other/setup.cfg")));
}

#[test]
fn a_folder_brings_its_repository_unless_git_ignores_it() {
    let root = tree(&[
        (".git/HEAD", b""),
        (".gitignore", b"/out/\n"),
        ("docker-compose.yml", b"services: {}\n"),
        ("api/Dockerfile", b"FROM x\n"),
        ("out/copy/Dockerfile", b"FROM x\n"),
    ]);
    let at = |it: &str| load(&[root.path().join(it)], &Options::default()).unwrap();
    let loaded = at("api");
    assert_eq!(loaded.root, root.path().canonicalize().unwrap());
    assert_eq!(read(&loaded), [".gitignore", "api/Dockerfile", "docker-compose.yml"]);
    assert!(!loaded.selection.selects(&path("docker-compose.yml")));
    let loaded = at("out/copy");
    assert_eq!(loaded.root, root.path().canonicalize().unwrap().join("out/copy"));
    assert_eq!(read(&loaded), ["Dockerfile"]);
}

#[test]
fn what_git_tracks_counts_although_it_is_ignored() {
    let root = tree(&[
        (".gitignore", b"Dockerfile\nstorage/\n/compose.yaml\n"),
        ("Dockerfile", b"FROM x\n"),
        ("compose.yaml", b"services: {}\n"),
        ("storage/kept/Makefile", b"all:\n"),
        ("storage/kept/local.mk", b"all:\n"),
        ("storage/Makefile", b"all:\n"),
        ("storage/local/Makefile", b"all:\n"),
    ]);
    let git = |arguments: &[&str]| {
        let done = Command::new("git").args(arguments).current_dir(root.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet"]);
    let loaded = load_all(root.path());
    assert_eq!(read(&loaded), [".gitignore"]);
    git(&["add", "--force", "Dockerfile", "compose.yaml", "storage/kept/Makefile"]);
    let loaded = load_all(root.path());
    assert_eq!(
        read(&loaded),
        [".gitignore", "Dockerfile", "compose.yaml", "storage/kept/Makefile"]
    );
    assert!(!loaded.project.tree().is_file(&path("storage/kept/local.mk")));
}

#[test]
fn packages_that_git_keeps_are_known_for_that() {
    let root = tree(&[
        (".gitignore", b"__pycache__\n"),
        ("Dockerfile", b"FROM x\n"),
        ("node_modules/a/index.js", b"\n"),
        ("web/node_modules/b/index.js", b"\n"),
    ]);
    let git = |arguments: &[&str]| {
        let done = Command::new("git").args(arguments).current_dir(root.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "Dockerfile", "node_modules"]);
    let loaded = load_all(root.path());
    let tree = loaded.project.tree();
    assert!(tree.is_committed(&path("node_modules")));
    assert!(tree.exists(&path("web/node_modules")));
    assert!(!tree.is_committed(&path("web/node_modules")));
}

#[test]
fn excluded_files_are_known_but_not_selected() {
    let root = tree(&[("old/Dockerfile", b"FROM x\xff"), ("Dockerfile", b"FROM x\n")]);
    let folder = root.path().canonicalize().unwrap();
    let exclude = vec![Pattern { folder, glob: "old/".to_owned() }];
    let options = Options { exclude };
    let loaded = load(&[root.path().to_path_buf()], &options).unwrap();
    assert_eq!(problems(&loaded), [""; 0]);
    assert!(loaded.project.tree().is_file(&path("old/Dockerfile")));
    assert!(loaded.selection.selects(&path("Dockerfile")));
    assert!(!loaded.selection.selects(&path("old/Dockerfile")));
}

#[test]
fn a_path_that_makes_no_sense_is_an_error() {
    let root = tree(&[("notes.txt", b"")]);
    let error = |it: &str| load(&[root.path().join(it)], &Options::default()).err();
    assert!(matches!(error("notes.txt"), Some(LoadError::NotADockerfile(_))));
    assert!(matches!(error("gone"), Some(LoadError::Unreadable { .. })));
    let pattern = Pattern { folder: root.path().to_path_buf(), glob: "a[".to_owned() };
    let options = Options { exclude: vec![pattern] };
    let broken = load(&[root.path().to_path_buf()], &options).err();
    assert!(matches!(broken, Some(LoadError::Pattern(_))));
}

#[test]
fn the_corpus_loads_whole() {
    let Some(archive) = support::corpus("dockerfiles.tar.xz") else { return };
    let root = tempfile::tempdir().unwrap();
    for (path, bytes) in support::files(&archive) {
        let place = root.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
    let start = Instant::now();
    let loaded = load_all(root.path());
    eprintln!("{} files loaded in {:?}", loaded.project.files().count(), start.elapsed());
    assert_eq!(problems(&loaded), [""; 0]);
    assert!(loaded.project.files().count() >= 5000);
}

#[test]
fn a_lock_is_read_when_it_is_asked_for() {
    let root = tree(&[("Dockerfile", b"FROM a\nCOPY *.lock ./\n"), ("poetry.lock", b"# x\n")]);
    let loaded = load_all(root.path());
    assert_eq!(read(&loaded), ["Dockerfile"]);
    fs::write(root.path().join("poetry.lock"), "# y\n").unwrap();
    for _ in 0..2 {
        assert_eq!(&*loaded.project.file("poetry.lock").unwrap().text, "# y\n");
        fs::remove_file(root.path().join("poetry.lock")).ok();
    }
    assert!(loaded.project.file("uv.lock").is_none());
}

#[test]
fn a_lock_that_cannot_be_read_is_a_problem_once_somebody_asks_for_it() {
    let root =
        tree(&[("Dockerfile", b"FROM a\n"), ("poetry.lock", b"# \xFF\n"), ("a.py", b"\xFF")]);
    let loaded = load_all(root.path());
    let late = || loaded.project.late_problems().cloned().collect::<Vec<_>>();
    assert_eq!(late(), []);
    assert!(loaded.project.file("poetry.lock").is_none());
    assert!(loaded.project.source(&path("a.py")).is_none());
    let [problem] = late().try_into().unwrap();
    assert_eq!((problem.path.as_str(), problem.line), ("poetry.lock", Some(1)));
    assert_eq!(problem.message, "not UTF-8: byte 0xFF at offset 2");
}
