use super::*;
use crate::text::{Edit, apply};

fn script(source: &str) -> Result<Arc<Script>, NotShell> {
    let dockerfile = Dockerfile::parse(source);
    let (_, instruction) = dockerfile.instructions().next().unwrap();
    Script::of(&dockerfile, instruction.trigger.as_deref().unwrap_or(instruction))
}

fn read(source: &str) -> Arc<Script> {
    script(source).unwrap_or_else(|it| panic!("{it:?}: {source}"))
}

fn command<'a>(script: &'a Script, text: &str) -> &'a Command {
    let starts = |it: &&Command| words(it).join(" ").starts_with(text);
    script.commands().iter().find(starts).unwrap_or_else(|| panic!("no {text}"))
}

fn words(command: &Command) -> Vec<&str> {
    command.words.iter().map(|it| it.raw.as_str()).collect()
}

fn all(script: &Script) -> Vec<String> {
    script.commands().iter().map(|it| words(it).join(" ")).collect()
}

fn edited(source: &str, edits: Option<Vec<Edit>>) -> String {
    apply(source, &edits.expect("an edit"))
}

fn without_pipeline(source: &str, text: &str) -> Option<String> {
    let script = read(source);
    let edits = script.remove_pipeline(command(&script, text))?;
    Some(apply(source, &edits))
}

fn without_word(source: &str, word: &str) -> String {
    let script = read(source);
    let found = script
        .commands()
        .iter()
        .find_map(|it| Some((it, it.words.iter().position(|it| it.raw == word)?)));
    let (command, index) = found.unwrap();
    edited(source, script.remove_word(command, index))
}

#[test]
fn commands_come_in_order_with_their_place() {
    let source =
        "RUN A=1 apt-get update >/dev/null 2>&1 \\\n # why\n\n && ! cat é😀 | tee log; true &\n";
    let script = read(source);
    assert_eq!(all(&script), ["apt-get update", "cat é😀", "tee log", "true"]);
    let [update, cat, tee, background] = script.commands() else { panic!() };
    assert_eq!(update.assignments[0].name, "A");
    assert_eq!(&source[update.assignments[0].value.span.clone()], "1");
    let redirects: Vec<_> = update.redirects.iter().map(|it| &source[it.span.clone()]).collect();
    assert_eq!(redirects, [">/dev/null", "2>&1"]);
    assert_eq!(&source[update.span.clone()], "A=1 apt-get update >/dev/null 2>&1");
    assert_eq!(&source[cat.words[1].span.clone()], "é😀");
    assert_eq!(&source[cat.pipeline.clone()], "! cat é😀 | tee log");
    assert_eq!((cat.position, cat.stages, tee.position), (0, 2, 1));
    assert!(cat.negated && tee.negated && !update.negated);
    assert_eq!([cat.joined, background.joined], [Joined::And, Joined::Sequence]);
    assert!(background.background && !tee.background);
}

#[test]
fn words_span_continuations_and_comments() {
    let source = "RUN pip install fl\\\n# note\nask \\\r\n  && true";
    let script = read(source);
    let word = &command(&script, "pip").words[2];
    assert_eq!(word.value.as_deref(), Some("flask"));
    assert_eq!(&source[word.span.clone()], "fl\\\n# note\nask");
    assert_eq!(
        edited(source, script.replace_word(command(&script, "pip"), 2, "django")),
        "RUN pip install django\\\n# note\n  && true"
    );
}

#[test]
fn compound_commands_give_their_commands_a_scope() {
    use Scope::*;
    let source = "RUN if a; then b; elif c; then d; else e; fi; for x in 1 2; do f; done; \
        while g; do h; done; case $x in p|q) i;; (*) j; esac; ( k; { l; } ); fn() { m; }; [[ -n x ]] && n";
    let script = read(source);
    let scopes: Vec<_> = script.commands().iter().map(|it| it.scope.as_slice()).collect();
    let expected: [&[Scope]; 14] = [
        &[IfCondition],
        &[IfBranch],
        &[IfCondition],
        &[IfBranch],
        &[IfBranch],
        &[For],
        &[WhileCondition],
        &[While],
        &[Case],
        &[Case],
        &[Subshell],
        &[Subshell, Group],
        &[Function, Group],
        &[],
    ];
    assert_eq!(scopes, expected);
    assert!(script.assigns("x") && !script.assigns("y"));
}

