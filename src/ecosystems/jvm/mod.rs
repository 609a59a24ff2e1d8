//! Maven and Gradle, as far as they say what a jar is built from, and the settings that Spring Boot reads.
//!
//! After maven.apache.org ("Introduction to the Standard Directory Layout"), docs.gradle.org ("The Java Plugin") and
//! docs.spring.io/spring-boot ("Common Application Properties", "Externalized Configuration", "Logging").

mod archives;
mod logs;

use super::code::{Kind, Value};
pub use archives::{Unpacked, application, jar, unpacked};
pub use logs::{Log, is_tree, logs};

/// The commands that build jars.
pub const BUILDERS: [&str; 4] = ["gradle", "gradlew", "mvn", "mvnw"];

/// The files that describe a module.
pub const MANIFESTS: [&str; 3] = ["pom.xml", "build.gradle", "build.gradle.kts"];

/// The folders of a module that jars are built in.
pub const OUTPUTS: [&str; 2] = ["target", "build/libs"];

/// The files beside them that may name what Gradle builds: docs.gradle.org ("Naming recommendations", "Build
/// Environment").
pub const NAMING: [&str; 3] = ["settings.gradle", "settings.gradle.kts", "gradle.properties"];

/// The folder of the module that builds a jar of this path, and the name of the jar without its ending: `target/a-1.jar`.
pub fn built(path: &str) -> Option<(&str, &str)> {
    let (inside, name) = path.rsplit_once('/')?;
    let is_part = |it: &&str| it.is_empty() || it.ends_with('/');
    let module = OUTPUTS.iter().find_map(|it| inside.strip_suffix(it).filter(is_part))?;
    Some((module.trim_end_matches('/'), name.strip_suffix(".jar")?))
}

/// Whether the manifests of a module, in a folder of this name, give a jar this name: its artifact, perhaps with a
/// version and a classifier after it, or what they say instead.
///
/// maven.apache.org/pom.html: "The `BaseBuild` Element Set" (`finalName`); docs.gradle.org: "The Java Plugin", `Jar`
/// (`archiveBaseName`, `archiveFileName`).
pub fn names_jar(manifests: &[&str], folder: &str, jar: &str) -> bool {
    let element = |text: &'_ str, name: &str| {
        let text = text.split("</parent>").last().unwrap_or(text);
        let value = text.split(&format!("<{name}>")).nth(1).and_then(|it| it.split('<').next());
        value.map(|it| it.trim().to_owned())
    };
    let quoted = |line: &str| {
        let mut parts = line.split(['"', '\'']);
        parts.nth(1).filter(|it| !it.is_empty()).map(|it| it.trim_end_matches(".jar").to_owned())
    };
    let told = ["archiveBaseName", "archiveFileName", "archivesBaseName", "rootProject.name"];
    let mut names = vec![folder.to_owned()];
    for text in manifests {
        let artifact = element(text, "artifactId");
        let last = element(text, "finalName");
        let fill = |it: String| match &artifact {
            Some(name) => it.replace("${project.artifactId}", name).replace("${artifactId}", name),
            None => it,
        };
        names.extend(last.map(fill).map(|it| it.split("${").next().unwrap_or(&it).to_owned()));
        names.extend(artifact);
        let lines = text.lines().filter(|line| told.iter().any(|it| line.contains(it)));
        names.extend(lines.filter_map(quoted));
    }
    names.retain(|it| !it.is_empty());
    names.iter().any(|it| {
        let it = it.trim_end_matches('-');
        jar.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with('-'))
    })
}

/// The folder of a module with its source.
pub const SOURCE: &str = "src/main/java";

/// The folders of a module with source in other languages.
pub const OTHERS: [&str; 3] = ["src/main/groovy", "src/main/kotlin", "src/main/scala"];

/// The folder of a module with the files that its jar gets.
pub const RESOURCES: &str = "src/main/resources";

/// The settings that make a program write files to places that are not followed.
const WRITING: [&str; 8] = [
    "logging.config",
    "quarkus.log.file.enable",
    "quarkus.log.file.path",
    "server.tomcat.accesslog.directory",
    "spring.cloud.config.server.git.basedir",
    "spring.jta.log-dir",
    "spring.jta.narayana.log-dir",
    "spring.liquibase.rollback-file",
];

/// The settings that name the port that a program listens on: docs.spring.io/spring-boot, quarkus.io/guides/all-config,
/// docs.micronaut.io: "HTTP Server".
pub const PORTS: [&str; 3] = ["micronaut.server.port", "quarkus.http.port", "server.port"];

/// Databases that are files.
const DATABASES: [&str; 4] = ["jdbc:derby:", "jdbc:h2:", "jdbc:hsqldb:", "jdbc:sqlite:"];

