//! pip's requirements files: what a line asks for, and which further files it names.
//!
//! After pip's "Requirements File Format": `#` starts a comment at the line's start or after white
//! space, a backslash at the end continues the line, options may stand among the requirements.

/// What one line of a requirements file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A package of an index, or a URL: nothing of the build context.
    Package(String),
    /// Another requirements file (`-r`) or a constraints file (`-c`), relative to this one.
    Include(String),
    /// A file or folder of the project (`-e .`, `./libs/common`, `file:…`, a wheel), relative to the
    /// directory that pip runs in.
    Local(String),
    /// An option with a folder of archives: `--find-links ./wheels`.
    FindLinks(String),
}

/// The lines of a requirements file that ask for something, each with its number.
pub fn read(text: &str) -> Vec<(usize, Line)> {
    let mut lines = Vec::new();
    let mut pending = String::new();
    let mut start = 1;
    for (at, raw) in text.lines().enumerate() {
        if pending.is_empty() {
            start = at + 1;
        }
        // A comment line ends a continued one.
        let comment = raw.trim_start().starts_with('#');
        if let (Some(kept), false) = (raw.strip_suffix('\\'), comment) {
            pending.push_str(kept);
            continue;
        }
        pending.push_str(if comment { "" } else { raw });
        lines.extend(line(&std::mem::take(&mut pending)).map(|it| (start, it)));
    }
    lines.extend(line(&pending).map(|it| (start, it)));
    lines
}

/// The files that a requirements file names, relative to it.
pub fn included(text: &str) -> Vec<String> {
    let files = read(text).into_iter().filter_map(|(_, it)| match it {
        Line::Include(file) => Some(file),
        _ => None,
    });
    files.collect()
}

fn line(raw: &str) -> Option<Line> {
    let text = raw.trim_start_matches('\u{feff}');
    let text = text.find(" #").or(text.find("\t#")).map_or(text, |it| &text[..it]).trim();
    if text.is_empty() {
        return None;
    }
    let option = |short: &str, long: &str| {
        let rest = text.strip_prefix(long).filter(|it| it.starts_with([' ', '=', '\t']));
        let rest = rest.or_else(|| text.strip_prefix(short).filter(|it| !it.starts_with('-')))?;
        let value = rest.trim_start_matches(['=', ' ', '\t']);
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    if let Some(path) = option("-r", "--requirement").or_else(|| option("-c", "--constraint")) {
        return Some(if is_url(&path) { Line::Package(path) } else { Line::Include(path) });
    }
    if let Some(target) = option("-e", "--editable") {
        return Some(local(&target).map_or_else(|| Line::Package(target.clone()), Line::Local));
    }
    if let Some(folder) = option("-f", "--find-links") {
        return (!is_url(&folder)).then_some(Line::FindLinks(folder));
    }
    if text.starts_with('-') {
        return None;
    }
    Some(local(text).map_or_else(|| Line::Package(text.to_owned()), Line::Local))
}

/// The path that a requirement names when it is a file or folder of the project.
pub fn local(requirement: &str) -> Option<String> {
    let target = requirement.split_once(" @ ").map_or(requirement, |it| it.1).trim();
    let target = target.split(';').next().unwrap_or_default().trim();
    let target = target.split('#').next().unwrap_or_default();
    let target = target.strip_prefix("git+").filter(|it| it.starts_with("file:")).unwrap_or(target);
    let path = match target.strip_prefix("file:") {
        Some(path) => path.strip_prefix("//").unwrap_or(path),
        None if is_url(target) => return None,
        None => target,
    };
    let bare = path.split('[').next().unwrap_or_default().trim();
    let is_path = bare.starts_with(['.', '/'])
        || target.starts_with("file:")
        || [".whl", ".tar.gz", ".zip"].iter().any(|it| bare.ends_with(it))
        // `libs/common` is a path to pip as soon as it has a separator and is no `name @ URL`.
        || (bare.contains('/') && !bare.contains('@'));
    is_path.then(|| bare.to_owned())
}

fn is_url(text: &str) -> bool {
    text.contains("://") && !text.starts_with("file:") || text.starts_with("git@")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_pip_reads() {
        let text = "# top\nDjango==4.2  # web\n-r base.txt\n--requirement=dev.txt\n-c limits.txt\n-e .\n\
                    ./libs/common\nfoo @ file:///src/foo\nfoo[bar] @ https://x.example/foo.zip\n\
                    --index-url https://x.example/simple\n-f wheels\nvendor/a.whl ; python_version > '3'\n\
                    -e git+https://x.example/a.git#egg=a\nlong \\\n  --hash=sha256:1\nlast";
        let own = str::to_owned;
        let expected = [
            (2, Line::Package(own("Django==4.2"))),
            (3, Line::Include(own("base.txt"))),
            (4, Line::Include(own("dev.txt"))),
            (5, Line::Include(own("limits.txt"))),
            (6, Line::Local(own("."))),
            (7, Line::Local(own("./libs/common"))),
            (8, Line::Local(own("/src/foo"))),
            (9, Line::Package(own("foo[bar] @ https://x.example/foo.zip"))),
            (11, Line::FindLinks(own("wheels"))),
            (12, Line::Local(own("vendor/a.whl"))),
            (13, Line::Package(own("git+https://x.example/a.git#egg=a"))),
            (14, Line::Package(own("long   --hash=sha256:1"))),
            (16, Line::Package(own("last"))),
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn a_comment_ends_a_continued_line() {
        let text = "flask \\\n# why \\\n-r more.txt\n";
        let own = str::to_owned;
        assert_eq!(
            read(text),
            [(1, Line::Package(own("flask"))), (3, Line::Include(own("more.txt")))]
        );
    }
}
