//! Python's distributions: which of them are tools, and which calls install them by name.

use std::sync::Arc;

use super::pip;
use crate::{
    ecosystems::{
        Ecosystem, Grammar, MANAGERS, Manager, partial, partial::Partial, version::Version,
    },
    shell::{Argument, Invocation},
};

/// The distributions that virtual environments and images come with, each in a version of its own.
pub const SEEDS: &[&str] = &["pip", "setuptools", "wheel"];

/// Whether packages are built and installed with a distribution; an update of such ones installs nothing else.
pub fn is_builder(distribution: &str) -> bool {
    SEEDS.contains(&distribution) || distribution == "build"
}

/// The distributions that install and build others, besides the package managers and their plugins, in
/// alphabetical order.
const TOOLS: &[&str] = &[
    "build",
    "crashtest",
    "flit",
    "flit-core",
    "hatch",
    "hatchling",
    "installer",
    "pip-tools",
    "pipx",
    "twine",
    "virtualenv",
];

/// Folders below the home directory in which tools without a file of facts keep what they have fetched and
/// built.
pub const TOOL_CACHES: &[&str] = &[".cache/hatch", ".cache/pip-tools", ".cache/virtualenv"];

/// Folders below the home directory in which such tools keep settings and data.
pub const TOOL_DATA: &[&str] = &[".local/share/virtualenv"];

/// A distribution that loads the system's OpenMP library, `libgomp.so.1`, and does not bring it.
struct OpenMp {
    name: &'static str,
    /// The first version that brings it; `None` if none does.
    until: Option<[u32; 2]>,
}

/// The distributions whose wheels are linked to the system's OpenMP library, or that are built against it.
///
/// `LightGBM`: "libgomp1" in its installation guide. `XGBoost`: its wheels have the library in them since 1.3.0
/// (dmlc/xgboost#6461). hnswlib, which has no wheels: `-fopenmp` among the options for the linker in its `setup.py`.
/// llama-cpp-python: abetlen/llama-cpp-python#1507. `PaddlePaddle`: what `objdump -p` shows of `libcommon.so` in the wheels
/// of 3.3, and of 2.6 for its build with CUDA. The others require `LightGBM`, after the metadata of their wheels.
const OPENMP: [OpenMp; 11] = [
    OpenMp { name: "autogluon", until: None },
    OpenMp { name: "evalml", until: None },
    OpenMp { name: "hnswlib", until: None },
    OpenMp { name: "lightautoml", until: None },
    OpenMp { name: "lightgbm", until: None },
    OpenMp { name: "llama-cpp-python", until: None },
    OpenMp { name: "mljar-supervised", until: None },
    OpenMp { name: "paddlepaddle", until: None },
    OpenMp { name: "paddlepaddle-gpu", until: None },
    OpenMp { name: "pycaret", until: None },
    OpenMp { name: "xgboost", until: Some([1, 3]) },
];

/// Whether a manifest or a lock names a distribution that loads the system's OpenMP library.
pub fn needs_openmp(manifest: &str) -> bool {
    // Locks describe packages, "a fork of hnswlib", and name those that extras would bring.
    let is_lock = manifest.contains("[[package]]");
    let is_pair = |it: &str| it.starts_with("name = ") || it.starts_with("version = ");
    let is_told = |it: &&str| if is_lock { is_pair(it) } else { !it.starts_with("description = ") };
    let lines = manifest.lines().filter(is_told);
    let text = lines.collect::<Vec<_>>().join("\n").to_lowercase().replace('_', "-");
    let is_inside = |it: char| it.is_ascii_alphanumeric() || it == '-';
    OPENMP.iter().any(|row| {
        let mut named = text.match_indices(row.name).filter_map(|(at, _)| {
            let rest = &text[at + row.name.len()..];
            // `docarray[hnswlib]` asks for an extra of another one.
            let is_part = |it: char| is_inside(it) || it == '[';
            let is_whole = !text[..at].ends_with(is_part) && !rest.starts_with(is_inside);
            is_whole.then_some(rest)
        });
        named.any(|rest| row.until.is_none_or(|it| is_older(rest, it)))
    })
}

/// Whether only versions before `until` meet what follows the name of a distribution: `==1.0.2`, ` = "~1.2"`, in a lock
/// `"` and a line with its version.
fn is_older(rest: &str, until: [u32; 2]) -> bool {
    let line = rest.lines().next().unwrap_or_default();
    let locked = rest.strip_prefix("\"\nversion = \"");
    let said = locked.map_or(line, |it| it.lines().next().unwrap_or_default());
    let said = said.trim_start_matches(['"', '\'', ' ', ']']);
    let said = said.strip_prefix("= ").unwrap_or(said).trim_start_matches(['"', '\'']);
    let said = said.split(['"', '\'', ';', '#', '\\']).next().unwrap_or_default();
    // `pip install` may name others behind it.
    let words = said.split_whitespace().take_while(|it| !it.starts_with(char::is_alphabetic));
    let constraint = &words.collect::<Vec<_>>().join(" ");
    let is_met = |it: &[u32]| Version::new(it).meets(constraint);
    let later = [1, 2, 3, 4].map(|minor| is_met(&[until[0], until[1] + minor]));
    let later = later.into_iter().chain([2, 3, 4].map(|major| is_met(&[major])));
    let mut later = later.chain([is_met(&until)]);
    let first = constraint.trim_start_matches(|it: char| !it.is_ascii_digit());
    let number = first.split(|it: char| !it.is_ascii_digit() && it != '.').next();
    let number = number.and_then(|it| it.parse::<Version>().ok());
    number.is_some_and(|it| it <= Version::new(&until)) && later.all(|it| it == Some(false))
}

