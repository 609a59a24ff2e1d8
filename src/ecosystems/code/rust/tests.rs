use super::super::{
    Language, read,
    tests::{check, shown},
};

#[test]
fn rust_writes_where_its_names_say() {
    check(
        Language::Rust,
        &[
            ("fn f() { std::fs::read_to_string(\"a\"); }", &[]),
            (
                "use std::fs;\nconst D: &str = \"/srv/a\";\nfn f() { fs::create_dir_all(D)?; }",
                &["3 std::fs::create_dir_all \"/srv/a\""],
            ),
            (
                "use std::fs::{self, File};\nfn f(p: &Path) { File::create(p.join(\"x\")); }",
                &["2 std::fs::File::create (f(0) / \"x\")"],
            ),
            (
                "fn f() {\n  let d = std::env::var(\"D\").unwrap_or_else(|_| \"data\".to_string());\n  tokio::fs::write(format!(\"{}/{n}.json\", d), b\"\").await?;\n}",
                &["3 tokio::fs::write ($D:\"data\" + \"/\" + <>n + \".json\")"],
            ),
            (
                "fn f() {\n  let d = \"/a\";\n  { let d = \"/b\"; std::fs::create_dir(d); }\n  std::fs::create_dir(d);\n  let d = format!(\"{d}/c\");\n  std::fs::create_dir(&d);\n}",
                &[
                    "3 std::fs::create_dir \"/b\"",
                    "4 std::fs::create_dir \"/a\"",
                    "6 std::fs::create_dir (\"/a\" + \"/c\")",
                ],
            ),
            (
                "fn f() {\n  let mut p = std::path::PathBuf::from(\"/a\");\n  p.push(\"b\");\n  std::fs::create_dir(&p);\n  p.push(\"c\");\n  std::fs::write(&p, x);\n}",
                &[
                    "4 std::fs::create_dir (\"/a\" / \"b\")",
                    "6 std::fs::write (\"/a\" / \"b\" / \"c\")",
                ],
            ),
            (
                "use std::fs::OpenOptions;\nfn f() {\n  OpenOptions::new().read(true).open(\"a\");\n  OpenOptions::new().append(true).open(\"b\");\n}",
                &["4 .open \"b\""],
            ),
            (
                "fn f() {\n  let d = match std::env::var(\"D\") { Ok(d) => d, Err(_) => \"/x\".into() };\n  std::fs::create_dir(d);\n}",
                &["3 std::fs::create_dir ($D | \"/x\")"],
            ),
            (
                "fn f() {\n  let Ok(d) = std::env::var(\"D\") else { return };\n  if let Some(x) = o { std::fs::write(x, d); }\n}",
                &["3 std::fs::write <>o"],
            ),
            (
                "#[cfg(test)]\nmod tests { fn f() { std::fs::write(\"a\", b); } }\n#[tokio::test]\nasync fn g() { std::fs::write(\"a\", b); }",
                &[],
            ),
            (
                "fn f() { tokio::select! { _ = a => { std::fs::write(\"late\", b); } } }",
                &["1 std::fs::write \"late\""],
            ),
            (
                "impl Store { fn new(d: &str) -> Self { std::fs::create_dir(d); } fn at(&self, p: &str) { std::fs::write(p, b); } }",
                &["1 std::fs::create_dir Store::new(0)", "1 std::fs::write at(0)"],
            ),
            (
                "fn f() { all.into_iter().map(std::fs::remove_file); all.map(std::fs::write); }",
                &["1 std::fs::write ?"],
            ),
            (
                "use sled;\nfn f() { sled::open(SETTINGS.data_dir.as_path()); }",
                &["2 sled::open .data_dir"],
            ),
            (
                "fn f() { let d = tempfile::tempdir()?; std::fs::write(d.path().join(\"a\"), b); }",
                &["1 std::fs::write (temp / \"a\")"],
            ),
        ],
    );
}

#[test]
fn fields_of_rust_have_what_their_attributes_say() {
    let text = "#[derive(Parser)]\nstruct Args {\n  /// Where\n  #[arg(long, env = \"DATA\", default_value = \"/srv/a\")]\n  data_dir: PathBuf,\n  #[arg(short, long)]\n  out: PathBuf,\n  name: String,\n}\nstruct Plain { kept: String }\nfn f(kept: String) { Plain { kept } }";
    let facts = read(Language::Rust, text).unwrap();
    let field = |name: &str| shown(facts.attributes.get(name).unwrap());
    assert_eq!(field("data_dir"), "$-data-dir:$DATA:\"/srv/a\"");
    assert_eq!(field("out"), "$-o:$-out:?");
    assert_eq!(field("name"), "?");
    assert_eq!(field("kept"), "f(0)");
}

#[test]
fn modules_of_rust_are_files() {
    let text = "mod a;\nmod b { mod c; }\n#[path = \"other.rs\"]\nmod d;\n#[cfg(test)]\nmod tests;\nuse super::a::x;";
    let facts = read(Language::Rust, text).unwrap();
    let modules: Vec<_> = facts.imports.iter().map(|it| it.module.as_str()).collect();
    assert_eq!(modules, ["./a", "./b/c", "./other.rs", "super::a::x"]);
}