/// A setting that names a place that a program writes to.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// What it names.
    pub kind: Kind,
    /// The settings with which it does not count.
    pub unless: &'static [&'static str],
}

const fn names(key: &'static str, kind: Kind) -> Setting {
    Setting { key, kind, unless: &[] }
}

/// All of them: docs.spring.io/spring-boot: "Common Application Properties", "Logging" ("File Output": a name comes
/// before a path); those of its first version: docs.spring.io/spring-boot/docs/1.5.x, the same chapter.
pub const SETTINGS: [Setting; 15] = [
    names("logging.file", Kind::File),
    names("logging.file.name", Kind::File),
    Setting { unless: &["logging.file.name"], ..names("logging.file.path", Kind::Folder) },
    Setting { unless: &["logging.file"], ..names("logging.path", Kind::Folder) },
    names("server.jetty.accesslog.filename", Kind::File),
    names("server.servlet.session.store-dir", Kind::Folder),
    names("server.session.store-dir", Kind::Folder),
    names("server.tomcat.basedir", Kind::Folder),
    names("server.undertow.accesslog.dir", Kind::Folder),
    names("spring.artemis.embedded.data-directory", Kind::Folder),
    names("spring.datasource.url", Kind::Url),
    names("spring.kafka.streams.state-dir", Kind::Folder),
    names("spring.pid.file", Kind::File),
    names("spring.servlet.multipart.location", Kind::Folder),
    names("spring.webflux.multipart.file-storage-directory", Kind::Folder),
];

/// The variables with options for every virtual machine: docs.oracle.com, "The `JAVA_TOOL_OPTIONS` Environment
/// Variable"; docs.oracle.com, "The java Command" ("Using the `JDK_JAVA_OPTIONS` Launcher Environment Variable").
pub const OPTIONS: [&str; 2] = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"];

/// The names by which the environment and the command line give a setting a value.
///
/// docs.spring.io/spring-boot: "Externalized Configuration", "Binding From Environment Variables".
pub fn given(key: &str) -> [String; 4] {
    let relaxed = key.replace('.', "_").replace('-', "").to_uppercase();
    [key.to_owned(), relaxed, format!("-D{key}"), format!("--{key}")]
}

/// The file that an option of the virtual machine has it write to, without which it does not start:
/// `-Xlog:gc*:file=logs/gc.log:time`.
///
/// docs.oracle.com: "The java Command" ("Enable Logging with the JVM Unified Logging Framework").
pub fn output(option: &str) -> Option<&str> {
    if let Some(path) = option.strip_prefix("-Xloggc:") {
        return Some(path);
    }
    let output = option.strip_prefix("-Xlog:")?.split(':').nth(1)?;
    let output = output.strip_prefix("file=").unwrap_or(output).trim_matches('"');
    (!["", "stderr", "stdout"].contains(&output)).then_some(output)
}

/// Whether a setting makes a program write files to a place that is not followed.
pub fn is_writing(key: &str, value: &str) -> bool {
    WRITING.contains(&key) && !value.is_empty() && value != "false"
}

/// Whether a value is the address of a database that is a file.
pub fn is_database(value: &str) -> bool {
    let is_memory = ["jdbc:h2:mem:", "jdbc:h2:tcp:", "jdbc:hsqldb:mem:", "jdbc:hsqldb:hsql:"];
    DATABASES.iter().any(|it| value.contains(it)) && !is_memory.iter().any(|it| value.contains(it))
}

/// Whether a file has settings of a program; then whether these are of a profile.
pub fn settings(name: &str) -> Option<bool> {
    let (stem, ending) = name.rsplit_once('.')?;
    let is_settings = ["properties", "yaml", "yml"].contains(&ending);
    let base = ["application", "bootstrap", "microprofile-config"];
    let rest = base.iter().find_map(|it| stem.strip_prefix(it)).filter(|_| is_settings)?;
    Some(rest.starts_with('-'))
}

/// The settings of a file of lines: docs.oracle.com, java.util.Properties.
pub fn lines(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|it| !it.starts_with(['#', '!']));
    let pair = |line: &str| {
        let (key, value) = line.split_once(['=', ':'])?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    lines.filter_map(pair).collect()
}

/// The settings of each document of a file of lines: docs.spring.io/spring-boot: "Working With Multi-Document Files".
pub fn documents(text: &str) -> Vec<Vec<(String, String)>> {
    let mut all = vec![String::new()];
    for line in text.lines() {
        if matches!(line.trim_end(), "#---" | "!---") {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.extend([line, "\n"]);
        }
    }
    all.iter().map(|it| lines(it)).collect()
}

/// Whether a setting says that its document counts in a profile or on a platform only: the same page, "Activation
/// Properties".
pub fn is_condition(key: &str) -> bool {
    key.starts_with("spring.config.activate.") || key == "spring.profiles"
}

