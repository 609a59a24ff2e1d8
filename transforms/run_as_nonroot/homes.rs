//! What lies in root's home, which no other user can read: `/root` has mode 700.

use super::{Image, image::resolve, processes::Process};
use crate::{
    dockerfile::Keyword,
    ecosystems::images,
    run::Run,
    shell::{Command, is_shell},
    text::{ImagePath, Refusal},
};

/// Whether nothing that is needed at run time lies in root's home.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>, processes: &[Process]) -> Result<(), Refusal> {
    settings(image)?;
    for (run, _) in image.runs(&[])? {
        for command in run.script.commands() {
            if let Some(what) = mentions(&run, command).or_else(|| fills(image, command)) {
                return Err(Refusal::new(
                    "root-home",
                    format!("{what}, and only root can read root's home"),
                ));
            }
        }
    }
    if let Some(it) = runs_alone(image, processes)? {
        let reason =
            format!("a RUN runs {it}, which may have left files in root's home that it needs");
        return Err(Refusal::new("root-home", reason));
    }
    let words = processes.iter().flat_map(Process::known);
    if let Some(it) = words.into_iter().find(|it| in_root(it)) {
        return Err(Refusal::new(
            "root-home",
            format!("it is run with {it}, and only root can read root's home"),
        ));
    }
    let manager = processes.iter().find(|it| ["pnpm", "yarn"].contains(&it.program.as_str()));
    let corepack = image.mentions_run(&["corepack"]) && !image.sets("COREPACK_HOME");
    match manager.filter(|_| corepack) {
        Some(it) => {
            Err(Refusal::new("root-home", format!("corepack keeps {} in root's home", it.program)))
        }
        None => Ok(()),
    }
}

/// The program that a RUN starts without arguments and the container starts again: the first time is for what
/// it leaves behind, such as the models that it fetches.
fn runs_alone(image: &Image<'_>, processes: &[Process]) -> Result<Option<String>, Refusal> {
    let started: Vec<&str> = processes.iter().flat_map(Process::known).collect();
    for (run, _) in image.runs(&[".py"])? {
        for command in run.script.commands() {
            let [program, script] = command.words.as_slice() else { continue };
            let python = program.value.as_deref().is_some_and(|it| it.starts_with("python"));
            let script = script.value.as_deref().filter(|it| python && it.ends_with(".py"));
            if let Some(it) = script.filter(|it| started.contains(it)) {
                return Ok(Some(it.to_owned()));
            }
        }
    }
    Ok(None)
}

/// Instructions that put something there.
fn settings(image: &Image<'_>) -> Result<(), Refusal> {
    let caches = ["CACHE_DIR", "CONFIG_CACHE", "CACHE_FOLDER"];
    let is_roots = |it: &ImagePath| it.is_within_fixed(&["/root"]);
    for (item, it) in image.instructions() {
        let found = match it.keyword {
            Keyword::Env => {
                let pairs = it.pairs().into_iter();
                let mut pairs =
                    pairs.filter(|pair| !caches.iter().any(|it| pair.name.ends_with(it)));
                pairs.find(|it| it.value.as_deref().is_some_and(in_root)).map(|it| it.name)
            }
            Keyword::Workdir => {
                image.path_at(item, it.text()).filter(is_roots).map(|it| it.to_string())
            }
            Keyword::Copy | Keyword::Add => {
                let copy = it.copy();
                copy.and_then(|copy| image.path_at(item, &copy.destination.text))
                    .filter(is_roots)
                    .map(|it| it.to_string())
            }
            Keyword::Volume => {
                let words = it.words().into_iter().map(|it| it.text);
                words.into_iter().find(|it| in_root(it))
            }
            _ => None,
        };
        if let Some(what) = found {
            let keyword = it.keyword;
            let reason = format!("{keyword} {what} is in root's home, which only root can read");
            return Err(Refusal::new("root-home", reason));
        }
    }
    Ok(())
}

