use super::*;

fn effects(text: &str) -> Effects {
    let script = Script::of_text(text).unwrap();
    let variable = |name: &str| (name == "HOME").then(|| "/root".to_owned());
    let at = Surroundings {
        workdir: ImagePath::new("/app"),
        variable: &variable,
        environment: &[("PIP_CONSTRAINT", "limits.txt")],
        is_root: true,
    };
    Effects::of(&script, text, &at)
}

/// What a script touches, each path behind a letter: `r`eads, `c`hanges, `w`rites, ma`k`es anew, `d`eletes, `D`eletes if it is there, makes a `f`older, `e`nters, reads a
/// `l`ist, a `m`anifest, or only what it `s`ays.
fn touched(text: &str) -> Vec<String> {
    let effects = effects(text);
    assert_eq!(effects.anything, None, "{text}");
    let letter = |how: &How| match how {
        How::Reads => 'r',
        How::Changes => 'c',
        How::Writes => 'w',
        How::Makes => 'k',
        How::Removes { forced: false } => 'd',
        How::Removes { forced: true } => 'D',
        How::Folder => 'f',
        How::Enters => 'e',
        How::List(_) => 'l',
        How::Manifest { .. } => 'm',
        How::Says(_) => 's',
        How::Names(_) => 'n',
        How::Lists(_) => 'g',
    };
    effects.touches.iter().map(|it| format!("{} {}", letter(&it.how), it.path)).collect()
}

fn said(text: Option<&str>) -> Said {
    text.map_or(Said::Nothing, |it| Said::Text(Arc::from(it)))
}

#[test]
fn commands_touch_what_they_name() {
    let rows: [(&str, &[&str]); 21] = [
        ("echo a b", &[]),
        ("cat a ../b /c", &["r /app/a", "r /b", "r /c"]),
        ("echo a > b", &["w /app/b"]),
        ("echo a 2>&1 >>b", &["w /app/b"]),
        ("echo a >& b 2>&-", &["w /app/b"]),
        ("echo < a", &["r /app/a"]),
        ("echo <<< \"$(cat a)\"", &["r /app/a"]),
        ("export V=$(cat VERSION.txt)", &["r /app/VERSION.txt"]),
        ("V=`cat a` true", &["r /app/a"]),
        ("cd sub && rm -rf ./x*", &["e /app/sub", "e /app/sub", "D /app/sub"]),
        ("tar xf a.tar -C /opt", &["c /app/xf", "c /app/a.tar", "c /opt"]),
        ("tar xf /tmp/a.tar", &["c /app", "c /app/xf", "c /tmp/a.tar"]),
        ("sh -c 'cat a'", &["r /app/a"]),
        ("mkdir -p a", &["f /app/a"]),
        ("mkdir -m 700 a", &["c /app/700", "c /app/a"]),
        (". ./env/bin/activate", &["r /app/env/bin/activate"]),
        ("curl -fsSLO https://x.example/a.sh?v=1", &["w /app/a.sh"]),
        ("apt-get install -y gcc ./a.deb", &["c /app/a.deb"]),
        ("/app/bin/cat a", &["r /app/bin/cat", "r /app/a"]),
        ("cat ~/.netrc", &["r /root/.netrc"]),
        ("python -m venv /opt/venv", &["c /opt/venv"]),
    ];
    for (text, expected) in rows {
        assert_eq!(touched(text), expected, "{text}");
    }
}

