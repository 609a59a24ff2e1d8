//! `ssh`: the commands that a script runs on another machine. It builds nothing of this project there, but it may
//! start its images.

use super::{Run, Traced, program, words};
use crate::callers::{Callers, words::Word};

/// The letters of the options of `ssh` that take a value: its manual page.
const VALUED: &str = "BbcDEeFIiJLlmOopPQRSWw";

impl Run<'_> {
    /// Reads the command that `ssh` gets on its command line. Returns true if it is `ssh` that is called: what it gets
    /// by a here-document is then run over there as well.
    pub(super) fn try_remote(&mut self, words: &[&Word], raw: &[&str]) -> bool {
        let calls = |it: &&str| it.rsplit('/').next() == Some("ssh");
        // `sshpass -p … ssh`
        let at = match program(raw) {
            Some("ssh") => Some(0),
            Some("sshpass") => raw.iter().position(calls),
            _ => None,
        };
        let Some(at) = at else { return false };
        let mut rest = words[at + 1..].iter();
        while let Some(word) = rest.next() {
            let text = word.text.text();
            let Some(letters) = text.strip_prefix('-') else { break };
            // Its value is the rest of the word, or the next one.
            let valued = letters.find(|it| VALUED.contains(it));
            if valued.is_some_and(|it| it + 1 == letters.len()) {
                rest.next();
            }
        }
        let mut said = Traced::default();
        let mut line = 0;
        // What stands before them is the host.
        for word in rest.take_while(|it| !it.text.text().starts_with("<<")) {
            if said.is_empty() {
                line = word.line;
            }
            said.append(&self.expand(&word.text));
            said.push(' ');
        }
        self.remote(&said, line);
        true
    }

    /// Reads a script that runs on another machine and begins on a line of this one.
    pub(super) fn remote(&mut self, text: &Traced, first: usize) {
        if self.is_remote || text.is_empty() {
            return;
        }
        let mut found = Callers::default();
        let mut there = Run {
            script: self.script,
            folder: self.folder.clone(),
            current: None,
            above: Vec::new(),
            variables: self.variables.clone(),
            lists: self.lists.clone(),
            line: &|it| (self.line)(first + it - 1),
            is_remote: true,
            into: &mut found,
        };
        there.all(&words::tokens(text));
        self.add_services(found.services);
    }
}

#[cfg(test)]
mod tests {
    use crate::{callers::read, text::RepoPath};

    #[test]
    fn containers_are_started_on_other_machines() {
        let text = "\
#!/bin/sh
ssh -i key -p22 me@a 'docker run -d -v /srv/a:/a shop'
sshpass -p x ssh me@b <<'END'
cd /srv
docker run -d \\
  -v /srv/b:/b shop
docker build -f Dockerfile.test .
END
cat <<END
docker run -d -v /srv/c:/c shop
END
ssh me@d \"ssh me@e 'docker run -d -v /srv/d:/d shop'\"
";
        let found = read(&RepoPath::new("deploy.sh").unwrap(), text);
        let mounts = found.services.iter().flat_map(|it| &it.volumes);
        let mounts: Vec<_> = mounts.map(|it| format!("{} {}", it.place.line, it.target)).collect();
        assert_eq!(mounts, ["2 /a", "5 /b"]);
        assert!(found.builds.is_empty());
    }
}
