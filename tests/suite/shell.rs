//! The shell reader and its edits over the RUNs of thousands of real files.

use crate::support;
use std::collections::BTreeMap;

use refit::{
    dockerfile::{Dockerfile, Instruction, Kind},
    shell::{Command, Joined, NotShell, Redirect, Script},
    text::{self, Edit},
};

/// An instruction in a file of its own: the escape directive, the instruction and the one after it.
fn chunks(archive: &std::path::Path) -> Vec<(String, String)> {
    let mut chunks = BTreeMap::new();
    for (path, bytes) in support::files(archive) {
        let Ok(source) = String::from_utf8(bytes) else { continue };
        let dockerfile = Dockerfile::parse(source.as_str());
        let directive = if dockerfile.escape == '`' { "# escape=`\n" } else { "" };
        for (at, item) in dockerfile.items.iter().enumerate() {
            let Kind::Instruction(it) = &item.kind else { continue };
            if it.keyword != refit::dockerfile::Keyword::Run {
                continue;
            }
            let is_instruction =
                |it: &&refit::dockerfile::Item| matches!(it.kind, Kind::Instruction(_));
            let next = dockerfile.items[at + 1..].iter().find(is_instruction);
            let end = next.map_or(source.len(), |it| it.span.end);
            let line = item.lines.0;
            let chunk = format!("{directive}{}", &source[item.span.start..end]);
            // Many files share their RUNs.
            chunks.entry(chunk).or_insert_with(|| format!("{path}:{line}"));
        }
    }
    chunks.into_iter().map(|(chunk, place)| (place, chunk)).collect()
}

fn first(dockerfile: &Dockerfile) -> &Instruction {
    dockerfile.instructions().next().unwrap().1
}

/// What a command is, without its place in the file.
fn shape(command: &Command) -> String {
    let place = format!("{:?} {}/{} ", command.scope, command.position, command.stages);
    let assigned = command.assignments.iter().map(|it| format!("{}={} ", it.name, it.value.raw));
    let words = command.words.iter().map(|it| format!("{} ", it.raw));
    let redirect = |it: &Redirect| format!("{:?}{}{} ", it.descriptor, it.operator, it.target.raw);
    let redirects = command.redirects.iter().map(redirect);
    std::iter::once(place).chain(assigned).chain(words).chain(redirects).collect()
}

fn shapes(script: &Script) -> Vec<(String, Joined)> {
    script.commands().iter().map(|it| (shape(it), it.joined)).collect()
}

fn comments(source: &str) -> Vec<&str> {
    source.lines().map(str::trim).filter(|it| it.starts_with('#')).collect()
}

/// Applies the edits and reads the first instruction's script again.
fn edited(
    dockerfile: &Dockerfile,
    edits: &[Edit],
) -> Result<(String, Vec<(String, Joined)>), String> {
    for (i, a) in edits.iter().enumerate() {
        if let Some(b) = edits[i + 1..].iter().find(|it| a.conflicts(it)) {
            return Err(format!("{a:?} conflicts with {b:?}"));
        }
    }
    let after = text::apply(&dockerfile.source, edits);
    let parsed = Dockerfile::parse(after.as_str());
    let count = |it: &Dockerfile| it.instructions().count();
    if count(&parsed) != count(dockerfile) {
        return Err(format!("other instructions:\n{after}"));
    }
    if comments(&after) != comments(&dockerfile.source) {
        return Err(format!("other comments:\n{after}"));
    }
    let last =
        |it: &Dockerfile| it.instructions().nth(1).map(|it| (it.1.keyword, it.1.text().to_owned()));
    if last(&parsed) != last(dockerfile) {
        return Err(format!("the next instruction differs:\n{after}"));
    }
    let script = Script::of(&parsed, first(&parsed)).map_err(|it| format!("{it:?}:\n{after}"))?;
    Ok((after, shapes(&script)))
}

/// A file's text as the builder joins it: continuations, comments and blank lines taken out.
fn joined(text: &str, escape: char) -> String {
    let mut out = String::new();
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim();
        if i > 0 && (bare.is_empty() || bare.starts_with('#')) {
            continue;
        }
        let line = line.trim_end_matches(['\n', '\r']);
        match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
            Some(kept) if i + 1 < text.split_inclusive('\n').count() => out += kept,
            _ => out += line,
        }
    }
    out
}