#[test]
fn managers_touch_their_files_without_being_told() {
    let rows: [(&str, &[&str]); 6] = [
        ("pip install flask", &["l /app/limits.txt"]),
        ("pip install -r a.txt ./lib", &["l /app/limits.txt", "l /app/a.txt", "r /app/lib"]),
        ("pip install -ra.txt -t out", &["l /app/limits.txt", "l /app/a.txt", "c /app/out"]),
        ("pip install .[dev]", &["l /app/limits.txt", "r /app"]),
        (
            "cd /srv && poetry install --no-root",
            &[
                "e /srv",
                "e /srv",
                "e /srv",
                "r /srv/pyproject.toml",
                "r /srv/poetry.lock",
                "r /srv/poetry.toml",
                "k /srv/.venv",
                "m /srv/pyproject.toml",
            ],
        ),
        (
            "uv pip install a",
            &[
                "e /app",
                "s /app/uv.toml",
                "s /app/pyproject.toml",
                "s /uv.toml",
                "s /pyproject.toml",
            ],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(touched(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_known_may_touch_anything() {
    for text in [
        "make",
        "python setup.py",
        "$TOOL a",
        "cat \"$FILE\"",
        "echo > $FILE",
        "echo \"$(make version)\"",
        "V=$(cat $FILE) true",
        "source ./settings.sh",
        ". /etc/profile",
        "poetry run pip install a",
        "poetry frobnicate",
        "sh -c \"$SCRIPT\"",
        "sh ./install.sh",
        "cd $SOMEWHERE && cat a",
        "cat <(make)",
        "for it in a b; do echo $it; done > list",
        "{ echo a; } > list",
        "while read it; do echo; done < list",
        "for it in $(cat list); do echo; done",
        "pip install $PACKAGES",
        "bun install",
    ] {
        assert!(effects(text).anything.is_some(), "{text}");
    }
    assert!(effects("npm install -g yarn").anything.is_none());
    assert!(effects("pip install a==$V").anything.is_none());
}

fn works(text: &str) -> bool {
    effects(text).commands.iter().any(|it| it.works)
}

#[test]
fn installing_is_told_from_work() {
    for text in [
        "pip install a",
        "apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*",
        "curl -sSL https://install.python-poetry.org | python3 -",
        "ln -s /opt/poetry/bin/poetry /usr/local/bin/poetry",
    ] {
        assert!(!works(text), "{text}");
    }
    for text in [
        "locale-gen en_US.UTF-8",
        "python3 -c pass",
        "useradd app",
        "mkdir /data",
        "ln -s /a /b",
        "ln -s /usr/bin/pip3 /usr/bin/pip",
        "ln -s /app/uv /srv/serve",
        "cp /conf/uv /etc/app/uv",
        "curl -sSL https://x.example | python3 -",
        "curl -O https://x.example/a && make",
        "curl https://x.example/a | sh && make",
        "poetry run x",
        "$TOOL",
    ] {
        assert!(works(text), "{text}");
    }
}

#[test]
fn lists_and_manifests_name_more() {
    let files = [
        (
            "/app/a.txt",
            "# -r no.txt\nx==1 # c\n-r sub/b.txt\n-c limits.txt\n-e ./lib\nlong \\\n  --hash=1\n",
        ),
        (
            "/app/sub/b.txt",
            "--requirement=c.txt\ny @ file:///wheels/y.whl\nvendor/z.whl ; python_version > '3'\n",
        ),
        ("/app/pyproject.toml", "[build-system]\n[tool.uv.sources]\nx = { path = \"../x\" }\n"),
    ];
    let text =
        |path: &ImagePath| said(files.iter().find(|it| it.0 == path.as_str()).map(|it| it.1));
    let settled = |script: &str| {
        let touches = effects(script).settled(&text);
        let mut paths: Vec<_> = touches.iter().map(|it| it.path.to_string()).collect();
        paths.dedup();
        paths
    };
    assert_eq!(
        settled("pip install -r a.txt"),
        [
            "/app/limits.txt",
            "/app/a.txt",
            "/app/sub/b.txt",
            "/app/sub/c.txt",
            "/wheels/y.whl",
            "/app/vendor/z.whl",
            "/app/lib"
        ]
    );
    let sync = settled("uv sync");
    assert!(sync.contains(&"/x".to_owned()) && sync.contains(&"/app".to_owned()), "{sync:?}");
    let bare = settled("uv sync --no-install-project --no-install-local");
    assert!(!bare.contains(&"/x".to_owned()), "{bare:?}");
}

#[test]
fn install_scripts_of_packages_read_the_project() {
    let settled = |script: &str, manifest: &str| {
        let text =
            |path: &ImagePath| said((path.as_str() == "/app/package.json").then_some(manifest));
        let touches = effects(script).settled(&text);
        touches.iter().map(|it| it.path.to_string()).collect::<Vec<_>>()
    };
    let manifest =
        r#"{"dependencies": {"@prisma/client": "^6"}, "prisma": {"schema": "db/a.prisma"}}"#;
    let schemas = ["/app/prisma/schema.prisma", "/app/db/a.prisma"].map(str::to_owned);
    for script in ["npm ci", "yarn install", "pnpm install"] {
        let found = settled(script, manifest);
        assert!(schemas.iter().all(|it| found.contains(it)), "{script}: {found:?}");
        let found = settled(&format!("{script} --ignore-scripts"), manifest);
        assert!(!schemas.iter().any(|it| found.contains(it)), "{script}: {found:?}");
        let found = settled(script, r#"{"dependencies": {"express": "^4"}}"#);
        assert!(!schemas.iter().any(|it| found.contains(it)), "{script}: {found:?}");
    }
}

#[test]
fn what_is_not_read_may_name_anything() {
    let unknown = |_: &ImagePath| Said::Unknown;
    let app = ImagePath::new("/app").unwrap();
    let is_app = |it: &Touch| matches!(it.how, How::Reads) && it.path == app;
    for script in [
        "pip install -r a.txt",
        "npm ci",
        "uv sync --no-install-project",
        "poetry install --no-root",
    ] {
        assert!(effects(script).settled(&unknown).iter().any(is_app), "{script}");
        let nothing = |_: &ImagePath| Said::Nothing;
        assert!(!effects(script).settled(&nothing).iter().any(is_app), "{script}");
    }
}

#[test]
fn the_folder_that_an_install_works_in_is_no_package() {
    for script in ["npm install --prefix /d/api", "npm --prefix=/d/api ci", "npm -C /d/api ci"] {
        let touched = touched(script);
        assert!(touched.contains(&"r /d/api/package.json".to_owned()), "{script}: {touched:?}");
        assert!(!touched.contains(&"r /d/api".to_owned()), "{script}: {touched:?}");
    }
}

#[test]
fn a_variable_turns_a_look_at_the_workspace_off_only_where_it_says_yes() {
    let looks = |script: &str| {
        let touches = effects(script).touches;
        touches.iter().any(|it| matches!(it.how, How::Manifest { whole: true, .. }))
    };
    for (value, expected) in
        [("1", false), ("true", false), ("0", true), ("False", true), ("", true)]
    {
        let script = format!("UV_FROZEN={value} uv sync --no-install-workspace");
        assert_eq!(looks(&script), expected, "{script}");
    }
    assert!(!looks("uv sync --frozen --no-install-workspace"));
    assert!(looks("UV_FROZEN=1 uv sync"));
}
