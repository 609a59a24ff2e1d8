//! What BuildKit refuses once it has read the words of an instruction: their number, flags and values.
//!
//! After `frontend/dockerfile/instructions` of BuildKit 0.34. An instruction that ONBUILD holds back is only read
//! so when an image is built from this one, and what needs the value of a variable only in the build.

use std::time::Duration;

use super::{Instruction, Keyword, word};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// `true`, `false` or nothing.
    Bool,
    /// One value.
    Value,
    /// A value, and the flag may come again.
    Values,
}

/// Whether something follows the array of an instruction in JSON form.
///
/// BuildKit before 0.15 ignores it; since then the whole line is in shell form (`parseJSON` in
/// `frontend/dockerfile/parser/line_parsers.go`).
pub(super) fn has_text_after_array(instruction: &Instruction) -> bool {
    let Some(words) = instruction.json() else { return false };
    let text = &instruction.logical.text;
    let start = words.last().map_or(instruction.arguments.start, |it| it.range.end);
    text[start..].split_once(']').is_some_and(|it| !it.1.trim().is_empty())
}

/// What BuildKit has against an instruction, if anything. `in_stage` is false above the first FROM.
pub(super) fn refusal(instruction: &Instruction, in_stage: bool) -> Option<String> {
    let keyword = instruction.keyword;
    if keyword == Keyword::Unknown {
        let text = instruction.logical.text.trim_start();
        return Some(format!("unknown instruction: {}", word::first_field(text)));
    }
    of_arguments(instruction)
        .or_else(|| of_flags(instruction))
        .or_else(|| of_values(instruction))
        .or_else(|| {
            (!in_stage && keyword != Keyword::Arg)
                .then(|| "no build stage in current context".to_owned())
        })
}

/// The number and the form of its arguments.
fn of_arguments(instruction: &Instruction) -> Option<String> {
    use Keyword::{
        Add, Arg, Cmd, Copy, Entrypoint, Env, Expose, From, Healthcheck, Label, Maintainer,
        Onbuild, Run, Shell, Stopsignal, Unknown, User, Volume, Workdir,
    };
    let name = instruction.keyword.as_str();
    // Most instructions are RUNs, whose words do not matter.
    let words = || instruction.texts();
    match instruction.keyword {
        Add | Copy => match words().as_slice() {
            [] | [_] => Some(format!(
                "{name} requires at least two arguments, but only one was provided: destination could not be determined"
            )),
            [.., last] if word::is_heredoc(last) => {
                Some(format!("{name} cannot accept a heredoc as a destination"))
            }
            _ => None,
        },
        From => of_stage(&words()),
        Maintainer | Stopsignal | User | Workdir => {
            (!instruction.has_words()).then(|| format!("{name} requires exactly one argument"))
        }
        Arg | Env | Label if instruction.pairs().iter().any(|it| it.name.is_empty()) => {
            Some(format!("{name} names can not be blank"))
        }
        Shell if instruction.json().is_none() && instruction.has_words() => {
            Some("SHELL requires the arguments to be in JSON form".to_owned())
        }
        Volume if words().iter().any(|it| it.trim().is_empty()) => {
            Some("VOLUME specified can not be an empty string".to_owned())
        }
        // `HEALTHCHECK CMD []` has an argument.
        Healthcheck if !instruction.text().is_empty() => None,
        Arg | Env | Expose | Healthcheck | Label | Onbuild | Shell | Volume => {
            (!instruction.has_words()).then(|| format!("{name} requires at least one argument"))
        }
        Cmd | Entrypoint | Run | Unknown => None,
    }
}

/// The arguments of FROM.
fn of_stage(words: &[&str]) -> Option<String> {
    match words {
        [_] => None,
        [_, keyword, name] if keyword.eq_ignore_ascii_case("as") => {
            let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
            let is_valid =
                name.starts_with(|it: char| it.is_ascii_alphabetic()) && name.chars().all(is_part);
            (!is_valid).then(|| {
                format!(
                    "invalid name for build stage: \"{name}\": it must not start with a number or contain symbols"
                )
            })
        }
        _ => Some("FROM requires either one or three arguments".to_owned()),
    }
}

