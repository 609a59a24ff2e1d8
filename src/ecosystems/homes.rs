//! What commands leave in the home directory of the user that runs them, and what puts it elsewhere.
//!
//! A package manager says so in its file of facts ([`leaves`](super::Manager::leaves)). For other programs there is a line in
//! [`PROGRAMS`], which is sorted: to add one, read in the program's documentation where it installs to, and
//! name the page in a comment. Caches are not in here: nothing needs them later.

use super::{
    Grammar, MANAGERS, Preference, Switch, Verb, grammar_of, invocation, manager, partial,
};
use crate::shell::Invocation;

/// Something that a command leaves in the home directory and that programs need later: an environment, an
/// interpreter, a browser.
#[derive(Clone, Copy, Debug)]
pub struct Leaving {
    /// The verbs that leave it; empty if every call does.
    pub verbs: &'static [Verb],
    /// Only with one of these; empty if none is needed.
    pub when: &'static [Switch],
    /// With one of these, it is not left in the home.
    pub unless: &'static [Switch],
    /// The preferences that put it elsewhere.
    pub preferences: &'static [Preference],
    /// The files in the working directory that may set these preferences.
    pub settings: &'static [&'static str],
    /// Other texts of a RUN that put it elsewhere.
    pub said: &'static [&'static str],
    /// Left only in images without this program.
    pub without: Option<Brought>,
    /// Left only in images with this program.
    pub within: Option<Brought>,
    /// Left only if a manifest names one of these packages; empty if none is needed.
    pub packages: &'static [&'static str],
    /// Left only if an argument contains this text.
    pub argument: Option<&'static str>,
    /// True if the manager's `run` needs nothing else from the home: where a variable puts this elsewhere, it
    /// works for every user.
    pub run_needs_only_this: bool,
}

/// A program that images bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// A Python interpreter.
    Python,
}

impl Leaving {
    /// Something that every call leaves, to start from.
    pub const ALWAYS: Self = Self {
        verbs: &[],
        when: &[],
        unless: &[],
        preferences: &[],
        settings: &[],
        said: &[],
        without: None,
        within: None,
        packages: &[],
        argument: None,
        run_needs_only_this: false,
    };
}

/// A program that fetches a package manager into the home directory when that is called for the first time.
#[derive(Clone, Copy, Debug)]
pub struct Launcher {
    /// Its name.
    pub program: &'static str,
    /// The managers that it fetches.
    pub fetches: &'static [&'static str],
    /// The variable that names another folder for them.
    pub variable: &'static str,
}

/// The programs that fetch package managers. After Node's documentation of Corepack.
pub const LAUNCHERS: &[Launcher] =
    &[Launcher { program: "corepack", fetches: &["pnpm", "yarn"], variable: "COREPACK_HOME" }];

/// The variables that name a folder for the models of Hugging Face's and PyTorch's libraries. After
/// "Environment variables" of `huggingface_hub` and "torch.hub" of PyTorch.
pub const MODELS: &[Switch] = &[
    Switch::Set("HF_HOME"),
    Switch::Set("HF_HUB_CACHE"),
    Switch::Set("SENTENCE_TRANSFORMERS_HOME"),
    Switch::Set("TORCH_HOME"),
    Switch::Set("TRANSFORMERS_CACHE"),
    Switch::Set("XDG_CACHE_HOME"),
];

