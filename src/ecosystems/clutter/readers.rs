//! Who reads clutter all the same: words of programs, packages and settings.

/// Words by which commands run tests, besides those that have `test` in them.
const TEST_RUNNERS: &[&str] =
    &["behave", "ci", "cypress", "jest", "mocha", "nox", "phpunit", "playwright", "rspec", "tox"];

/// Whether a command line runs tests, or may: one of its words is, or begins or ends with, the name of a test runner.
pub fn runs_tests(text: &str) -> bool {
    let mut words = text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    words.any(|word| {
        let word = word.to_ascii_lowercase();
        word.contains("test") && word != "latest" || TEST_RUNNERS.contains(&word.as_str())
    })
}

/// Words in source and manifests of what reads `.env` when the program starts or is built: libraries, and frameworks
/// that do it by themselves. A `build` script of a `package.json` mostly runs one of these.
pub const READS_DOTENV: &[&str] = &[
    ".env",
    "EnvironmentFile",
    "chainlit",
    "decouple",
    // The library does not, its command does.
    "diesel database",
    "diesel migration",
    "diesel setup",
    "diesel_cli",
    "dotenv",
    "dynaconf",
    "env-cmd",
    "env_file",
    "environ.Env",
    "laravel/framework",
    "litellm",
    "prefect",
    "quarkus",
    "sqlx",
    "\"@adonisjs/",
    "\"@angular/core\"",
    "\"@nestjs/config\"",
    "\"@prisma/client\"",
    "\"@strapi/strapi\"",
    "\"build\":",
    "\"astro\"",
    "\"bun-types\"",
    "\"directus\"",
    "\"expo\"",
    "\"gatsby\"",
    "\"next\"",
    "\"nuxt\"",
    "\"parcel\"",
    "\"prisma\"",
    "\"react-scripts\"",
    "\"vite\"",
    "read_env",
    "symfony/",
];

/// Programs that read `.env` in the folder that they are started in, without being told.
///
/// bun.sh/docs ("Environment variables"), pipenv.pypa.io ("Automatic loading of .env"), honcho.readthedocs.io,
/// ddollar.github.io/foreman, github.com/DarthSim/overmind, prisma.io/docs ("Environment variables").
pub const DOTENV_PROGRAMS: &[&str] =
    &["bun", "bunx", "foreman", "honcho", "overmind", "pipenv", "prisma"];

/// How the headers of tables in `pyproject.toml` and `setup.cfg` begin that configure tools of developers, which no
/// build reads.
pub const DEVELOPERS_TABLES: &[&str] = &[
    "[coverage",
    "[flake8",
    "[isort",
    "[mypy",
    "[pytest",
    "[tool.bandit",
    "[tool.black",
    "[tool.coverage",
    "[tool.isort",
    "[tool.mypy",
    "[tool.pylint",
    "[tool.pyright",
    "[tool.pytest",
    "[tool.ruff",
    "[tool.ty",
    "[tool:pytest",
];

/// Whether a file of this name says which folders a build goes into, besides source and settings.
pub fn adds_folders(name: &str) -> bool {
    name == "CMakeLists.txt"
}

/// Whether a text is a private key.
pub fn is_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}

/// Whether a word of a Dockerfile names a program or an image that may use packages of Node, whatever else it is.
pub fn may_use_packages(word: &str) -> bool {
    const PROGRAMS: [&str; 4] = ["bun", "deno", "electron", "pm2"];
    let program = word.rsplit('/').next().unwrap_or(word);
    program.contains("node") || PROGRAMS.iter().any(|it| program.starts_with(it))
}