fn managers() -> impl Iterator<Item = &'static Manager> {
    MANAGERS.iter().filter(|it| it.ecosystem == Ecosystem::Python)
}

/// Whether a distribution is there to install or build others. Those of [`SEEDS`] do not count.
pub fn is_tool(distribution: &str) -> bool {
    !SEEDS.contains(&distribution)
        && (TOOLS.contains(&distribution) || managers().any(|it| it.is_in(distribution)))
}

/// How the command line of a program is read, if it is a package manager of Python.
fn grammar(program: &str) -> Option<&'static Grammar> {
    let manager = managers().find(|it| it.has_program(program)).map(|it| &it.grammar);
    let is_python = |it: &&Partial| it.ecosystem == Some(Ecosystem::Python);
    manager.or_else(|| partial::named_or_besides(program).filter(is_python).map(|it| &it.grammar))
}

/// The arguments by which a call names distributions to install, with versions or without: of `pip install`,
/// `uv pip install`, `pipx install` and `uv tool install`. `None` for any other call.
pub fn named(call: &Invocation) -> Option<Vec<&Argument>> {
    let verb = grammar(&call.program)?.naming_verb(call)?;
    let mut named = call.positionals(pip::VALUED);
    // The first word of the verb is not among them.
    named.drain(..named.len().min(verb.count().saturating_sub(1)));
    Some(named)
}

/// Whether a program, named with or without its folder and version, installs distributions that its command
/// line names.
pub fn takes_names(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    grammar(name).is_some_and(Grammar::takes_names)
}

/// Whether a call installs distributions that it names, if only beside a tool that is there: `pipx inject`.
pub fn adds_named(call: &Invocation) -> bool {
    grammar(&call.program)
        .is_some_and(|it| it.naming_verb(call).is_some() || it.has(call, it.inject))
}

/// Whether a text that may be a script runs pip without naming it: installers of other managers, pipx, an
/// environment of conda.
pub fn runs_pip_unnamed(text: &str) -> bool {
    const COMMANDS: [&str; 3] = ["pipx ", "conda env ", "mamba env "];
    managers().any(|it| it.installer_in(text).is_some())
        || COMMANDS.iter().any(|it| text.contains(it))
}

/// Calls that fetch packages with pip without naming it: the program, and the word that follows; any, if none is given.
///
/// Sources: spaCy's "Install trained pipelines" (`spacy download` "uses pip"), pre-commit's "Creating new hooks"
/// (`language: python`), and the documentation of maturin, nox and tox, which fill environments of their own.
const RUN_PIP: &[(&str, &str)] = &[
    ("maturin", "develop"),
    ("nox", ""),
    ("pre-commit", "install-hooks"),
    ("pre-commit", "run"),
    ("spacy", "download"),
    ("tox", ""),
    ("uvx", ""),
];

/// Modules that people run in builds and that install no packages of Python.
const APART: &[&str] = &[
    "argostranslate",
    "black",
    "compileall",
    "coverage",
    "django",
    "ensurepip",
    "flake8",
    "mypy",
    "nltk.downloader",
    "patchright",
    "piper",
    "playwright",
    "pytest",
    "site",
    "sysconfig",
    "textblob.download_corpora",
    "unidic",
    "unittest",
    "zipfile",
];

/// Modules that make environments with what they bring, and the options with which they fetch as well: docs.python.org
/// (`venv`, `ensurepip`, which takes away all variables of pip), virtualenv.pypa.io ("CLI interface").
const MAKERS: &[(&str, &[&str])] =
    &[("venv", &["--upgrade-deps"]), ("virtualenv", &["--download", "--upgrade-embed-wheels"])];

/// Words in a script that may install: it names a manager, or starts other programs.
const STARTS: &[&str] = &["conda", "os.system", "pip", "poetry", "spacy", "subprocess", "uv"];