/// The flags that an instruction takes; `None` if BuildKit does not look at them.
fn flags_of(instruction: &Instruction) -> Option<&'static [(&'static str, Takes)]> {
    use Takes::{Bool, Value, Values};
    Some(match instruction.keyword {
        Keyword::Add => &[
            ("chown", Value),
            ("chmod", Value),
            ("link", Bool),
            ("keep-git-dir", Bool),
            ("checksum", Value),
            ("unpack", Bool),
            ("exclude", Values),
        ],
        Keyword::Copy => &[
            ("chown", Value),
            ("from", Value),
            ("chmod", Value),
            ("link", Bool),
            ("exclude", Values),
            ("parents", Bool),
        ],
        Keyword::From => &[("platform", Value)],
        Keyword::Run => {
            &[("mount", Values), ("network", Value), ("security", Value), ("device", Values)]
        }
        Keyword::Healthcheck if is_none(instruction) => return None,
        Keyword::Healthcheck => &[
            ("interval", Value),
            ("timeout", Value),
            ("start-period", Value),
            ("start-interval", Value),
            ("retries", Value),
        ],
        Keyword::Arg | Keyword::Stopsignal => return None,
        _ => &[],
    })
}

fn of_flags(instruction: &Instruction) -> Option<String> {
    let known = flags_of(instruction)?;
    let mut seen: Vec<&str> = Vec::new();
    for flag in instruction.flags.iter().take_while(|it| it.text != "--") {
        let (name, value) = match flag.text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag.text.as_str(), None),
        };
        let found = name.strip_prefix("--").and_then(|it| known.iter().find(|known| known.0 == it));
        let Some((_, takes)) = found else { return Some(format!("unknown flag: {name}")) };
        if *takes != Takes::Values && seen.contains(&name) {
            return Some(format!("duplicate flag specified: {name}"));
        }
        seen.push(name);
        match (takes, value) {
            (Takes::Bool, Some("")) | (Takes::Value | Takes::Values, None) => {
                return Some(format!("missing a value on flag: {name}"));
            }
            (Takes::Bool, Some(value))
                if !["true", "false"].contains(&value.to_lowercase().as_str()) =>
            {
                return Some(format!("expecting boolean value for flag {name}, not: {value}"));
            }
            _ => {}
        }
    }
    None
}