#[test]
fn what_is_not_shell_is_refused() {
    for (source, expected) in [
        ("RUN [\"a\", \"b\"]", NotShell::Exec),
        ("RUN", NotShell::Empty),
        ("RUN # nothing", NotShell::Empty),
        ("COPY a b", NotShell::NotRun),
        ("RUN echo 'open", NotShell::Unparsable),
        ("RUN {% if x %} a {% endif %}", NotShell::Unparsable),
        ("RUN pip install a=={{ version }}", NotShell::Unparsable),
        ("RUN $a = (b).c; ` d", NotShell::Unparsable),
        ("RUN if a; then", NotShell::Unparsable),
        ("RUN cat <<EOF >x && b\ntext\nEOF\n", NotShell::Heredoc),
        ("RUN <<EOF python3\nprint()\nEOF\n", NotShell::Heredoc),
        ("RUN <<EOF\n#!/usr/bin/env python3\nprint()\nEOF\n", NotShell::Interpreter),
        ("RUN <<EOF\ncat <<X\na\nX\nEOF\n", NotShell::Heredoc),
        ("RUN a 99999999999999999999>b", NotShell::Unparsable),
    ] {
        assert_eq!(script(source).err(), Some(expected), "{source}");
    }
    let deep = format!("RUN {}a{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(script(&deep).err(), Some(NotShell::Unparsable));
}

#[test]
fn heredoc_bodies_are_scripts() {
    let source = "RUN --mount=type=cache,target=/x <<-'EOF'\n\tset -e\n\t# why\n\tpip install \\\n\t  a b\n\trm x; rm y\nEOF\nUSER a\n";
    let script = read(source);
    assert!(script.is_heredoc());
    assert_eq!(all(&script), ["set -e", "pip install a b", "rm x", "rm y"]);
    assert!(script.commands().iter().all(Command::runs_always));
    let pip = command(&script, "pip");
    assert_eq!(&source[pip.words[3].span.clone()], "b");
    let after = |edits| edited(source, edits);
    assert_eq!(
        after(script.remove_pipeline(pip)),
        source.replace("\tpip install \\\n\t  a b\n", "")
    );
    assert_eq!(after(script.remove_word(pip, 2)), source.replace("a b", "b"));
    assert_eq!(after(script.remove_words(pip, &[2, 3])), source.replace(" \\\n\t  a b", ""));
    let rm = command(&script, "rm y");
    assert_eq!(after(script.remove_pipeline(rm)), source.replace("; rm y", ""));
    assert!(Script::mentions(
        &Dockerfile::parse(source),
        Dockerfile::parse(source).instructions().next().unwrap().1,
        &["pip"]
    ));
}

#[test]
fn success_vouches_for_what_had_to_succeed() {
    for (source, expected) in [
        ("a && b && c", "a b c"),
        ("a; b", "b"),
        ("set -e; a; b", "set a b"),
        ("set -eux && a; b && c; d", "set a d"),
        ("set -e; a; set +e; b; c", "set a set c"),
        ("set -o errexit; a; b", "set a b"),
        ("a || b && c", "c"),
        ("a && b || true", ""),
        ("a | b", "b"),
        ("set -o pipefail && a | b", "set a b"),
        ("! a && b", "b"),
        ("a && b &", ""),
        ("if a; then b; fi && c", "c"),
        ("a && exit 0 && b", "a"),
        ("[ -n \"$X\" ] || exit 1 && a", "a"),
        ("a || exit 0; b", ""),
        ("a && exec b", "a exec"),
        ("a && b &> log && c", "a c"),
        ("set -e; (exit 0); a; b", "set a b"),
    ] {
        let script = read(&format!("RUN {source}"));
        let sure = script.commands().iter().filter(|it| it.runs_always());
        let sure: Vec<_> = sure.map(|it| it.words[0].raw.as_str()).collect();
        assert_eq!(sure.join(" "), expected, "{source}");
    }
}

#[test]
fn directories_follow_cd_where_it_is_certain() {
    for (source, expected) in [
        ("here", Some("")),
        ("cd a && here", Some("a")),
        ("cd a && cd $B && here", Some("a $B")),
        ("cd a && cd /b && here", Some("/b")),
        ("cd a; here", Some("a")),
        ("x && cd a && here", Some("a")),
        ("x && cd a; here", None),
        ("(cd a && x) && here", Some("")),
        ("(cd a && here)", Some("a")),
        ("{ cd a; } && here", Some("a")),
        ("cd a || x; here", None),
        ("cd a || exit 1; here", Some("a")),
        ("cd a || here", None),
        ("cd - && here", None),
        ("cd && here", None),
        ("cd $(x) && here", None),
        ("cd *.d && here", None),
        ("cd *.d && cd /a && here", Some("/a")),
        ("pushd a && here", None),
        ("if x; then cd a; fi; here", None),
        ("if cd a; then here; fi", Some("a")),
        ("if cd a; then x; else here; fi", None),
        ("if x; then y; fi; here", Some("")),
        ("for i in a b; do here; cd $i; done", None),
        ("for i in a b; do (cd $i); done; here", Some("")),
        ("cd a | x; here", Some("")),
        ("cd a & here", Some("")),
        ("case $x in a) cd a;; esac; here", None),
    ] {
        let script = read(&format!("RUN {source}"));
        let actual = match &command(&script, "here").directory {
            Directory::Into(words) => {
                Some(words.iter().map(|it| it.raw.as_str()).collect::<Vec<_>>().join(" "))
            }
            Directory::Unknown => None,
        };
        assert_eq!(actual.as_deref(), expected, "{source}");
    }
}

#[test]
fn commands_are_known_by_name_and_flags() {
    let script = read(
        "RUN sudo -u app -E env A=1 /usr/bin/pip3.11 --quiet install -qU --cache-dir /c -rreq.txt -r b.txt \
         --index-url=$URL 'a' -- -x && python3 -u -m pip install x && command -v pip",
    );
    let pip = &script.commands()[0];
    assert_eq!(pip.program(), Some("pip3.11"));
    assert!(pip.has_flag("--cache-dir") && pip.has_flag("-U") && pip.has_flag("--index-url"));
    assert!(!pip.has_flag("--no-cache-dir") && !pip.has_flag("-x"));
    assert_eq!(pip.flag_value("--cache-dir").and_then(|it| it.value).as_deref(), Some("/c"));
    let raw: Vec<_> = pip.flag_values("-r").into_iter().map(|it| it.raw).collect();
    assert_eq!(raw, ["req.txt", "b.txt"]);
    let url = pip.flag_value("--index-url").unwrap();
    assert_eq!(url.resolve(&|_| Some("u".to_owned())).as_deref(), Some("u"));
    let plain: Vec<_> =
        pip.positional(&["-r", "--cache-dir"]).iter().map(|it| it.1.raw.as_str()).collect();
    assert_eq!(plain, ["install", "'a'", "-x"]);
    let module = &script.commands()[1];
    assert_eq!((module.program(), module.program_index()), (Some("pip"), Some(3)));
    assert_eq!(script.commands()[2].program(), Some("command"));
    let nested = read("RUN bash -lc 'pip install a' && sh x.sh");
    assert_eq!(
        nested.commands()[0].nested_script().map(|it| it.raw.as_str()),
        Some("'pip install a'")
    );
    assert!(nested.commands()[1].nested_script().is_none());
}

#[test]
fn words_go_with_the_line_they_stand_alone_on() {
    for (source, word, expected) in [
        ("RUN a b c\n", "b", "RUN a c\n"),
        ("RUN a b", "b", "RUN a"),
        ("RUN a \\\n  b \\\n  c\n", "b", "RUN a \\\n  c\n"),
        ("RUN a \\\n  b \\\n  c\n", "c", "RUN a \\\n  b\n"),
        ("RUN a \\\n  b \\\n  c", "c", "RUN a \\\n  b"),
        ("RUN a \\\n  # b\n  c\nUSER x\n", "c", "RUN a\n  # b\nUSER x\n"),
        ("RUN a \\\n  \\\n  c\nUSER x\n", "c", "RUN a\nUSER x\n"),
        ("RUN a \\\r\n  b \\\r\n  c\r\n", "b", "RUN a \\\r\n  c\r\n"),
        ("RUN a \\\r\n  c\r\nUSER x\r\n", "c", "RUN a\r\nUSER x\r\n"),
        ("# escape=`\nRUN a `\n  b `\n  c\n", "c", "# escape=`\nRUN a `\n  b\n"),
        ("RUN a \\\n  b c \\\n  d\n", "b", "RUN a \\\n  c \\\n  d\n"),
        ("RUN a\\\n b \\\nc\n", "b", "RUN a \\\nc\n"),
        ("RUN a 2 b>c\n", "b", "RUN a 2 >c\n"),
        ("RUN a b; c\n", "b", "RUN a; c\n"),
        ("RUN a 'b\\\n c' \\\n && d\n", "'b c'", "RUN a\\\n && d\n"),
    ] {
        assert_eq!(without_word(source, word), expected, "{source}");
    }
}

#[test]
fn pipelines_go_with_their_operator() {
    for (source, command, expected) in [
        ("RUN x && b && c", "x", "RUN b && c"),
        ("RUN a && x && c", "x", "RUN a && c"),
        ("RUN a && x", "x", "RUN a"),
        ("RUN a \\\n    && x \\\n    && c\n", "x", "RUN a \\\n    && c\n"),
        ("RUN a \\\n    && x\n", "x", "RUN a\n"),
        (
            "RUN a \\\n    # why\n    && x\n# next\nUSER u\n",
            "x",
            "RUN a\n    # why\n# next\nUSER u\n",
        ),
        ("RUN x \\\n    && b \\\n    && c\n", "x", "RUN b \\\n    && c\n"),
        ("RUN x \\\n    # why\n    && b\n", "x", "RUN \\\n    # why\n    b\n"),
        ("RUN a && \\\n    x && \\\n    c\n", "x", "RUN a && \\\n    c\n"),
        ("RUN a && \\\n    x\n", "x", "RUN a\n"),
        ("RUN a && \\\n    x", "x", "RUN a"),
        ("RUN x && \\\n    b\n", "x", "RUN b\n"),
        ("RUN \\\n    x && \\\n    b\n", "x", "RUN \\\n    b\n"),
        ("RUN a \\\n && x y \\\n   z | tee l \\\n && c\n", "x", "RUN a \\\n && c\n"),
        ("RUN set -e; \\\n  a; \\\n  x; \\\n  b\n", "x", "RUN set -e; \\\n  a; \\\n  b\n"),
        ("RUN set -e; \\\n  a; \\\n  x\n", "x", "RUN set -e; \\\n  a\n"),
        ("RUN set -e; \\\n  a; \\\n  x;\n", "x", "RUN set -e; \\\n  a;\n"),
        ("RUN a; x && b\n", "x", "RUN a; b\n"),
        ("RUN a && x; b\n", "x", "RUN a; b\n"),
        ("RUN a && x # note\n", "x", "RUN a # note\n"),
        ("# escape=`\nRUN a && `\r\n    x\r\nUSER u\r\n", "x", "# escape=`\nRUN a\r\nUSER u\r\n"),
        ("ONBUILD RUN a \\\n  && x\n", "x", "ONBUILD RUN a\n"),
        ("RUN <<EOF\na &&\n  x\nb\nEOF\n", "x", "RUN <<EOF\na\nb\nEOF\n"),
        ("RUN <<EOF\na && \\\n  x\nb\nEOF\n", "x", "RUN <<EOF\na\nb\nEOF\n"),
        ("RUN <<EOF\nx\nb\nEOF\n", "x", "RUN <<EOF\nb\nEOF\n"),
    ] {
        assert_eq!(without_pipeline(source, command).as_deref(), Some(expected), "{source}");
    }
    for source in [
        "RUN x",
        "RUN a || x",
        "RUN x || a",
        "RUN x & a",
        "RUN a && (x && b)",
        "RUN a; x",
        "RUN if a; then x; fi",
        "RUN a && x && b &",
        "RUN x && [ \"a\" ]",
        "RUN <<EOF\na && # why\n  x\nEOF\n",
    ] {
        assert_eq!(without_pipeline(source, "x"), None, "{source}");
    }
}

#[test]
fn words_are_put_where_they_belong_to_the_command() {
    let source = "RUN poetry install \\\n    --no-dev >log | tee x \\\n    && a";
    let script = read(source);
    let poetry = command(&script, "poetry");
    let edit = script.append_words(poetry, &["--no-root", "--no-directory"]).unwrap();
    assert_eq!(
        apply(source, &[edit]),
        source.replace("--no-dev", "--no-dev --no-root --no-directory")
    );
    let edit = script.insert_words_after(poetry, 1, &["--only"]).unwrap();
    assert_eq!(apply(source, &[edit]), source.replace("install", "install --only"));
    assert!(script.append_words(poetry, &["; rm -rf /"]).is_none());
    assert!(script.replace_word(poetry, 1, "a && b").is_none());
    assert!(script.replace_word(poetry, 1, "a > b").is_none());
    assert!(script.replace_word(poetry, 1, "a # b").is_none());
    assert_eq!(
        edited(source, script.replace_word(poetry, 2, "--only main")),
        source.replace("--no-dev", "--only main")
    );
    assert_eq!(
        edited(source, script.remove_words(poetry, &[1, 2])),
        "RUN poetry \\\n    >log | tee x \\\n    && a"
    );
}

#[test]
fn the_author_style_is_seen() {
    let style = |source: &str| {
        let it = read(source).indentation();
        (it.text, it.operators, it.multiline)
    };
    let two = "  ".to_owned();
    assert_eq!(style("RUN a \\\n  && b"), (two.clone(), Operators::Leading, true));
    assert_eq!(style("RUN a && \\\n  # c\n  b"), (two.clone(), Operators::Trailing, true));
    assert_eq!(style("RUN set -e; \\\n\ta; \\\n\tb"), ("\t".to_owned(), Operators::Trailing, true));
    assert_eq!(style("RUN a && b"), ("    ".to_owned(), Operators::Leading, false));
}

#[test]
fn variables_of_the_script_are_not_the_image_s() {
    let script = read("RUN V=1 && pip install a==$V b==$W && cd ~/x");
    let lookup = |_: &str| Some("2".to_owned());
    let pip = command(&script, "pip");
    assert_eq!(script.resolve(&pip.words[2], &lookup), None);
    assert_eq!(script.resolve(&pip.words[3], &lookup).as_deref(), Some("b==2"));
    let sourced = read("RUN . ./env && a $W");
    assert_eq!(sourced.resolve(&sourced.commands()[1].words[1], &lookup), None);
}