/// Whether a text names something in root's home.
fn in_root(text: &str) -> bool {
    text.split([':', '=', ' ', ',', ';', '"', '\''])
        .any(|it| ["/root", "~"].contains(&it) || it.starts_with("/root/") || it.starts_with("~/"))
}

/// A word of a command that names root's home.
fn mentions(run: &Run<'_>, command: &Command) -> Option<String> {
    if matches!(command.program(), Some("rm" | "ls" | "cat" | "du" | "echo"))
        && command.redirects.is_empty()
    {
        return None;
    }
    let redirects = command.redirects.iter().map(|it| &it.target);
    let values = command.assignments.iter().map(|it| &it.value);
    let mut words = command.words.iter().chain(redirects).chain(values);
    let names_home = |it: &crate::shell::Word| {
        let value = resolve(run, it);
        in_root(value.as_deref().unwrap_or(&it.raw))
            || (value.is_none() && (it.raw.contains("$HOME") || it.raw.contains("${HOME}")))
            || in_root(&it.raw)
    };
    // The settings and keys that a build needs are in nobody's way.
    let only_build = |it: &str| {
        [".ssh", ".npmrc", ".netrc", ".gitconfig", ".config/pip"]
            .iter()
            .any(|name| it.contains(name))
    };
    let found = words.find(|it| names_home(it) && !only_build(&it.raw))?;
    Some(format!("a RUN names {}", found.raw))
}

/// What a command leaves in the home of the user that runs it, though it does not say so.
fn fills(image: &Image<'_>, command: &Command) -> Option<String> {
    let program = command.program()?.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let has = |it: &[&str]| it.iter().any(|it| command.has_flag(it));
    let sets = |names: &[&str]| names.iter().any(|it| image.sets(it));
    let brought = |name: &str| image.base().is_some_and(|it| images::named(it).sets(name));
    let first = command.arguments().iter().find(|it| !it.raw.starts_with('-'));
    let first = first.map_or("", |it| it.raw.as_str());
    let raw = || command.words.iter().map(|it| it.raw.as_str()).collect::<Vec<_>>().join(" ");
    let models = [
        "HF_HOME",
        "TRANSFORMERS_CACHE",
        "SENTENCE_TRANSFORMERS_HOME",
        "TORCH_HOME",
        "XDG_CACHE_HOME",
        "HF_HUB_CACHE",
    ];
    let fills = match program {
        "pip" => first == "install" && (has(&["--user"]) || sets(&["PIP_USER"])),
        "pipx" => first == "install" && !sets(&["PIPX_HOME"]),
        "poetry" => ["install", "sync"].contains(&first) && !poetry_knows_better(image),
        "pipenv" => {
            let own = ["PIPENV_VENV_IN_PROJECT", "VIRTUAL_ENV", "PIPENV_SYSTEM", "WORKON_HOME"];
            ["install", "sync"].contains(&first) && !has(&["--system"]) && !sets(&own)
        }
        "uv" => uv(image, command, first),
        "nltk.downloader" => !has(&["-d"]) && !sets(&["NLTK_DATA"]),
        "playwright" | "patchright" | "camoufox" => {
            ["install", "fetch"].contains(&first) && !sets(&["PLAYWRIGHT_BROWSERS_PATH"])
        }
        "npx" => first == "playwright" && !sets(&["PLAYWRIGHT_BROWSERS_PATH"]),
        "npm" | "yarn" | "pnpm" => {
            let set = [
                "PUPPETEER_SKIP_DOWNLOAD",
                "PUPPETEER_SKIP_CHROMIUM_DOWNLOAD",
                "PUPPETEER_CACHE_DIR",
                "PUPPETEER_EXECUTABLE_PATH",
            ];
            image.depends_on("puppeteer") && !sets(&set)
        }
        "python" | "node" => {
            let text = raw();
            let loads = [
                "from_pretrained",
                "load_model",
                "SentenceTransformer",
                "snapshot_download",
                "torch.hub",
                "TextEmbedding",
                "Reader(",
                "pipeline(",
            ];
            (loads.iter().any(|it| text.contains(it)) || text.contains("download"))
                && !sets(&models)
                && !(text.contains("nltk") && sets(&["NLTK_DATA"]))
        }
        "huggingface-cli" | "hf" => first == "download" && !has(&["--local-dir"]) && !sets(&models),
        "composer" => first == "global" && !sets(&["COMPOSER_HOME"]),
        "dotnet" => first == "tool" && has(&["-g", "--global"]),
        "cargo" => {
            first == "install"
                && !has(&["--root"])
                && !brought("CARGO_HOME")
                && !sets(&["CARGO_HOME"])
        }
        "go" => first == "install" && !brought("GOPATH") && !sets(&["GOPATH", "GOBIN"]),
        "julia" => raw().contains("Pkg") && !sets(&["JULIA_DEPOT_PATH"]),
        "opam" => first == "install" && !sets(&["OPAMROOT"]),
        "gem" => has(&["--user-install"]),
        "ollama" => first == "pull",
        "rustup" | "nvm" | "sdk" | "pyenv" => {
            !sets(&["RUSTUP_HOME", "NVM_DIR", "SDKMAN_DIR", "PYENV_ROOT"])
        }
        // An installer of the web goes where it likes, which often is the home.
        it if is_shell(it) => {
            let harmless = ["nodesource", "packagecloud", "setup_", "/apt", ".deb."];
            0 < command.position
                && command.nested_script().is_none()
                && !image.pipes_from(command, &harmless)
        }
        _ => false,
    };
    fills.then(|| match program {
        it if is_shell(it) => "an installer script from the web may install there".to_owned(),
        _ => format!("{program} {first} puts something there").replace("  ", " "),
    })
}

