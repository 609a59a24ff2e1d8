use super::*;

#[test]
fn ruby_writes_where_its_names_say() {
    let rows: [(&str, &[&str]); 21] = [
        ("File.open('a.txt')", &[]),
        ("File.open('a.txt', 'w') { |f| f.puts 1 }", &["1 File.open \"a.txt\""]),
        ("File.open('a', File::CREAT | File::WRONLY)", &["1 File.open \"a\""]),
        ("File.open('a', mode: 'a')", &["1 File.open \"a\""]),
        ("::File.write 'a', 1", &["1 File.write \"a\""]),
        (
            "DIR = File.join(__dir__, 'data')\nclass A\n def b\n  FileUtils.mkdir_p DIR\n end\nend",
            &["4 FileUtils.mkdir_p (up(file) // \"data\")"],
        ),
        (
            "x = File.expand_path('../x', __FILE__)\nDir.mkdir(x)",
            &["2 Dir.mkdir (file / \"../x\")"],
        ),
        (
            "class A\n def initialize(dir)\n  @dir = dir\n end\n def c\n  File.write(\"#{@dir}/x\", 1)\n end\nend",
            &["6 File.write (A(0) + \"/x\")"],
        ),
        ("File.write(ENV['A'] || 'b', 1)", &["1 File.write $A:\"b\""]),
        ("File.write(ENV.fetch('A') { 'b' }, 1)", &["1 File.write $A:\"b\""]),
        ("File.write(ENV.fetch('A', 'b'), 1)", &["1 File.write $A:\"b\""]),
        ("%w[a b].each { |it| FileUtils.mkdir_p(it) }", &["1 FileUtils.mkdir_p (\"a\" | \"b\")"]),
        ("all.each { |it| FileUtils.mkdir_p(it) }", &["1 FileUtils.mkdir_p ?"]),
        // A block sees the names around it.
        ("d = nil\ny { d = 'x' }\nDir.mkdir(d)", &["3 Dir.mkdir (- | \"x\")"]),
        ("def path\n  @path ||= 'x'\nend\nFile.write(path, 1)", &["4 File.write \"x\""]),
        ("File.write(Config.path, 1)", &["1 File.write <>Config.path"]),
        ("Rails.root.join('a', 'b').mkpath", &["1 .mkpath (cwd / \"a\" / \"b\")"]),
        (
            "Logger.new($stdout)\nLogger.new(STDERR)\nLogger.new('log/x')",
            &["3 Logger.new \"log/x\""],
        ),
        (
            "ActiveRecord::Base.establish_connection(adapter: 'sqlite3', database: 'a.db')",
            &["1 a database \"a.db\""],
        ),
        (
            "socket.write('GET / HTTP/1.1')\nimage.write('public/a.png')",
            &["2 .write \"public/a.png\""],
        ),
        ("O = { dir: 'x' }\nDir.mkdir(O[:dir])", &["2 Dir.mkdir \"x\""]),
    ];
    for (text, expected) in rows {
        assert_eq!(writes(Language::Ruby, text), expected, "{text}");
    }
}

#[test]
fn ruby_imports_and_starts() {
    let text = "require 'json'\nrequire_relative 'lib/a'\nrequire './b'\nDir['c/*.rb'].each { |f| require f }\nsystem('ls', x)\n`git log`";
    let facts = read(Language::Ruby, text).unwrap();
    let modules: Vec<_> = facts.imports.iter().map(|it| it.module.as_str()).collect();
    assert_eq!(modules, ["json"]);
    let loads: Vec<_> = facts.loads.iter().map(|it| shown(&it.module)).collect();
    assert_eq!(loads, ["(up(file) / \"lib/a\")", "(cwd / \"./b\")", "?"]);
    let starts: Vec<_> = facts.starts.iter().map(|it| (it.texts(), it.is_line)).collect();
    let text = |it: &str| Some(it.to_owned());
    assert_eq!(starts, [(vec![text("ls"), None], false), (vec![text("git log")], true)]);
}

#[test]
fn php_writes_where_its_names_say() {
    let rows: [(&str, &[&str]); 20] = [
        ("fopen('a', 'r');", &[]),
        ("fopen('a', 'wb');", &["1 fopen \"a\""]),
        ("\\file_put_contents('a', 1);", &["1 file_put_contents \"a\""]),
        ("const D = __DIR__ . '/data'; @mkdir(D);", &["1 mkdir (up(file) + \"/data\")"]),
        (
            "define('D', dirname(__FILE__, 2)); mkdir(D . '/x');",
            &["1 mkdir (up(up(file)) + \"/x\")"],
        ),
        (
            "class A { const D = 'x'; private $d = 'y'; function f() { mkdir(self::D); mkdir($this->d); } }",
            &["1 mkdir \"x\"", "1 mkdir \"y\""],
        ),
        (
            "class A { public function __construct(private string $d) {} function f() { touch(\"{$this->d}/x\"); } }",
            &["1 touch (A(0) + \"/x\")"],
        ),
        ("touch(getenv('A') ?: 'b');", &["1 touch $A:\"b\""]),
        ("touch($_ENV['A'] ?? 'b');", &["1 touch $A:\"b\""]),
        ("foreach (['a', 'b'] as $k => $d) { mkdir($d); }", &["1 mkdir (\"a\" | \"b\")"]),
        ("foreach ($all as $d) { mkdir($d); }", &["1 mkdir ?"]),
        (
            "new PDO('sqlite:' . __DIR__ . '/a.db');",
            &["1 PDO ((\"sqlite:\" + up(file)) + \"/a.db\")"],
        ),
        (
            "use Monolog\\Handler\\StreamHandler as H; new H('logs/a.log');",
            &["1 Monolog\\Handler\\StreamHandler \"logs/a.log\""],
        ),
        ("new \\SplFileObject('a', 'w');", &["1 SplFileObject \"a\""]),
        ("error_log('x'); error_log('x', 3, 'a.log');", &["1 error_log \"a.log\""]),
        (
            "touch(sys_get_temp_dir() . DIRECTORY_SEPARATOR . 'x');",
            &["1 touch ((temp + \"/\") + \"x\")"],
        ),
        ("function f($d) { mkdir($d); }", &["1 mkdir f(0)"]),
        ("touch(storage_path('app/x'));", &["1 touch (cwd // \"storage\" // \"app/x\")"]),
        ("$c = ['d' => 'x']; mkdir($c['d']);", &["1 mkdir \"x\""]),
        (
            "copy(from: 'a', to: 'b'); imagepng($i); imagepng($i, 'c');",
            &["1 copy \"b\"", "1 imagepng \"c\""],
        ),
    ];
    for (text, expected) in rows {
        let text = format!("<?php {text}");
        assert_eq!(writes(Language::Php, &text), expected, "{text}");
    }
}

#[test]
fn php_imports_and_starts() {
    let text = "<?php require_once __DIR__ . '/vendor/autoload.php'; include 'a.php'; exec(\"ls $x\"); $y = `git log`;";
    let facts = read(Language::Php, text).unwrap();
    let loads: Vec<_> = facts.loads.iter().map(|it| shown(&it.module)).collect();
    assert_eq!(loads, ["(up(file) + \"/vendor/autoload.php\")", "\"a.php\""]);
    assert_eq!(facts.loader, Some("vendor/autoload.php"));
    assert_eq!(facts.starts.len(), 2);
}
