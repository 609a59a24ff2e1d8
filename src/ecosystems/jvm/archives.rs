//! What a virtual machine is told to run: a jar, or what was unpacked from one.
//!
//! After docs.oracle.com ("The java Command", "The jar Command") and docs.spring.io/spring-boot ("Efficient Container
//! Images", "Dockerfiles").

use crate::shell::Invocation;

/// The classes of Spring Boot that start an unpacked archive, each with the folder of its own classes.
const LAUNCHERS: [(&str, &str); 4] = [
    ("org.springframework.boot.loader.JarLauncher", "BOOT-INF/classes"),
    ("org.springframework.boot.loader.WarLauncher", "WEB-INF/classes"),
    ("org.springframework.boot.loader.launch.JarLauncher", "BOOT-INF/classes"),
    ("org.springframework.boot.loader.launch.WarLauncher", "WEB-INF/classes"),
];

/// The options that name the class path.
const CLASS_PATH: [&str; 3] = ["--class-path", "-classpath", "-cp"];

/// Other options that take the next word as their value.
const VALUED: [&str; 6] =
    ["--add-exports", "--add-modules", "--add-opens", "--add-reads", "--module-path", "-p"];

/// The jar that a command of Java runs: what comes after `-jar` and other options, such as that of an agent.
pub fn jar<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let mut words = words.into_iter().skip_while(|it| *it != "-jar").skip(1);
    words.find(|it| !it.starts_with('-'))
}

/// The places where the application of a command of Java may be, as it names them: its jar, or its classes in the
/// folders of the class path. `class_path` is the one that the environment gives.
pub fn application(words: &[&str], class_path: Option<&str>) -> Vec<String> {
    if words.contains(&"-jar") {
        return jar(words.iter().copied()).map(str::to_owned).into_iter().collect();
    }
    let (mut folders, mut main) = (class_path, None);
    let mut all = words.iter();
    while let Some(word) = all.next() {
        if CLASS_PATH.contains(word) {
            folders = all.next().copied();
        } else if let Some(value) = word.strip_prefix("--class-path=") {
            folders = Some(value);
        } else if VALUED.contains(word) {
            all.next();
        } else if !word.starts_with('-') {
            main = Some(*word);
            break;
        }
    }
    let Some(main) = main else { return Vec::new() };
    let launcher = LAUNCHERS.iter().find(|it| it.0 == main);
    let inside =
        launcher.map_or_else(|| format!("{}.class", main.replace('.', "/")), |it| it.1.to_owned());
    // A pattern is of jars.
    let folders = folders.unwrap_or(".").split(':');
    let folders = folders.filter(|it| !it.ends_with('*') && !it.ends_with(".jar"));
    folders.map(|it| format!("{}/{inside}", if it.is_empty() { "." } else { it })).collect()
}

/// An archive that a call unpacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacked<'c> {
    /// The archive.
    pub archive: &'c str,
    /// The folder that what is in it goes to, or is below.
    pub folder: &'c str,
}

/// The archive that a call unpacks; `None` if it unpacks none, or it is not known which.
pub fn unpacked(call: &Invocation) -> Option<Unpacked<'_>> {
    let words: Vec<&str> = call.texts().collect();
    let last = |names: &[&str]| call.values(names).into_iter().flatten().last();
    match call.program.as_str() {
        "java" => {
            let mode = words.iter().find_map(|it| it.strip_prefix("-Djarmode="))?;
            let is_unpacking =
                ["layertools", "tools"].contains(&mode) && words.contains(&"extract");
            let archive = jar(words.iter().copied()).filter(|_| is_unpacking)?;
            // Without a destination it makes folders where it runs.
            Some(Unpacked { archive, folder: last(&["--destination"]).unwrap_or(".") })
        }
        // Its options stand in one word, with or without a dash.
        "jar" => {
            let (first, rest) = words.split_first()?;
            let letters = first.trim_start_matches('-');
            let is_plain = letters.bytes().all(|it| it.is_ascii_alphabetic());
            let is_unpacking = is_plain && letters.contains('x') && letters.ends_with('f');
            let archive = rest.first().filter(|_| is_unpacking)?;
            Some(Unpacked { archive, folder: "." })
        }
        "unzip" => {
            let archive = words.iter().find(|it| !it.starts_with('-'))?;
            Some(Unpacked { archive, folder: last(&["-d"]).unwrap_or(".") })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystems::runners;

    fn places(line: &str) -> Vec<String> {
        application(&line.split(' ').collect::<Vec<_>>(), None)
    }

    #[test]
    fn applications_are_jars_or_classes_of_the_class_path() {
        assert_eq!(places("-Xmx1g -jar shop.jar -jar other.jar"), ["shop.jar"]);
        assert_eq!(
            places("-Xmx1g org.springframework.boot.loader.launch.JarLauncher"),
            ["./BOOT-INF/classes"]
        );
        assert_eq!(places("-cp app:app/lib/* shop.Main"), ["app/shop/Main.class"]);
        assert_eq!(places("--add-opens java.base/java.lang=ALL-UNNAMED Main"), ["./Main.class"]);
        let given = application(&["shop.Main"], Some("/srv"));
        assert_eq!(given, ["/srv/shop/Main.class"]);
        assert!(places("-version").is_empty());
    }

    #[test]
    fn archives_are_unpacked_into_a_folder() {
        let unpack = |line: &str| {
            let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
            let call = runners::invocation(&words)?;
            unpacked(&call).map(|it| format!("{} {}", it.archive, it.folder))
        };
        let found = |line: &str| unpack(line).unwrap_or_default();
        assert_eq!(found("java -Djarmode=layertools -jar a.jar extract"), "a.jar .");
        assert_eq!(
            found("java -Djarmode=tools -jar a.jar extract --layers --destination out"),
            "a.jar out"
        );
        assert_eq!(found("jar -xf ../a.jar"), "../a.jar .");
        assert_eq!(found("jar xvf a.jar BOOT-INF"), "a.jar .");
        assert_eq!(found("unzip -q a.jar -d out"), "a.jar out");
        assert_eq!(found("java -Djarmode=layertools -jar a.jar list"), "");
        assert_eq!(found("java -jar a.jar extract"), "");
        assert_eq!(found("jar -cf a.jar ."), "");
    }
}
