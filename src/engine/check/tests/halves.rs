//! One RUN may become two only if they do what it did.

use super::*;

/// What the engine says when a RUN becomes two, of which the first stands before the source.
fn halved(whole: &str, first: &str, second: &str) -> Option<String> {
    let before = format!("FROM a\nWORKDIR /w\nCOPY . .\nRUN {whole}\n");
    let after = format!(
        "FROM a\nWORKDIR /w\nCOPY requirements.txt pyproject.toml poetry.lock ./\nRUN {first}\nCOPY . .\nRUN {second}\n"
    );
    let files = |dockerfile| {
        [
            ("Dockerfile", dockerfile),
            ("requirements.txt", "flask\n"),
            ("pyproject.toml", ""),
            ("poetry.lock", ""),
            ("main.py", ""),
        ]
    };
    objection(&files(&before), &files(&after), vec![Alteration::Order])
}

const INSTALL: &str = "pip install -r requirements.txt";

#[test]
fn a_run_may_become_two() {
    for (whole, first, second) in [
        ("I && python main.py", "I", "python main.py"),
        // An assignment before a command is for that command alone.
        ("A=1 B=$C I && python main.py", "A=1 B=$C I", "python main.py"),
        (
            "cd /opt && A=1 I && make && cd .. && I",
            "cd /opt && A=1 I",
            "cd /opt && make && cd .. && I",
        ),
        ("export A=1 && I && python main.py", "export A=1 && I", "export A=1 && python main.py"),
        ("mkdir -p /x && I && { a; b || c; } && d", "mkdir -p /x && I", "{ a; b || c; } && d"),
        ("I && if [ -n \"$A\" ]; then a; b; fi", "I", "if [ -n \"$A\" ]; then a; b; fi"),
        ("poetry install", "poetry install --no-root", "poetry install"),
        (
            "A=1 poetry install && make",
            "A=1 poetry install --no-root",
            "A=1 poetry install && make",
        ),
        // Where the shell stops at an error, `;` is as good as `&&`.
        ("set -ex; I; make; echo", "set -ex; I", "set -ex; make; echo"),
        ("cd /opt; I && make", "cd /opt; I", "cd /opt; make"),
        // A cache is cleared in each of them.
        (
            "I && make && rm -rf /root/.cache/pip",
            "I && rm -rf /root/.cache/pip",
            "make && rm -rf /root/.cache/pip",
        ),
        ("I && make && rm -rf /tmp/*", "I && rm -rf /tmp/*", "make && rm -rf /tmp/*"),
        (
            "apt-get update && I && make && apt-get clean && rm -rf /var/lib/apt/lists/*",
            "apt-get update && I && apt-get clean && rm -rf /var/lib/apt/lists/*",
            "make && apt-get clean && rm -rf /var/lib/apt/lists/*",
        ),
        (
            "poetry install && rm -rf /root/.cache/pypoetry",
            "poetry install --no-root && rm -rf /root/.cache/pypoetry",
            "poetry install && rm -rf /root/.cache/pypoetry",
        ),
    ] {
        let [whole, first, second] = [whole, first, second].map(|it| it.replace('I', INSTALL));
        assert_eq!(halved(&whole, &first, &second), None, "{whole}");
    }
}

#[test]
fn two_runs_do_what_one_did() {
    for (whole, first, second) in [
        // What joins commands may make them depend on each other.
        ("I || make", "I", "make"),
        ("I; make", "I", "make"),
        ("I & make", "I", "make"),
        ("set -x; I; make", "set -x; I", "set -x; make"),
        ("set -e; I && make; echo", "set -e; I", "set -e; make; echo"),
        ("cd /opt && I && make", "cd /opt; I", "cd /opt && make"),
        ("I && make || true", "I", "make || true"),
        ("I && make && echo", "I", "make; echo"),
        ("I && make && echo", "I", "make || echo"),
        (
            "if [ -n \"$A\" ]; then I; make; fi",
            "if [ -n \"$A\" ]; then I; fi",
            "if [ -n \"$A\" ]; then make; fi",
        ),
        ("(I && make) && echo", "(I)", "(make) && echo"),
        // What the shell was told.
        ("A=1 && I && make $A", "A=1 && I", "make $A"),
        ("B=2 export A=1 && I && make", "B=2 export A=1 && I", "make"),
        ("set -e && I && make", "set -e && I", "make"),
        ("f() { make; } && I && f", "f() { make; } && I", "f"),
        ("cd /opt && I && make", "I", "cd /opt && make"),
        ("cd /opt && I && cd .. && make", "cd /opt && I", "cd /opt && make"),
        ("A=1 I && make", "I", "make"),
        ("I && A=1 make", "I", "make"),
        // In another order.
        ("make && I", "I", "make"),
        (
            "rm -rf /usr/lib/python3/dist-packages && I",
            "I",
            "rm -rf /usr/lib/python3/dist-packages",
        ),
        ("make && poetry install", "poetry install --no-root", "make && poetry install"),
        ("poetry install && I", "poetry install --no-root && I", "poetry install"),
        // Not at all.
        ("I && make", "I", "true"),
        ("I && make && echo", "I", "make"),
        ("poetry install", "poetry install --no-root", "true"),
        ("poetry install && make", "poetry install --no-root && make", "poetry install"),
        // Twice.
        ("I && echo x >> /log && make", "I && echo x >> /log", "echo x >> /log && make"),
        ("I && useradd app && make", "I && useradd app", "useradd app && make"),
        ("rm /etc/x && I && make", "rm /etc/x && I", "rm /etc/x && make"),
        ("I && make", "I", "I && make"),
        ("I && make && rm -rf /srv", "I && rm -rf /srv", "make && rm -rf /srv"),
        (
            "I && sh /tmp/a.sh && rm -rf /tmp/a.sh",
            "I && rm -rf /tmp/a.sh",
            "sh /tmp/a.sh && rm -rf /tmp/a.sh",
        ),
        // Another flag, or a program that does not have it.
        ("poetry install", "poetry install --dry-run", "poetry install"),
        ("poetry install", "poetry install --no-root --sync", "poetry install"),
        (
            "curl -o /tmp/a https://x.example/a",
            "curl -o /tmp/a https://x.example/a --no-self",
            "curl -o /tmp/a https://x.example/a",
        ),
        ("pip install flask", "pip install flask --no-root", "pip install flask"),
        ("pip install flask", "pip install flask --no-editable", "pip install flask"),
        ("npm ci", "npm ci --ignore-scripts", "npm ci"),
    ] {
        let [whole, first, second] = [whole, first, second].map(|it| it.replace('I', INSTALL));
        assert!(halved(&whole, &first, &second).is_some(), "{whole}: {first}, {second}");
    }
}