fn uv(image: &Image<'_>, command: &Command, first: &str) -> bool {
    let mut plain = command.arguments().iter().filter(|it| !it.raw.starts_with('-'));
    let second = plain.nth(1).map_or("", |it| it.raw.as_str());
    let managed = image.sets("UV_PYTHON_INSTALL_DIR");
    let off = ["UV_PYTHON_DOWNLOADS", "UV_PYTHON_PREFERENCE", "UV_NO_MANAGED_PYTHON"];
    let base = image.base().map(images::named);
    let brings = base.is_some_and(|it| it.python().is_some() || it.is_python());
    match (first, second) {
        ("python", "install") => !managed,
        ("tool", "install") => !image.sets("UV_TOOL_DIR"),
        // Without a Python in the image, uv fetches one of its own into the home.
        ("sync" | "venv", _) => !managed && !brings && !off.iter().any(|it| image.sets(it)),
        _ => false,
    }
}

/// Whether Poetry is told for every user where its environment is: by a variable, not by settings in a home.
pub(super) fn poetry_is_settled(image: &Image<'_>) -> bool {
    let is = |name: &str, values: [&str; 2]| {
        image.variable(name).is_some_and(|it| values.contains(&it.to_lowercase().as_str()))
    };
    is("POETRY_VIRTUALENVS_CREATE", ["0", "false"])
        || is("POETRY_VIRTUALENVS_IN_PROJECT", ["1", "true"])
        || image.sets("POETRY_VIRTUALENVS_PATH")
        || image.sets("VIRTUAL_ENV")
}

/// Whether Poetry is told where its environment is: by default it is in the home.
fn poetry_knows_better(image: &Image<'_>) -> bool {
    let by_command = [
        "virtualenvs.create false",
        "virtualenvs.in-project true",
        "virtualenvs.path",
        "VIRTUALENVS_CREATE=false",
        "VIRTUALENVS_CREATE=0",
        "VIRTUALENVS_IN_PROJECT=1",
        "VIRTUALENVS_IN_PROJECT=true",
        "VIRTUAL_ENV=",
        "bin/activate",
    ];
    let by_file = image.provider("poetry.toml").and_then(|it| image.text(&it));
    poetry_is_settled(image)
        || image.mentions_run(&by_command)
        || by_file
            .is_some_and(|it| it.contains("create = false") || it.contains("in-project = true"))
}
