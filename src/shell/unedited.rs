//! Scripts that are read and never edited: the text of their here-documents does not matter, only what they feed.

use super::{Command, Directory, NotShell, Redirect, Script};
use crate::text::line_start;

/// How many characters of a command are shown.
const SHOWN: usize = 60;

/// A redirection of a compound command: of `{ …; } > file` the `> file`.
#[derive(Clone, Debug)]
pub struct GroupRedirect {
    /// The redirection.
    pub redirect: Redirect,
    /// Where the compound command runs.
    pub directory: Directory,
}

impl Script {
    /// The redirections of compound commands: `{ …; } > file`, `done < list`.
    pub fn group_redirects(&self) -> &[GroupRedirect] {
        &self.group_redirects
    }

    /// Returns true if a compound command is redirected.
    pub fn redirects_groups(&self) -> bool {
        !self.group_redirects.is_empty()
    }

    /// The line on which a command begins, from 1.
    pub fn line_of(&self, command: &Command) -> usize {
        self.source[..command.span.start].matches('\n').count() + 1
    }

    /// The first line of a command, as it is written, or what fits of it.
    pub fn first_line_of(&self, command: &Command) -> String {
        let line = self.source[command.span.clone()].lines().next().unwrap_or_default();
        let short: String = line.chars().take(SHOWN).collect();
        if short.len() < line.len() { format!("{short} …") } else { short }
    }

    /// Reads a script that is in no RUN and that nobody edits, as [`Script::of_text`] does. Here-documents are left out:
    /// they are what a command reads, not what it does.
    ///
    /// # Errors
    /// A text that is not shell, or that we do not read; also one with a here-document that runs commands, or that
    /// another program than `cat` and the like gets, with its line.
    pub fn of_file(text: &str) -> Result<Self, Unread> {
        let plain = |why| Unread { why, line: None };
        match Self::of_text(text) {
            Err(NotShell::Heredoc) => {}
            read => return read.map_err(plain),
        }
        let text = without_heredocs(text).map_err(|at| {
            let line = Some(text[..at].matches('\n').count() + 1);
            Unread { why: NotShell::Heredoc, line }
        })?;
        Self::of_text(&text).map_err(plain)
    }
}

/// Why a script is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The reason.
    pub why: NotShell,
    /// The line of the here-document that is the reason, from 1.
    pub line: Option<usize>,
}

/// A here-document whose body has not come yet.
struct Pending {
    delimiter: String,
    /// `<<-`: tabs before the delimiter do not count.
    strips_tabs: bool,
    /// False if its variables and commands are substituted.
    is_quoted: bool,
}

