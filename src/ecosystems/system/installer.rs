//! Lines that install packages of a distribution, whatever stands around that: `docker exec web apt-get install -y vim`.

use super::INSTALLERS;

/// The program with which a line installs or fetches packages of a distribution, wherever it stands in the line.
pub fn installer(line: &str) -> Option<&'static str> {
    let is_end = |it: char| it.is_whitespace() || "\"';&|(),[]".contains(it);
    let mut words = line.split(is_end).filter(|it| !it.is_empty());
    while let Some(word) = words.next() {
        let program = INSTALLERS.iter().find(|it| it.system.is_some() && it.name == word);
        let verb = words.clone().find(|it| !it.starts_with('-')).unwrap_or_default();
        let found = program.filter(|it| verb == it.install || it.fetch.contains(&verb));
        if let Some(it) = found {
            return Some(it.name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_install_packages() {
        let rows = [
            ("web apt-get install -y vim", Some("apt-get")),
            ("web sh -c 'apk --no-cache add vim'", Some("apk")),
            ("apt-get -qq update && ls", Some("apt-get")),
            ("echo apt install", Some("apt")),
            ("apt-get --version", None),
            ("pip install apt", None),
        ];
        for (line, expected) in rows {
            assert_eq!(installer(line), expected, "{line}");
        }
    }
}
