use super::super::{
    Language, read,
    tests::{check, shown},
};

#[test]
fn java_writes_where_its_names_say() {
    check(
        Language::Java,
        &[
            (
                "package a;\nimport java.nio.file.*;\nclass A { void f() { Files.createDirectories(Paths.get(\"/srv\", \"up\")); Files.readString(Path.of(\"a\")); } }",
                &["3 java.nio.file.Files.createDirectories (\"/srv\" / \"up\")"],
            ),
            (
                "package a;\nimport java.io.File;\nclass A { private static final String D = \"/srv/a\";\n void f(String n) { new File(D, n).mkdirs(); } }",
                &["4 .mkdirs (<>D // f(0))"],
            ),
            (
                "package a;\nclass A { void f() throws Exception { new java.io.FileOutputStream(\"a\"); java.nio.file.Files.writeString(p, x); } }",
                &["2 java.io.FileOutputStream \"a\"", "2 java.nio.file.Files.writeString <>p"],
            ),
            (
                "package a;\nimport java.io.*;\nclass A { void f(HttpServletResponse r) { new PrintWriter(r.getOutputStream()); new PrintWriter(\"a.txt\"); } }",
                &["3 java.io.PrintWriter \"a.txt\""],
            ),
            (
                "package a;\nimport java.nio.file.Files;\nclass A { void f() { var p = Files.createTempFile(\"a\", \"b\"); Files.write(p.resolve(\"x\"), b); } }",
                &["3 java.nio.file.Files.write (temp / \"x\")"],
            ),
            (
                "package a;\nimport java.io.File;\nclass A { @PostMapping void f(String n) { new File(System.getProperty(\"java.io.tmpdir\"), n).createNewFile(); } }",
                &["3 .createNewFile (temp // (0))"],
            ),
        ],
    );
}

#[test]
fn annotations_give_values() {
    let text = "package a;\nimport java.nio.file.Path;\nclass A {\n @Value(\"${up.dir:/srv/up}\") private String up;\n private final Path x;\n A(@Value(\"${x}\") String x) { this.x = Path.of(x); }\n}\n@Data class B { String y = \"/y\"; }";
    let facts = read(Language::Java, text).unwrap();
    let field = |name: &str| shown(facts.attributes.get(name).unwrap());
    assert_eq!(field("up"), "$${up.dir}:\"/srv/up\"");
    assert_eq!(field("y"), "(? | \"/y\")");
    assert_eq!(field("x"), "($${x})");
}