/// The text with blanks in the place of here-documents and their operators, so that all else keeps its place.
///
/// # Errors
/// The byte of a here-document that has no end or may run commands.
fn without_heredocs(text: &str) -> Result<String, usize> {
    let bytes = text.as_bytes();
    let mut left = bytes.to_vec();
    let mut pending: Vec<(usize, Pending)> = Vec::new();
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let starts_word = at == 0 || b" \t\n;&|(".contains(&bytes[at - 1]);
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => at += 1,
            (b'\'' | b'"', None) => quote = Some(byte),
            (it, Some(open)) if it == open => quote = None,
            (_, Some(_)) => {}
            (b'#', None) if starts_word => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            // A shift: `$((1 << 2))`, `((a << 2))`.
            (b'(', None) if bytes[at..].starts_with(b"((") => {
                let end = text[at..].find("))").unwrap_or(2);
                if !text[at..at + end].contains('\n') {
                    at += end;
                }
            }
            (b'<', None) if bytes[at..].starts_with(b"<<<") => at += 2,
            (b'<', None) if bytes[at..].starts_with(b"<<") => {
                let found = operator(text, at).filter(|it| only_reads(text, at, it.1));
                let (heredoc, end) = found.ok_or(at)?;
                left[at..end].fill(b' ');
                pending.push((at, heredoc));
                at = end;
                continue;
            }
            (b'\n', None) if !pending.is_empty() => {
                at += 1;
                for (opened, heredoc) in pending.drain(..) {
                    let end = body(text, at, &heredoc).ok_or(opened)?;
                    left[at..end].iter_mut().filter(|it| **it != b'\n').for_each(|it| *it = b' ');
                    at = end;
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    match pending.first() {
        Some((opened, _)) => Err(*opened),
        None => String::from_utf8(left).map_err(|_| 0),
    }
}

/// The here-document that an operator opens, and where its delimiter ends.
fn operator(text: &str, at: usize) -> Option<(Pending, usize)> {
    let strips_tabs = text[at..].starts_with("<<-");
    let start = at + if strips_tabs { 3 } else { 2 };
    let start = start + text[start..].find(|it| it != ' ' && it != '\t')?;
    let ends = |it: char| it.is_whitespace() || ";&|<>()".contains(it);
    let end = start + text[start..].find(ends).unwrap_or(text.len() - start);
    let raw = &text[start..end];
    let is_mark = |it: char| ['\'', '"', '\\'].contains(&it);
    let delimiter = raw.replace(is_mark, "");
    let is_quoted = raw.contains(is_mark);
    (!delimiter.is_empty()).then_some((Pending { delimiter, strips_tabs, is_quoted }, end))
}

/// Whether the commands of a line that a here-document feeds only pass it on: others may run what it says.
fn only_reads(text: &str, operator: usize, end: usize) -> bool {
    const READERS: [&str; 6] = ["cat", "envsubst", "grep", "read", "sed", "tee"];
    let line = line_start(text, operator);
    let before = text[line..operator].rsplit(['|', '&', ';', '(']).next().unwrap_or_default();
    let rest = text[end..].lines().next().unwrap_or_default();
    let mut after = rest.split('|').skip(1).map(|it| it.trim_start_matches('|'));
    let reads = |it: &str| {
        let words = it.split_whitespace().filter(|it| !it.contains('=') && *it != "sudo");
        let mut words = words.skip_while(|it| ["{", "do", "else", "then", "while"].contains(it));
        words.next().is_some_and(|it| READERS.contains(&it) || it.starts_with('>'))
    };
    reads(before) && after.all(|it| it.is_empty() || reads(it))
}

/// Where the body of a here-document that begins at `at` ends, its delimiter included.
fn body(text: &str, at: usize, heredoc: &Pending) -> Option<usize> {
    let mut end = at;
    for line in text[at..].split_inclusive('\n') {
        let is_last = {
            let bare = line.trim_end_matches(['\n', '\r']);
            let bare = if heredoc.strips_tabs { bare.trim_start_matches('\t') } else { bare };
            bare == heredoc.delimiter
        };
        if is_last {
            return Some(end + line.trim_end_matches('\n').len());
        }
        if !heredoc.is_quoted && (line.contains("$(") || line.contains('`')) && runs(line) {
            return None;
        }
        end += line.len();
    }
    None
}

/// Whether a line of a here-document runs more than what only prints: `$(date)`.
fn runs(line: &str) -> bool {
    let prints = [
        "basename", "cat", "date", "dirname", "echo", "hostname", "id", "printf", "pwd", "uname",
        "whoami",
    ];
    let parts =
        line.split("$(").skip(1).map(|it| it.split([')', ' ', '\n']).next().unwrap_or_default());
    let mut parts = parts.filter(|it| !it.starts_with('('));
    line.replace("\\`", "").contains('`') || parts.any(|it| !prints.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let script = Script::of_file(text).unwrap();
        let line = |it: &super::super::Command| {
            let words = it.words.iter().map(|it| it.raw.clone());
            let redirects =
                it.redirects.iter().map(|it| format!("{}{}", it.operator, it.target.raw));
            words.chain(redirects).collect::<Vec<_>>().join(" ")
        };
        script.commands().iter().map(line).collect()
    }

    #[test]
    fn commands_around_here_documents_are_read() {
        let text = "cat > a.conf <<EOF\nport $PORT\nEOF\ncat <<-'END' | tee b <<X\n\tif $(\n\tEND\nx\nX\nexec run\n";
        assert_eq!(words(text), ["cat >a.conf", "cat", "tee b", "exec run"]);
        assert_eq!(words("a=$((1 << 2)) # <<EOF\necho '<<EOF' <<< x\n"), ["", "echo '<<EOF' <<<x"]);
    }

    #[test]
    fn here_documents_that_run_commands_are_refused() {
        let rows = [
            ("bash <<EOF\nrm a\nEOF\n", 1),
            ("cat <<EOF | sh\nrm a\nEOF\n", 1),
            ("cat <<A\nA\ncat <<EOF\n$(rm -rf /a)\nEOF\n", 3),
            ("cat <<EOF\n`a`\nEOF\n", 1),
        ];
        for (text, line) in rows {
            let unread = Unread { why: NotShell::Heredoc, line: Some(line) };
            assert_eq!(Script::of_file(text).err(), Some(unread), "{text}");
        }
        assert!(Script::of_file("cat <<EOF\na\n").is_err());
    }

    #[test]
    fn groups_say_where_their_output_goes() {
        let script = Script::of_file("{ echo a; } > a.txt\n(cd b && echo c) >> c.txt\n").unwrap();
        let all = script.group_redirects().iter().map(|it| it.redirect.target.raw.as_str());
        assert_eq!(all.collect::<Vec<_>>(), ["a.txt", "c.txt"]);
    }
}
