#!/usr/bin/env python3
"""What a run costs as a repository grows: time and memory on made repositories of 100 to 10,000 Dockerfiles.

    cargo build --release
    python3 benches/scale.py FOLDER [SIZE ...]

FOLDER holds projects, one folder each; they are copied, again and again, into one repository until it has as many
Dockerfiles as asked for. The table goes to standard output, as Markdown; it needs GNU time.

"all" is `refit diff -q` of the repository, "one" the same for one Dockerfile in it; "reading" is
`git ls-files -z | xargs -0 cat`, the least that anything takes that reads every file. Each figure is the least of
three runs: seconds by the clock, and CPU seconds, of the kernel as well; memory is the largest that the process held.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFIT = os.environ.get("REFIT", str(ROOT / "target/release/refit"))
SIZES = [100, 1000, 5000, 10000]
TIMES = 3


def is_dockerfile(name):
    return name.startswith("Dockerfile") or name.lower().endswith(".dockerfile")


def projects(folder):
    """The files of each project, with the number of its Dockerfiles."""
    found = []
    for project in sorted(it for it in folder.iterdir() if it.is_dir()):
        files = []
        for place, folders, names in os.walk(project):
            folders[:] = sorted(it for it in folders if it != ".git")
            paths = (pathlib.Path(place) / it for it in sorted(names))
            files += [it for it in paths if it.is_file() and not it.is_symlink()]
        count = sum(is_dockerfile(it.name) for it in files)
        if count:
            found.append((project, files, count))
    return found


def make(into, found, size):
    """Makes the repository; returns the number of its files."""
    dockerfiles, files, copy = 0, 0, 0
    while dockerfiles < size:
        for project, paths, count in found:
            if size <= dockerfiles:
                break
            for path in paths:
                target = into / f"copy{copy}" / path.relative_to(project.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            dockerfiles, files = dockerfiles + count, files + len(paths)
        copy += 1
    for arguments in [["init", "-q"], ["add", "-A", "-f"]]:
        subprocess.run(["git", *arguments], cwd=into, check=True, stderr=subprocess.DEVNULL)
    return files


def measured(command, folder):
    """Seconds by the clock and of all processors, and MiB."""
    best = (float("inf"),) * 3
    for _ in range(TIMES):
        with tempfile.NamedTemporaryFile("r") as report:
            timed = ["/usr/bin/time", "-o", report.name, "-f", "%e %U %S %M", *command]
            subprocess.run(timed, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            clock, user, system, kib = map(float, report.read().split()[-4:])
        best = tuple(map(min, best, (clock, user + system, kib / 1024)))
    return best


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = projects(pathlib.Path(sys.argv[1]).resolve())
    print("| Dockerfiles | files | reading: s | CPU s | all: s | CPU s | MiB | one: s | CPU s | MiB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size in [int(it) for it in sys.argv[2:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            files = make(folder, found, size)
            named = sorted(it for it in folder.rglob("Dockerfile") if it.is_file())
            reading = measured(["sh", "-c", "git ls-files -z | xargs -0 cat"], folder)
            everything = measured([REFIT, "diff", "-q", "."], folder)
            one = measured([REFIT, "diff", "-q", str(named[len(named) // 2])], folder)
        rows = [f"{it[0]:.2f} | {it[1]:.2f} | {it[2]:.0f}" for it in (everything, one)]
        print(f"| {size:,} | {files:,} | {reading[0]:.2f} | {reading[1]:.2f} | {' | '.join(rows)} |", flush=True)


if __name__ == "__main__":
    main()