/// Whether a call may install with pip without naming it: it is known to, or it runs a script of the project whose text
/// says so or is not known. `text` gives what lies at a path as the call sees it.
pub fn may_run_pip(call: &Invocation, text: &dyn Fn(&str) -> Option<Arc<str>>) -> bool {
    let first = call.texts().find(|it| !it.starts_with('-')).unwrap_or_default();
    let is_it = |it: &&(&str, &str)| it.0 == call.program && (it.1.is_empty() || it.1 == first);
    if RUN_PIP.iter().any(|it| is_it(&it)) {
        return true;
    }
    let says = |said: &str| {
        let mut words = said.split(|it: char| !it.is_alphanumeric() && it != '.' && it != '_');
        words.any(|it| STARTS.iter().any(|of| it == *of || it.starts_with(&format!("{of}."))))
    };
    let script = |path: &str| text(path).is_none_or(|it| says(&it));
    match call.program.as_str() {
        _ if call.is_module => {
            if let Some(maker) = MAKERS.iter().find(|it| it.0 == call.program) {
                return call.has(maker.1);
            }
            let known = APART.contains(&call.program.as_str()) || grammar(&call.program).is_some();
            let path = call.program.replace('.', "/");
            !known && (text(&format!("{path}.py")).is_none_or(|it| says(&it)))
        }
        "make" => script("Makefile"),
        "python" if call.has(&["-c"]) => call.texts().any(says),
        // Django's own, and the one that managers call.
        "python" => first.ends_with(".py") && !first.ends_with("manage.py") && script(first),
        _ if call.path.contains('/') && call.path.ends_with(".sh") => script(&call.path),
        "bash" | "sh" => first.ends_with(".sh") && script(first),
        _ => false,
    }
}

/// Whether a call installs nothing but files that are there, without asking for anything else, so that it caches nothing:
/// `pip install --no-deps /wheels/*.whl`.
pub fn installs_from_disk(call: &Invocation) -> bool {
    let Some(names) = named(call) else { return false };
    let is_file = |it: &&Argument| {
        let text = it.text.as_deref().unwrap_or_default();
        !text.contains("://") && text.contains('/') && text.ends_with(".whl")
    };
    call.has(&["--no-deps", "--no-index"]) && !names.is_empty() && names.iter().all(is_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_openmp_is_for_those_that_do_not_bring_it() {
        let rows = [
            ("lightgbm==4.5", true),
            ("xgboost==1.0.2\n", true),
            ("xgboost<1.3 # old\n", true),
            ("xgboost\n", false),
            ("xgboost>=1.0\n", false),
            ("xgboost==1.7.6\n", false),
            ("xgboost = \"~1.2\"\n", true),
            ("xgboost = \"^1.0\"\n", false),
            ("name = \"xgboost\"\nversion = \"1.2.1\"\n", true),
            ("name = \"xgboost\"\nversion = \"3.0.0\"\n", false),
            ("llama_cpp_python==0.2.77\n", true),
            ("chroma-hnswlib==0.7.3\n", false),
            ("all = [\"docarray[hnswlib] (>=0.32.0)\"]\n", false),
            ("name = \"chroma-hnswlib\"\ndescription = \"Chromas fork of hnswlib\"\n", false),
            (
                "[[package]]\nname = \"x\"\nversion = \"1\"\n[package.extras]\npaddlepaddle = [\"x\"]\n",
                false,
            ),
            ("[[package]]\nname = \"lightgbm\"\nversion = \"4.5\"\n", true),
            ("pip install xgboost==1.0.2 pandas==1.3", true),
            ("xgboost-ray==0.1\n", false),
            ("pycaret[full]==3.3\n", true),
            ("paddlepaddle==3.0\npaddleocr\n", true),
            ("paddleocr\n", false),
            ("scikit-learn==1.5\n", false),
        ];
        for (manifest, expected) in rows {
            assert_eq!(needs_openmp(manifest), expected, "{manifest}");
        }
    }

    fn call(line: &str) -> Invocation {
        let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
        crate::ecosystems::invocation(&words).unwrap()
    }

    #[test]
    fn named_distributions_follow_the_verb() {
        let rows = [
            ("pip3 install -q -r a.txt poetry==1.8 uv", Some("poetry==1.8 uv")),
            ("python -m pip --no-cache-dir install poetry", Some("poetry")),
            ("uv pip install --python 3.12 poetry", Some("poetry")),
            ("uv tool install poetry", Some("poetry")),
            ("pipx install poetry", Some("poetry")),
            ("pipx inject poetry poetry-plugin-export", None),
            ("pip download poetry", None),
            ("uv sync", None),
            ("npm install -g poetry", None),
            ("cargo install poetry", None),
        ];
        for (line, expected) in rows {
            let call = call(line);
            let names = named(&call).map(|it| {
                it.iter().filter_map(|it| it.text.as_deref()).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(names.as_deref(), expected, "{line}");
        }
        assert!(adds_named(&call("pipx inject poetry poetry-plugin-export")));
        assert!(!adds_named(&call("pipx list")));
    }

    #[test]
    fn plugins_of_managers_are_tools_and_seeds_are_not() {
        let tools = ["poetry", "poetry-plugin-up", "pdm", "pdm-backend", "twine", "pip-tools"];
        assert!(tools.into_iter().all(is_tool));
        assert!(!["pip", "setuptools", "npm", "requests"].into_iter().any(is_tool));
        assert!(TOOLS.is_sorted());
    }
}