/// Variables that name a folder which a program or a library writes to, in alphabetical order, where their names do not say
/// it: airflow.apache.org, docs.dagster.io, docs.prefect.io, pm2.keymetrics.io, superset.apache.org (settings and data);
/// huggingface.co/docs ("Environment variables"), pytorch.org/docs, keras.io, scikit-learn.org, numba.readthedocs.io,
/// matplotlib.org, stanfordnlp.github.io/stanza, docs.ultralytics.com and the sources of JaidedAI/EasyOCR and
/// danielgatis/rembg (caches and models); docs.wandb.ai, docs.jupyter.org and ipython.readthedocs.io; prometheus.github.io
/// ("Multiprocess Mode"); specifications.freedesktop.org ("XDG Base Directory Specification").
pub const WRITTEN: [&str; 38] = [
    "AIRFLOW_HOME",
    "DAGSTER_HOME",
    "EASYOCR_MODULE_PATH",
    "HF_ASSETS_CACHE",
    "HF_DATASETS_CACHE",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_MODULES_CACHE",
    "HF_XET_CACHE",
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "KERAS_HOME",
    "MPLCONFIGDIR",
    "NUMBA_CACHE_DIR",
    "PM2_HOME",
    "PREFECT_HOME",
    "PROMETHEUS_MULTIPROC_DIR",
    "SCIKIT_LEARN_DATA",
    "SENTENCE_TRANSFORMERS_HOME",
    "STANZA_RESOURCES_DIR",
    "SUPERSET_HOME",
    "TMPDIR",
    "TORCH_EXTENSIONS_DIR",
    "TORCH_HOME",
    "TRANSFORMERS_CACHE",
    "U2NET_HOME",
    "WANDB_ARTIFACT_DIR",
    "WANDB_CACHE_DIR",
    "WANDB_CONFIG_DIR",
    "WANDB_DATA_DIR",
    "WANDB_DIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "YOLO_CONFIG_DIR",
];

/// Python packages that keep caches or settings in the home directory at run time, in alphabetical order. To add
/// one, look in its documentation for the folder, and for what happens if it cannot be written.
pub const PACKAGES: [&str; 37] = [
    "chromadb",
    "crewai",
    "datasets",
    "diffusers",
    "easyocr",
    "fastembed",
    "faster-whisper",
    "gradio",
    "huggingface-hub",
    "jupyter",
    "jupyterlab",
    "kaggle",
    "keras",
    "langchain-huggingface",
    "librosa",
    "matplotlib",
    "mlflow",
    "nltk",
    "numba",
    "openai-whisper",
    "paddleocr",
    "playwright",
    "rembg",
    "seaborn",
    "selenium",
    "sentence-transformers",
    "spacy-transformers",
    "stanza",
    "streamlit",
    "tensorflow",
    "tldextract",
    "torch",
    "transformers",
    "ultralytics",
    "undetected-chromedriver",
    "wandb",
    "yfinance",
];

/// Puppeteer's browser, which its install script fetches, also where another package brings it. After "Configuration"
/// of Puppeteer; pedroslopez/whatsapp-web.js: `package.json`.
pub(super) const PUPPETEER: Leaving = Leaving {
    packages: &["puppeteer", "whatsapp-web.js"],
    unless: &[
        Switch::Set("PUPPETEER_CACHE_DIR"),
        Switch::Set("PUPPETEER_EXECUTABLE_PATH"),
        Switch::Set("PUPPETEER_SKIP_CHROMIUM_DOWNLOAD"),
        Switch::Set("PUPPETEER_SKIP_DOWNLOAD"),
    ],
    ..Leaving::ALWAYS
};

/// Browsers that Playwright fetches. After "Browsers" of Playwright.
const BROWSERS: Leaving = Leaving {
    verbs: &[Verb::new("install"), Verb::new("fetch")],
    unless: &[Switch::Set("PLAYWRIGHT_BROWSERS_PATH")],
    ..Leaving::ALWAYS
};

/// Files of a model that Hugging Face's client fetches.
const DOWNLOADS: Leaving = Leaving {
    verbs: &[Verb::new("download").without(&["--local-dir"])],
    unless: MODELS,
    ..Leaving::ALWAYS
};

