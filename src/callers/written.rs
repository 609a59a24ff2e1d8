//! Compose files that a program of the project writes: what they mount is known from the text of that program alone.

use super::Kind;
use crate::{
    ecosystems::code::{self, Language},
    project::{File, Project},
    text::{Place, RepoPath},
};

/// A mount that the text of a program names, and the line that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    line: usize,
    said: String,
}

/// The first mount in a text that writes a compose file; read once.
struct Written(Option<Mount>);

/// The programs in the folders that have them for all Dockerfiles of a project; looked for once.
struct Programs(Vec<RepoPath>);

/// The folders of a project, itself the first, that have programs which people run before they start it.
const FOLDERS: [&str; 7] = ["", "bin", "deploy", "docker", "ops", "scripts", "tools"];

/// Words of programs that write a file.
const WRITES: [&str; 6] = ["write", "dump", "\"w\"", "'w'", "cat >", "tee "];

impl Written {
    fn read(text: &str) -> Self {
        let is_written = WRITES.iter().any(|it| text.contains(it));
        let has = |it: &str| text.contains(it);
        if !is_written || !has("services") || !has("volumes") || !names_compose(text) {
            return Self(None);
        }
        let mut lines = text.lines().enumerate().filter(|it| !has_pattern(it.1));
        let found = lines.find_map(|(at, line)| {
            let between = |it: char| it.is_whitespace() || "\"'`,[]".contains(it);
            let mut words = line.split(between);
            let said = words.find(|it| is_mount(it))?.to_owned();
            Some(Mount { line: at + 1, said })
        });
        Self(found)
    }
}

/// Whether a text names a compose file.
fn names_compose(text: &str) -> bool {
    text.match_indices("compose").any(|(at, _)| {
        let rest = &text[at..];
        let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_');
        let end = rest.find(|it| !is_name(it)).unwrap_or(rest.len());
        [".yml", ".yaml"].iter().any(|it| rest[..end].ends_with(it))
    })
}

/// Whether a line calls a program whose first argument is a pattern, which may look like a mount: `awk '/a:/{print $2}'`.
fn has_pattern(line: &str) -> bool {
    let mut words = line.split(|it: char| !it.is_alphanumeric());
    words.any(|it| ["awk", "egrep", "gawk", "grep", "mawk", "sed"].contains(&it))
}

/// Whether a word mounts a folder of the host: `./data:/data`.
fn is_mount(word: &str) -> bool {
    let is_part = |it: char| it.is_alphanumeric() || "/._-~${}:+@…<>".contains(it);
    if !word.chars().all(is_part) || word.matches('{').count() != word.matches('}').count() {
        return false;
    }
    let Some((host, target)) = word.split_once(':') else { return false };
    let is_path = host.starts_with(['.', '/', '~', '$', '{']) && !host.contains("//");
    is_path && target.starts_with('/') && !target.starts_with("//") && 1 < target.len()
}

impl Project {
    /// The place where a program of the project names a mount of a compose file that it writes, and the mount. Only
    /// programs at the top of the project, beside the Dockerfile and in the usual folders for such are looked at.
    pub fn written_mount(&self, dockerfile: &RepoPath) -> Option<(Place, String)> {
        let Programs(shared) = self.places().get(|| {
            let folders = FOLDERS.iter().filter_map(|it| RepoPath::root().join(it));
            Programs(folders.flat_map(|it| self.programs_in(&it)).collect())
        });
        let own = dockerfile.parent().filter(|it| !FOLDERS.contains(&it.as_str()));
        let own = own.map(|it| self.programs_in(&it)).unwrap_or_default();
        let mut files = shared.iter().chain(&own).filter_map(|it| self.source(it));
        files.find_map(|file: &File| {
            let Written(mount) = file.memo.get(|| Written::read(&file.text));
            mount.as_ref().map(|it| (file.line(it.line), it.said.clone()))
        })
    }

    /// The files directly in a folder that people may run.
    fn programs_in(&self, folder: &RepoPath) -> Vec<RepoPath> {
        let is_program = |it: &RepoPath| {
            let is_code = Language::of(it.file_name()).is_some() && !code::is_test(it);
            is_code || Kind::of(it) == Some(Kind::Script)
        };
        let files = self.tree().children(folder).filter(|it| self.tree().is_file(it));
        files.filter(is_program).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_compose_files_that_are_written_are_found() {
        let found = |text: &str| Written::read(text).0.map(|it| format!("{} {}", it.line, it.said));
        let python = "services = {'web': {'volumes': []}}\nfor it in folders:\n    \
                      add(\"./logs:/logs\")\nopen('docker-compose.yml', 'w').write(dump(services))\n";
        assert_eq!(found(python).as_deref(), Some("3 ./logs:/logs"));
        let shell = "cat > compose.prod.yaml <<END\nservices:\n  web:\n    volumes:\n    - /srv/a:/a:ro\nEND\n";
        assert_eq!(found(shell).as_deref(), Some("5 /srv/a:/a:ro"));
        assert_eq!(found(&shell.replace("/srv/a:/a", "data:/a")), None);
        assert_eq!(found(&shell.replace("compose.prod.yaml", "x.yaml")), None);
        assert_eq!(found(&python.replace("./logs:/logs", "http://a:/b")), None);
        let pattern =
            shell.replace("    - /srv/a:/a:ro", "    - data:/a\nEND\nawk '/^Mem:/{print $2}'");
        assert_eq!(found(&pattern), None);
        assert_eq!(
            found(&python.replace("./logs:/logs", "{base}/logs:/logs")).as_deref(),
            Some("3 {base}/logs:/logs")
        );
    }
}
