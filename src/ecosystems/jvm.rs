//! Maven and Gradle, as far as they say what a jar is built from, and the settings that Spring Boot reads.
//!
//! After maven.apache.org ("Introduction to the Standard Directory Layout"), docs.gradle.org ("The Java Plugin") and
//! docs.spring.io/spring-boot ("Common Application Properties", "Externalized Configuration", "Logging").

use super::code::Value;

/// The commands that build jars.
pub const BUILDERS: [&str; 4] = ["gradle", "gradlew", "mvn", "mvnw"];

/// The files that describe a module.
pub const MANIFESTS: [&str; 3] = ["pom.xml", "build.gradle", "build.gradle.kts"];

/// The folders of a module that jars are built in.
pub const OUTPUTS: [&str; 2] = ["target", "build/libs"];

/// The folder of a module with its source.
pub const SOURCE: &str = "src/main/java";

/// The folders of a module with source in other languages.
pub const OTHERS: [&str; 3] = ["src/main/groovy", "src/main/kotlin", "src/main/scala"];

/// The folder of a module with the files that its jar gets.
pub const RESOURCES: &str = "src/main/resources";

/// The settings that make a program write files.
const WRITING: [&str; 14] = [
    "logging.config",
    "logging.file",
    "logging.file.name",
    "logging.file.path",
    "logging.path",
    "quarkus.log.file.enable",
    "quarkus.log.file.path",
    "server.jetty.accesslog.filename",
    "server.tomcat.accesslog.directory",
    "server.tomcat.basedir",
    "spring.cloud.config.server.git.basedir",
    "spring.pid.file",
    "spring.servlet.multipart.location",
    "server.undertow.accesslog.dir",
];

/// The settings that name the port that a program listens on: docs.spring.io/spring-boot, quarkus.io/guides/all-config,
/// docs.micronaut.io: "HTTP Server".
pub const PORTS: [&str; 3] = ["micronaut.server.port", "quarkus.http.port", "server.port"];

/// Databases that are files.
const DATABASES: [&str; 4] = ["jdbc:derby:", "jdbc:h2:", "jdbc:hsqldb:", "jdbc:sqlite:"];

/// What the settings of a log write to files: logback.qos.ch/manual/appenders.html,
/// logging.apache.org/log4j/2.x/manual/appenders.html.
const APPENDERS: [&str; 8] = [
    ".File=",
    ".fileName",
    "FileAppender",
    "<File ",
    "<RandomAccessFile",
    "<RollingFile",
    "<RollingRandomAccessFile",
    "appender.file",
];

/// Whether a setting makes a program write files.
pub fn is_writing(key: &str, value: &str) -> bool {
    let is_memory = ["jdbc:h2:mem:", "jdbc:h2:tcp:", "jdbc:hsqldb:mem:", "jdbc:hsqldb:hsql:"];
    let is_file = DATABASES.iter().any(|it| value.contains(it))
        && !is_memory.iter().any(|it| value.contains(it));
    WRITING.contains(&key) && !value.is_empty() && value != "false" || is_file
}

/// The first line of the settings of a log that writes to a file, counted from 1; `None` if there is none, or the
/// file is none.
pub fn log_file(name: &str, text: &str) -> Option<usize> {
    let is_log = ["log4j", "logback", "logging"].iter().any(|it| name.starts_with(it));
    let at = text.lines().position(|line| APPENDERS.iter().any(|it| line.contains(it)));
    at.filter(|_| is_log).map(|it| it + 1)
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

/// The value of a placeholder, as a variable of this name: `${upload.folder:/srv/up}`.
pub fn placeholder(text: &str) -> Value {
    let Some(inner) = text.strip_prefix("${").and_then(|it| it.strip_suffix('}')) else {
        let is_plain = !text.contains(['$', '#']);
        return if is_plain { Value::Text(text.to_owned()) } else { Value::Unknown };
    };
    let (name, default) = match inner.split_once(':') {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    if name.contains(['$', '{', '#']) {
        return Value::Unknown;
    }
    let default = default.map(placeholder).map(Box::new);
    Value::Variable { name: format!("${{{name}}}"), default }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_write_files() {
        let rows = [
            ("logging.file.name", "a.log", true),
            ("logging.level.root", "info", false),
            ("spring.datasource.url", "jdbc:h2:mem:a", false),
            ("spring.datasource.url", "jdbc:h2:file:./a", true),
            ("spring.datasource.url", "jdbc:postgresql://db/a", false),
            ("quarkus.log.file.enable", "false", false),
        ];
        for (key, value, expected) in rows {
            assert_eq!(is_writing(key, value), expected, "{key}={value}");
        }
        assert_eq!(settings("application.yml"), Some(false));
        assert_eq!(settings("application-prod.properties"), Some(true));
        assert_eq!(settings("messages.properties"), None);
        let text = "a=1\n#---\nspring.config.activate.on-profile=x\n%live.a=2\n";
        let all = documents(text);
        assert_eq!((all.len(), all[0].len()), (2, 1));
        assert!(is_condition(&all[1][0].0) && !is_condition("spring.profiles.active"));
        assert_eq!((of_profile(&all[1][1].0), of_profile("a.b")), (Some("a"), None));
        assert_eq!(
            log_file("logback-spring.xml", "<a>\n<appender class=\"x.RollingFileAppender\">"),
            Some(2)
        );
    }
}