/// What programs that are not package managers with a file of facts leave, by name in alphabetical order.
pub const PROGRAMS: &[(&str, Leaving)] = &[
    // argos-translate.readthedocs.io: "Settings".
    (
        "argospm",
        Leaving {
            verbs: &[Verb::new("install")],
            unless: &[Switch::Set("ARGOS_PACKAGES_DIR"), Switch::Set("XDG_DATA_HOME")],
            ..Leaving::ALWAYS
        },
    ),
    ("camoufox", BROWSERS),
    // doc.rust-lang.org/cargo: "cargo install".
    (
        "cargo",
        Leaving {
            verbs: &[Verb::new("install").without(&["--root"])],
            unless: &[Switch::Set("CARGO_HOME")],
            ..Leaving::ALWAYS
        },
    ),
    // getcomposer.org/doc: "global".
    (
        "composer",
        Leaving {
            verbs: &[Verb::new("global")],
            unless: &[Switch::Set("COMPOSER_HOME")],
            ..Leaving::ALWAYS
        },
    ),
    // docs.crawl4ai.com: "Installation", which fetches Playwright's browsers.
    (
        "crawl4ai-setup",
        Leaving { unless: &[Switch::Set("PLAYWRIGHT_BROWSERS_PATH")], ..Leaving::ALWAYS },
    ),
    // docling-project.github.io: "Advanced options".
    (
        "docling-tools",
        Leaving {
            verbs: &[Verb::new("models download").without(&["-o", "--output-dir"])],
            unless: &[Switch::Set("DOCLING_CACHE_DIR")],
            ..Leaving::ALWAYS
        },
    ),
    // learn.microsoft.com/dotnet: "dotnet tool install".
    (
        "dotnet",
        Leaving { verbs: &[Verb::new("tool").with(&["-g", "--global"])], ..Leaving::ALWAYS },
    ),
    // guides.rubygems.org: "gem install".
    ("gem", Leaving { when: &[Switch::Option("--user-install")], ..Leaving::ALWAYS }),
    ("hf", DOWNLOADS),
    ("huggingface-cli", DOWNLOADS),
    // mc-stan.org/cmdstanpy: "Installation".
    (
        "install_cmdstan",
        Leaving { unless: &[Switch::Option("-d"), Switch::Option("--dir")], ..Leaving::ALWAYS },
    ),
    // docs.julialang.org: "Environment Variables".
    (
        "julia",
        Leaving {
            argument: Some("Pkg"),
            unless: &[Switch::Set("JULIA_DEPOT_PATH")],
            ..Leaving::ALWAYS
        },
    ),
    // modelscope.cn/docs: "Download models".
    (
        "modelscope",
        Leaving {
            verbs: &[Verb::new("download").without(&["--local_dir"])],
            unless: &[Switch::Set("MODELSCOPE_CACHE")],
            ..Leaving::ALWAYS
        },
    ),
    // nltk.org/data.html.
    (
        "nltk.downloader",
        Leaving { unless: &[Switch::Option("-d"), Switch::Set("NLTK_DATA")], ..Leaving::ALWAYS },
    ),
    // github.com/nvm-sh/nvm: README.
    ("nvm", Leaving { unless: &[Switch::Set("NVM_DIR")], ..Leaving::ALWAYS }),
    // docs.ollama.com: "FAQ".
    ("ollama", Leaving { verbs: &[Verb::new("pull")], ..Leaving::ALWAYS }),
    // opam.ocaml.org/doc: "Manual".
    (
        "opam",
        Leaving {
            verbs: &[Verb::new("install")],
            unless: &[Switch::Set("OPAMROOT")],
            ..Leaving::ALWAYS
        },
    ),
    ("patchright", BROWSERS),
    // pipx.pypa.io: "Configure paths".
    (
        "pipx",
        Leaving {
            verbs: &[Verb::new("install")],
            unless: &[Switch::Set("PIPX_HOME")],
            ..Leaving::ALWAYS
        },
    ),
    ("playwright", BROWSERS),
    // prisma-client-py.readthedocs.io: "Config", binary_cache_dir.
    (
        "prisma",
        Leaving {
            verbs: &[Verb::new("generate"), Verb::new("py fetch"), Verb::new("py generate")],
            unless: &[Switch::Set("PRISMA_BINARY_CACHE_DIR"), Switch::Set("PRISMA_HOME_DIR")],
            within: Some(Brought::Python),
            ..Leaving::ALWAYS
        },
    ),
    // github.com/pyenv/pyenv: README.
    ("pyenv", Leaving { unless: &[Switch::Set("PYENV_ROOT")], ..Leaving::ALWAYS }),
    // github.com/pyppeteer/pyppeteer: README.
    ("pyppeteer-install", Leaving { unless: &[Switch::Set("PYPPETEER_HOME")], ..Leaving::ALWAYS }),
    // rust-lang.github.io/rustup: "Environment variables".
    ("rustup", Leaving { unless: &[Switch::Set("RUSTUP_HOME")], ..Leaving::ALWAYS }),
    // sdkman.io/install.
    ("sdk", Leaving { unless: &[Switch::Set("SDKMAN_DIR")], ..Leaving::ALWAYS }),
    // textblob.readthedocs.io: "Installation", which calls NLTK's downloader.
    (
        "textblob.download_corpora",
        Leaving { unless: &[Switch::Set("NLTK_DATA")], ..Leaving::ALWAYS },
    ),
];