/// The values of its flags, and what HEALTHCHECK does.
fn of_values(instruction: &Instruction) -> Option<String> {
    match instruction.keyword {
        Keyword::Healthcheck => of_healthcheck(instruction),
        Keyword::Onbuild => {
            let name = word::first_field(instruction.text());
            match Keyword::read(name) {
                Keyword::Onbuild => {
                    Some("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned())
                }
                Keyword::From | Keyword::Maintainer => {
                    Some(format!("{name} isn't allowed as an ONBUILD trigger"))
                }
                _ => None,
            }
        }
        Keyword::Run => instruction.flags.iter().find_map(|flag| {
            let value = flag.value.as_deref()?;
            match flag.name.as_str() {
                "mount" => of_mount(value),
                "network" => (!["default", "none", "host"].contains(&value))
                    .then(|| format!("invalid network mode \"{value}\"")),
                "security" => (!["insecure", "sandbox"].contains(&value))
                    .then(|| format!("security \"{value}\" is not valid")),
                _ => None,
            }
        }),
        _ => None,
    }
}

/// Which stage a mount shows cannot depend on a variable. The other fields are read in the build.
fn of_mount(value: &str) -> Option<String> {
    if value.is_empty() {
        return Some("failed to parse csv mounts: EOF".to_owned());
    }
    let from = value.split(',').filter_map(|it| it.split_once('=')).find(|it| {
        it.0.eq_ignore_ascii_case("from") && it.1.find('$').is_some_and(|at| at + 1 < it.1.len())
    });
    from.map(|_| "'from' doesn't support variable expansion, define alias stage instead".to_owned())
}

fn is_none(instruction: &Instruction) -> bool {
    word::first_field(instruction.text()).eq_ignore_ascii_case("none")
}

fn of_healthcheck(instruction: &Instruction) -> Option<String> {
    let values = instruction.values();
    let (kind, rest) = values.split_first()?;
    if is_none(instruction) {
        return (!rest.is_empty()).then(|| "HEALTHCHECK NONE takes no arguments".to_owned());
    }
    if !kind.eq_ignore_ascii_case("cmd") {
        return Some(format!("unknown type \"{kind}\" in HEALTHCHECK (try CMD)"));
    }
    if rest.is_empty() {
        return Some("missing command after HEALTHCHECK CMD".to_owned());
    }
    let flags = instruction.flags.iter().take_while(|it| it.text != "--");
    flags.filter(|it| it.value.as_deref() != Some("")).find_map(|flag| {
        let (name, value) = (&flag.name, flag.value.as_deref()?);
        if name == "retries" {
            let is_count = value.parse::<i32>().is_ok_and(|it| it >= 0);
            return (!is_count)
                .then(|| format!("--retries must be a number that is not negative: {value}"));
        }
        match duration(value) {
            None => Some(format!("invalid duration \"{value}\"")),
            Some(Duration::ZERO) => None,
            Some(it) if it < Duration::from_millis(1) => {
                Some(format!("interval {name} cannot be less than 1ms"))
            }
            Some(_) => None,
        }
    })
}

/// A duration as Go's `time.ParseDuration` reads it: `1h30m`, `2.5s`, `0`. One below zero is refused as well, as
/// every use of it here does.
fn duration(text: &str) -> Option<Duration> {
    const UNITS: &[(&str, f64)] = &[
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("μs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
    ];
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() || rest.len() == text.len() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(rest.len());
        seconds += number * UNITS.iter().find(|it| it.0 == &rest[..end])?.1;
        rest = &rest[end..];
    }
    let is_negative = text.starts_with('-') && seconds > 0.0;
    (!is_negative).then(|| Duration::try_from_secs_f64(seconds).ok())?
}

#[cfg(test)]
mod tests {
    use super::super::{Dockerfile, Reader};

    /// What is refused at the last line of a file.
    fn refused(line: &str) -> Option<String> {
        let file = Dockerfile::parse(format!("FROM a\n{line}\n"));
        let errors = file.errors.iter().filter(|it| it.refused_by != Reader::Parser);
        errors.map(|it| format!("{}: {}", it.line, it.message)).next()
    }

    #[test]
    fn what_buildkit_refuses_is_refused() {
        for line in [
            "FROM",
            "FROM a b",
            "FROM a AS 1a",
            "FROM a AS a+b",
            "FROM --platfrom=x a",
            "FROM --platform a",
            "COPY a",
            "COPY a <<E\nE",
            "COPY --from a b",
            "COPY --link=maybe a b",
            "COPY --link --link a b",
            "ADD --parents a b",
            "RUN --user=a true",
            "RUN --mount= true",
            "RUN --mount=type=bind,from=$A,target=/a true",
            "RUN --network=lan true",
            "RUN --security=none true",
            "CMD --a b",
            "ENV",
            "ENV =a",
            "LABEL",
            "ARG",
            "ARG =a",
            "EXPOSE",
            "USER",
            "WORKDIR",
            "STOPSIGNAL",
            "MAINTAINER",
            "VOLUME",
            "VOLUME []",
            "VOLUME [\"\"]",
            "SHELL",
            "SHELL []",
            "SHELL bash -c",
            "HEALTHCHECK",
            "HEALTHCHECK NONE a",
            "HEALTHCHECK CMD",
            "HEALTHCHECK CMD []",
            "HEALTHCHECK curl a",
            "HEALTHCHECK --interval=5 CMD a",
            "HEALTHCHECK --interval=1us CMD a",
            "HEALTHCHECK --interval=-1s CMD a",
            "HEALTHCHECK --retries=-1 CMD a",
            "HEALTHCHECK --user=a CMD a",
            "ONBUILD",
            "ONBUILD ONBUILD RUN a",
            "ONBUILD FROM a",
            "ONBUILD MAINTAINER a",
            "RAN a",
            "CMD [\"a\"] # starts it",
        ] {
            assert!(
                refused(line).is_some_and(|it| it.starts_with("2: ")),
                "{line}: {:?}",
                refused(line)
            );
        }
        for line in [
            "FROM --platform=$A a as B-1._",
            "COPY --from=a --link --exclude=a --exclude=b a b",
            "COPY <<E a\nE",
            "ADD --unpack=True a b",
            "RUN",
            "RUN --mount=type=cache,target=/a --mount=from=a$ --network=none a",
            "RUN [ \"$A\" = b ] && a",
            "CMD",
            "CMD []",
            "ENTRYPOINT [\"a]\"]",
            "ENV a",
            "ARG --a=b c",
            "STOPSIGNAL --a b",
            "HEALTHCHECK --a NONE",
            "HEALTHCHECK --interval=1h1.5m --timeout=.5s --start-period=0 --retries=+3 CMD a",
            "HEALTHCHECK --interval= --retries= CMD [\"a\"]",
            "ONBUILD RAN a",
            "ONBUILD COPY a",
        ] {
            assert_eq!(refused(line), None, "{line}");
        }
    }

    #[test]
    fn above_the_first_stage_is_only_arg() {
        let errors = |text: &str| {
            Dockerfile::parse(text).errors.iter().map(|it| it.line).collect::<Vec<_>>()
        };
        assert_eq!(errors("ARG A\nCOPY a b\nRUN c\nFROM a\nRUN c\n"), [2, 3]);
    }
}
