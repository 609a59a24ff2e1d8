use super::super::{
    Language, read,
    tests::{check, shown},
};

#[test]
fn csharp_writes_where_its_names_say() {
    check(
        Language::CSharp,
        &[
            (
                "using System.IO;\nclass A { void F() { File.WriteAllText(\"a.txt\", x); File.ReadAllText(\"b\"); } }",
                &["2 System.IO.File.WriteAllText \"a.txt\""],
            ),
            (
                "class A { async Task F(string n) { await System.IO.File.WriteAllBytesAsync(Path.Combine(\"up\", n), b); } }",
                &["1 System.IO.File.WriteAllBytesAsync (\"up\" / F(0))"],
            ),
            (
                "class A { [HttpPost] public void F(IFormFile f) { var p = Path.Combine(_env.WebRootPath, \"up\", f.FileName); using var s = new FileStream(p, FileMode.Create); f.CopyTo(s); } }",
                &["1 System.IO.FileStream ((cwd // \"wwwroot\") / \"up\" / .FileName)"],
            ),
            (
                "class A { void F() { using FileStream s = new(@\"c\\d\", FileMode.Open, FileAccess.Read); FileStream t = new (\"e\", FileMode.Open); } }",
                &["1 System.IO.FileStream \"e\""],
            ),
            (
                "class A { void F(Stream o) { new StreamWriter(o); new StreamWriter($\"log-{DateTime.Now:yy}.txt\"); } }",
                &["1 System.IO.StreamWriter (\"log-\" + .Now + \".txt\")"],
            ),
            (
                "var app = b.Build();\nLog.Logger = new LoggerConfiguration().WriteTo.Console().WriteTo.File(\"logs/a.log\", rollingInterval: RollingInterval.Day).CreateLogger();\nreturn Results.File(bytes, \"a.pdf\");",
                &["2 .File \"logs/a.log\""],
            ),
            (
                "c.WriteTo.File(new CompactJsonFormatter(), \"logs/b\");\nc.WriteTo.Async(a => a.Console());",
                &["1 .File \"logs/b\""],
            ),
            (
                "s.AddDbContext<Db>(o => o.UseSqlite(builder.Configuration.GetConnectionString(\"Main\") ?? \"Data Source=a.db\"));",
                &["1 .UseSqlite $${connectionstrings:main}:\"Data Source=a.db\""],
            ),
            (
                "class A { A(IConfiguration config) { Directory.CreateDirectory(config[\"Up:Path\"]); Directory.CreateDirectory(config.GetSection(\"Up\").GetValue<string>(\"Root\", \"x\")); } }",
                &[
                    "1 System.IO.Directory.CreateDirectory $${up:path}",
                    "1 System.IO.Directory.CreateDirectory $${up:root}:\"x\"",
                ],
            ),
            (
                "class A { void F() { File.Delete(Path.GetTempFileName()); new DirectoryInfo(AppContext.BaseDirectory + \"up\").Create(); entity.Create(); } }",
                &[
                    "1 System.IO.File.Delete temp",
                    "1 .Create (around + \"up\")",
                    "1 .Create <>entity",
                ],
            ),
        ],
    );
}

#[test]
fn properties_and_settings_give_values() {
    let text = "class UploadOptions { public string Folder { get; set; } = \"up\"; public const string Name = \"n\"; }\nclass B { public string Folder2 { get; set; } = \"b\"; public string X => Path.Combine(\"a\", \"b\"); }\nclass C { void F() { new B { Folder3 = \"c\" }; } }";
    let facts = read(Language::CSharp, text).unwrap();
    assert!(facts.is_whole);
    let field = |name: &str| shown(facts.attributes.get(name).unwrap());
    assert_eq!(field("Folder"), "(\"up\" | $${*:folder})");
    assert_eq!(field("Folder2"), "(\"b\" | ?)");
    assert_eq!(field("Folder3"), "\"c\"");
    assert_eq!(field("X"), "(\"a\" / \"b\")");
    assert_eq!(field("Name"), "\"n\"");
}

#[test]
fn programs_are_started() {
    let text = "class A { void F() { Process.Start(\"ffmpeg\", \"-i a b\"); new Process { StartInfo = new ProcessStartInfo { FileName = \"x\" } }; } }";
    let facts = read(Language::CSharp, text).unwrap();
    assert_eq!(facts.starts.len(), 3);
    assert_eq!(facts.starts[0].texts()[0].as_deref(), Some("ffmpeg"));
    assert_eq!(facts.starts[1].texts(), [None]);
}

#[test]
fn a_part_that_is_not_understood_may_hide_writes_of_the_whole_file() {
    let text = "class A { void F() { File.Delete(\"a\"); } } class B { int size = ; }";
    let facts = read(Language::CSharp, text).unwrap();
    assert!(!facts.is_whole && facts.hides_writes);
    let harmless = read(Language::CSharp, &text.replace("File.Delete", "Show")).unwrap();
    assert!(!harmless.is_whole && !harmless.hides_writes);
}