/// What a call leaves in the home directory, unless something puts it elsewhere; also what the program leaves
/// that it installs and runs, as `npx playwright install` does.
pub fn leavings(call: &Invocation) -> Vec<&'static Leaving> {
    let mut all = left_by(call);
    all.extend(installed(call).iter().flat_map(left_by));
    all
}

/// What a call itself leaves.
fn left_by(call: &Invocation) -> Vec<&'static Leaving> {
    let own = manager(call).map(|it| (it.leaves, &it.grammar));
    let own =
        own.or_else(|| partial::named_or_besides(&call.program).map(|it| (it.leaves, &it.grammar)));
    let (leaves, grammar) = own.unwrap_or((&[], &Grammar::NONE));
    // Of some managers it is known what they leave, and little else.
    let leaves = if leaves.is_empty() { named(&call.program) } else { leaves };
    leaves.iter().filter(|it| it.is_left_by(call, grammar)).collect()
}

/// The call of the program that a command installs and runs; without its options.
fn installed(call: &Invocation) -> Option<Invocation> {
    let program = call.program.as_str();
    let runner = MANAGERS.iter().find(|it| it.grammar.runners.contains(&program));
    let (grammar, verb) = match runner {
        Some(it) => (&it.grammar, 0),
        None => {
            let grammar = grammar_of(program)?;
            (grammar, grammar.verb(call, grammar.run)?.count())
        }
    };
    let mut words: Vec<_> = grammar.words(call).skip(verb).map(str::to_owned).map(Some).collect();
    // A version may follow its name: `playwright@1.50`.
    let program = words.first_mut()?.as_mut()?;
    if let Some(at) = program.rfind('@').filter(|it| 0 < *it) {
        program.truncate(at);
    }
    invocation(&words)
}

fn named(program: &str) -> &'static [Leaving] {
    match PROGRAMS.binary_search_by(|it| it.0.cmp(program)) {
        Ok(at) => std::slice::from_ref(&PROGRAMS[at].1),
        Err(_) => &[],
    }
}

impl Leaving {
    /// Whether a call with this grammar has the verb and the arguments that leave it.
    fn is_left_by(&self, call: &Invocation, grammar: &Grammar) -> bool {
        (self.verbs.is_empty() || grammar.has(call, self.verbs))
            && self.argument.is_none_or(|text| call.texts().any(|it| it.contains(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_name_no_managers() {
        assert!(PROGRAMS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(PACKAGES.is_sorted_by(|a, b| a < b));
        let managers = super::super::programs();
        assert!(!PROGRAMS.iter().any(|it| managers.contains(&it.0)));
    }

    #[test]
    fn calls_leave_what_their_verbs_do() {
        let count = |line: &str| {
            let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
            leavings(&invocation(&words).unwrap()).len()
        };
        let leave = [
            "poetry -C app install",
            "uv tool install black",
            "uv venv",
            "pnpm add puppeteer",
            "cargo install x",
            "dotnet tool install -g x",
            "julia -e using-Pkg",
            "python -m nltk.downloader punkt",
            "playwright install chromium",
            "npx -y playwright@1.50 install --with-deps",
            "npm exec playwright install",
            "uvx playwright install",
        ];
        let not = [
            "poetry lock",
            "cargo install --root /x y",
            "cargo build",
            "julia x.jl",
            "echo",
            "npx playwright test",
        ];
        assert_eq!(leave.into_iter().find(|it| count(it) != 1), None);
        assert_eq!(not.into_iter().find(|it| count(it) != 0), None);
    }
}