#[test]
fn every_word_of_every_real_run_is_where_it_says() {
    let Some(archive) = support::corpus("dockerfiles.tar.xz") else { return };
    let (mut scripts, mut words, mut refused) = (0_u32, 0, BTreeMap::<String, Vec<String>>::new());
    let (mut wrong, mut time) = (Vec::new(), std::time::Duration::ZERO);
    for (place, chunk) in chunks(&archive) {
        let dockerfile = Dockerfile::parse(chunk.as_str());
        let start = std::time::Instant::now();
        let script = Script::of(&dockerfile, first(&dockerfile));
        time += start.elapsed();
        let script = match script {
            Ok(it) => it,
            Err(reason) => {
                refused.entry(format!("{reason:?}")).or_default().push(place);
                continue;
            }
        };
        scripts += 1;
        for command in script.commands() {
            let targets = command.redirects.iter().map(|it| &it.target);
            let values = command.assignments.iter().map(|it| &it.value);
            for word in command.words.iter().chain(targets).chain(values) {
                words += 1;
                let source = &dockerfile.source[word.span.clone()];
                let whole = source.len() >= word.raw.len();
                let text = if script.is_heredoc() {
                    source.to_owned()
                } else {
                    joined(source, dockerfile.escape)
                };
                // The part of an assignment behind `=` has the span of the whole when lines break it.
                if !whole || !(text == word.raw || text.ends_with(&format!("={}", word.raw))) {
                    wrong.push(format!("{place}: {:?} is not {:?}", word.raw, source));
                }
            }
        }
    }
    let unparsable = refused.get("Unparsable").map_or(0, Vec::len);
    println!("{scripts} scripts, {words} words, {:?} a script", time / scripts);
    for (reason, places) in &refused {
        println!("{reason}: {}", places.len());
        if std::env::var_os("REFIT_SHOW").is_some() {
            println!("  {}", places.join("\n  "));
        }
    }
    assert!(wrong.is_empty(), "{} words:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unparsable * 100 <= scripts as usize, "{unparsable} of {scripts} do not parse");
    assert_eq!(refused.get(&format!("{:?}", NotShell::NotRun)), None);
}

#[test]
fn edits_of_real_runs_change_what_they_say_and_nothing_else() {
    let Some(archive) = support::corpus("dockerfiles.tar.xz") else { return };
    let (mut removed, mut kept, mut words) = (0, 0, 0);
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    // All of them take minutes; a part sees most layouts.
    let all = std::env::var_os("REFIT_ALL").is_some();
    for (place, chunk) in chunks(&archive).into_iter().step_by(if all { 1 } else { 23 }) {
        let dockerfile = Dockerfile::parse(chunk.as_str());
        let Ok(script) = Script::of(&dockerfile, first(&dockerfile)) else { continue };
        let before = shapes(&script);
        let mut check = |what: &str, edits: &[Edit], expected: &[(String, Joined)]| {
            let result = edited(&dockerfile, edits);
            let actual = result.as_ref().map(|it| it.1.as_slice());
            if actual != Ok(expected) {
                wrong.push(format!("{place}: {what}: {result:?}\nfrom\n{chunk}"));
            }
        };
        let commands = script.commands();
        for (i, command) in commands.iter().enumerate() {
            let with = |change: &dyn Fn(&mut Command)| {
                let mut changed = command.clone();
                change(&mut changed);
                let mut all = before.clone();
                all[i].0 = shape(&changed);
                all
            };
            if command.words.is_empty() {
                continue;
            }
            words += 1;
            let mark = command.words[0].clone();
            let mark = |raw: &str| {
                let mut word = mark.clone();
                raw.clone_into(&mut word.raw);
                word
            };
            let append = script.append_words(command, &["--added", "now"]);
            let expected = with(&|it| it.words.extend([mark("--added"), mark("now")]));
            check("append", append.as_slice(), &expected);
            let last = command.words.len() - 1;
            let expected = with(&|it| it.words[last] = mark("other"));
            let edits = script.replace_word(command, last, "other");
            check("replace", &edits.unwrap_or_default(), &expected);
            for at in 1..=last {
                let expected = with(&|it| _ = it.words.remove(at));
                // `[ "x" ]` alone would be exec form.
                let Some(edits) = script.remove_word(command, at) else {
                    refused.push(format!("{place}: {at} of {}", shape(command)));
                    continue;
                };
                check("remove a word", &edits, &expected);
            }
            if last > 2 {
                let expected = with(&|it| _ = it.words.drain(1..3));
                match script.remove_words(command, &[1, 2]) {
                    Some(edits) => check("remove two words", &edits, &expected),
                    None => refused.push(format!("{place}: two of {}", shape(command))),
                }
            }
            if command.position > 0 || !command.is_top_level() {
                continue;
            }
            let Some(edits) = script.remove_pipeline(command) else {
                kept += 1;
                continue;
            };
            removed += 1;
            let inside = |it: &Command| {
                command.pipeline.start <= it.span.start && it.span.end <= command.pipeline.end
            };
            let rest: Vec<&Command> = commands.iter().filter(|it| !inside(it)).collect();
            let mut expected: Vec<_> = rest.iter().map(|it| (shape(it), it.joined)).collect();
            // What follows is joined as the removed one was, unless that was by `&&`.
            let behind = |it: &&&Command| command.pipeline.end <= it.span.start;
            let next = rest.iter().find(behind).filter(|it| it.is_top_level());
            if let Some(next) = next.filter(|_| command.joined != Joined::And) {
                for (it, expected) in rest.iter().zip(&mut expected) {
                    if it.pipeline == next.pipeline {
                        expected.1 = command.joined;
                    }
                }
            }
            check("remove a pipeline", &edits, &expected);
        }
    }
    println!("{words} commands edited; {removed} pipelines removed, {kept} not removable");
    println!("{} words not removable", refused.len());
    if std::env::var_os("REFIT_SHOW").is_some() {
        println!("  {}", refused.join("\n  "));
    }
    wrong.iter().take(12).for_each(|it| println!("{it}\n-----"));
    assert!(wrong.is_empty(), "{} edits are wrong", wrong.len());
}
