//! Dockerfiles damaged as editors, merges and people damage them: the same damage for the same number.

/// What is put in somewhere: bytes that parsers trip over.
const ODD: &[&str] = &[
    "\\\n",
    "\\\r\n",
    "#",
    "\n",
    "\"",
    "'",
    "`",
    "$(",
    "${",
    "<<EOF\n",
    "&& ",
    "|| ",
    "; ",
    " \\\n# c\n\n",
    "é",
    "\u{1f40b}",
    "\0",
    "[",
    "\t",
    "\u{feff}",
    "# escape=`\n",
    "--no-cache-dir ",
    "cd /x && ",
];

/// What takes the place of a path.
const PATHS: &[&str] = &[
    ".",
    "./",
    "/",
    "/app",
    "/app/",
    "/etc/x",
    "/root",
    "/opt/venv",
    "/tmp/x/",
    "/usr/local",
    "../x",
    "src",
    "src/",
    "requirements.txt",
    "package*.json",
    "$HOME/x",
];

/// Xorshift: the same numbers every time.
pub struct Random(u64);

impl Random {
    /// The sequence of this number.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds are to have nothing in common.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound.max(1)
    }

    /// One of these.
    pub fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        all.get(self.below(all.len())).copied()
    }
}

/// Damages a text in up to four places; lines of `other` may get into it.
pub fn damage(text: &mut String, other: &str, random: &mut Random) {
    for _ in 0..=random.below(4) {
        match random.below(3) {
            0 => bytes(text, other, random),
            1 => lines(text, other, random),
            _ => words(text, random),
        }
    }
}

/// Damage that knows nothing of the text.
fn bytes(text: &mut String, other: &str, random: &mut Random) {
    let at = floor(text, random.below(text.len() + 1));
    let end = floor(text, (at + random.below(40)).min(text.len()));
    match random.below(7) {
        0 => text.truncate(at),
        1 => text.replace_range(at..end, ""),
        2 => {
            let part = text[at..end].to_owned();
            text.insert_str(at, &part);
        }
        3 => text.insert_str(at, random.of(ODD).unwrap()),
        4 => *text = text.replace('\n', "\r\n"),
        5 => {
            let line = random.of(&other.split_inclusive('\n').collect::<Vec<_>>());
            text.insert_str(at, line.unwrap_or_default());
        }
        _ => *text = text.trim_end().to_owned(),
    }
}

/// Instructions, or lines of them, that are lost, doubled, swapped, moved or come from another file; stages that
/// become one.
fn lines(text: &mut String, other: &str, random: &mut Random) {
    let whole = random.below(2) == 0;
    let mut lines = if whole { instructions(text) } else { plain(text) };
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    if lines.is_empty() {
        return;
    }
    match random.below(6) {
        0 => _ = lines.remove(a),
        1 => lines.insert(b, lines[a].clone()),
        2 => lines.swap(a, b),
        3 => {
            let line = lines.remove(a);
            lines.insert(b.min(lines.len()), line);
        }
        4 => {
            let all = if whole { instructions(other) } else { plain(other) };
            if !all.is_empty() {
                lines.insert(a, all[random.below(all.len())].clone());
            }
        }
        _ => {
            let is_from = |it: &String| it.to_ascii_uppercase().starts_with("FROM ");
            let stages: Vec<usize> =
                (0..lines.len()).filter(|it| is_from(&lines[*it])).skip(1).collect();
            if !stages.is_empty() {
                lines.remove(stages[random.below(stages.len())]);
            }
        }
    }
    *text = lines.concat();
}

/// A word that is lost, doubled, taken from elsewhere or, if it is a path, another path.
fn words(text: &mut String, random: &mut Random) {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let is_path = |it: &&str| it.contains('/') || (it.contains('.') && !it.contains('='));
    let paths: Vec<&str> = words.iter().copied().filter(is_path).collect();
    let kind = random.below(4);
    let Some(word) = random.of(if kind == 0 { &paths } else { &words }) else { return };
    // Slices of the text itself, so their addresses say where they are.
    let start = word.as_ptr() as usize - text.as_ptr() as usize;
    let span = start..start + word.len();
    let new = match kind {
        0 if random.below(2) == 0 => random.of(&paths).unwrap_or_default().to_owned(),
        0 => random.of(PATHS).unwrap().to_owned(),
        1 => String::new(),
        2 => format!("{word} {word}"),
        _ => random.of(&words).unwrap_or_default().to_owned(),
    };
    text.replace_range(span, &new);
}

fn plain(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// The lines of a text, those that a backslash continues together.
fn instructions(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.split_inclusive('\n') {
        match all.last_mut().filter(|_| open) {
            Some(last) => last.push_str(line),
            None => all.push(line.to_owned()),
        }
        open = line.trim_end().ends_with('\\');
    }
    all
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