/// The setting that one of a profile is: quarkus.io/guides/config-reference: "Profiles".
pub fn of_profile(key: &str) -> Option<&str> {
    Some(key.strip_prefix('%')?.split_once('.')?.1)
}

/// The value of a text with placeholders, each a variable of this name: `${upload.folder:/srv/up}`, `logs/${name}.log`.
pub fn placeholder(text: &str) -> Value {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some(end) = closing(after) else { return Value::Unknown };
        parts.extend((!before.is_empty()).then(|| plain(before)));
        parts.push(inner(&after[..end]));
        rest = &after[end + 1..];
    }
    parts.extend((!rest.is_empty() || parts.is_empty()).then(|| plain(rest)));
    if parts.len() == 1 { parts.swap_remove(0) } else { Value::Concat(parts) }
}

/// A text without placeholders.
fn plain(text: &str) -> Value {
    if text.contains(['$', '#']) { Value::Unknown } else { Value::Text(text.to_owned()) }
}

/// The value of a placeholder, from what stands between its braces.
fn inner(text: &str) -> Value {
    let (name, default) = match text.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (text, None),
    };
    if name.contains(['$', '{', '#']) {
        return Value::Unknown;
    }
    let default = default.map(placeholder).map(Box::new);
    Value::Variable { name: format!("${{{name}}}"), default }
}

/// Where the brace is that closes a placeholder, in what follows its first one.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.char_indices().find_map(|(at, it)| match it {
        '{' => {
            open += 1;
            None
        }
        '}' => match open.checked_sub(1) {
            Some(rest) => {
                open = rest;
                None
            }
            None => Some(at),
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_write_files() {
        let rows = [
            ("logging.config", "a.xml", true),
            ("logging.level.root", "info", false),
            ("quarkus.log.file.enable", "false", false),
        ];
        for (key, value, expected) in rows {
            assert_eq!(is_writing(key, value), expected, "{key}={value}");
        }
        assert!(is_database("jdbc:h2:file:./a") && !is_database("jdbc:h2:mem:a"));
        assert!(!is_database("jdbc:postgresql://db/a"));
        assert_eq!(settings("application.yml"), Some(false));
        assert_eq!(settings("application-prod.properties"), Some(true));
        assert_eq!(settings("messages.properties"), None);
        let text = "a=1\n#---\nspring.config.activate.on-profile=x\n%live.a=2\n";
        let all = documents(text);
        assert_eq!((all.len(), all[0].len()), (2, 1));
        assert!(is_condition(&all[1][0].0) && !is_condition("spring.profiles.active"));
        assert_eq!((of_profile(&all[1][1].0), of_profile("a.b")), (Some("a"), None));
    }

    #[test]
    fn jars_have_the_names_of_modules() {
        assert_eq!(built("shop/target/shop-1.jar"), Some(("shop", "shop-1")));
        assert_eq!(built("build/libs/a.jar"), Some(("", "a")));
        assert_eq!(built("mytarget/a.jar").or(built("target/a.war")), None);
        let pom = "<parent><artifactId>up</artifactId></parent><artifactId>shop</artifactId>";
        assert!(names_jar(&[pom], "", "shop-0.1-SNAPSHOT") && names_jar(&[pom], "", "shop"));
        assert!(!names_jar(&[pom], "", "shopping-1") && !names_jar(&[pom], "", "up-1"));
        let named = format!("{pom}<finalName>${{project.artifactId}}-${{version}}</finalName>");
        assert!(names_jar(&[&named], "", "shop-1"));
        assert!(names_jar(&["", "rootProject.name = 'till'"], "a", "till-1"));
        assert!(names_jar(&["archiveFileName.set(\"run.jar\")"], "a", "run"));
    }

    #[test]
    fn placeholders_are_filled_and_options_name_files() {
        let variable = |name: &str, default: Option<Value>| Value::Variable {
            name: name.to_owned(),
            default: default.map(Box::new),
        };
        let text = |it: &str| Value::Text(it.to_owned());
        assert_eq!(placeholder("a"), text("a"));
        assert_eq!(placeholder("#{x}"), Value::Unknown);
        let inner = variable("${b}", Some(text("c")));
        assert_eq!(placeholder("${a:${b:c}}"), variable("${a}", Some(inner)));
        let parts = vec![text("logs/"), variable("${name}", None), text(".log")];
        assert_eq!(placeholder("logs/${name}.log"), Value::Concat(parts));
        assert_eq!(output("-Xlog:gc*:file=logs/gc.log:time"), Some("logs/gc.log"));
        assert_eq!(output("-Xloggc:gc.log"), Some("gc.log"));
        let none = ["-Xlog:gc", "-Xlog:gc:stdout", "-Xlog", "-Xmx1g"];
        assert!(none.into_iter().all(|it| output(it).is_none()));
    }
}
