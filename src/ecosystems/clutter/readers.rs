//! Who reads clutter all the same: words of programs, packages and settings.

use crate::{
    ecosystems::{
        self,
        programs::{self, Trait},
    },
    shell::Invocation,
};

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

/// What runs the tests of a project unless it is told not to: programs, and the tasks with which they do; an empty one
/// stands for a call without a task.
///
/// maven.apache.org ("Introduction to the Build Lifecycle"), docs.gradle.org ("The Java Plugin", "Tasks"),
/// guides.rubyonrails.org ("The Rails Command Line": `rake` alone runs `default`), gnu.org ("Standard Targets for
/// Users"), perldoc.perl.org (`prove`), pestphp.com, codeception.com, docs.behat.org, phpspec.net, cucumber.io.
const TEST_BY_DEFAULT: &[(&str, &[&str])] = &[
    ("ava", &[]),
    ("bats", &[]),
    ("behat", &[]),
    ("c8", &[]),
    ("codecept", &[]),
    ("cucumber", &[]),
    ("gradle", &["build", "check", "buildNeeded"]),
    ("gradlew", &["build", "check", "buildNeeded"]),
    ("karma", &[]),
    ("make", &["check"]),
    ("mvn", &["deploy", "install", "integration-test", "package", "verify"]),
    ("mvnw", &["deploy", "install", "integration-test", "package", "verify"]),
    ("nyc", &[]),
    ("pest", &[]),
    ("phpspec", &[]),
    ("prove", &[]),
    ("rake", &["", "ci", "default", "spec"]),
    ("rebar3", &["ct", "eunit"]),
    ("robot", &[]),
];

/// Whether a call runs tests, or may: by its program, by a task, or by the name of what it is given.
pub fn may_test(call: &Invocation) -> bool {
    let tasks = || call.texts().filter(|it| !it.starts_with('-'));
    let first = tasks().next().unwrap_or_default();
    let program = programs::named(&call.program);
    let moves = [Trait::Builtin, Trait::Changes, Trait::Root].into_iter().any(|it| program.is(it));
    if moves || call.program == "test" {
        return false;
    }
    let mut lower = call.texts().map(str::to_ascii_lowercase);
    if lower.any(|it| it.contains("skip") && it.contains("test")) {
        return false;
    }
    let by_default = TEST_BY_DEFAULT.iter().find(|it| it.0 == call.program);
    if let Some((_, known)) = by_default.filter(|it| !it.1.is_empty()) {
        // `gradle build -x test`
        let without = ["-x", "-xtest", "--exclude-task"];
        let is_known = |it: &str| known.contains(&it.rsplit(':').next().unwrap_or(it));
        let is_default = tasks().any(is_known) || first.is_empty() && known.contains(&"");
        return !call.texts().any(|it| without.contains(&it))
            && (is_default || tasks().any(runs_tests));
    }
    // A manager has options about packages for tests.
    if let Some(installs) = ecosystems::installs_packages(call) {
        let script = ecosystems::script_call(call).map_or(first, |it| it.name);
        return !installs && runs_tests(script);
    }
    // `npx playwright install`
    if tasks().any(|it| it.starts_with("install")) {
        return false;
    }
    by_default.is_some() || runs_tests(&call.program) || call.texts().any(runs_tests)
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

#[cfg(test)]
mod tests {
    use super::may_test;

    #[test]
    fn calls_run_tests() {
        let tests = |line: &str| {
            let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
            may_test(&crate::ecosystems::invocation(&words).unwrap())
        };
        for line in [
            "bundle exec rake",
            "rake test",
            "npm test",
            "npm run test:unit",
            "node --test",
            "go test ./...",
            "cargo test",
            "dotnet test",
            "mix test",
            "php artisan test",
            "vendor/bin/phpunit",
            "vendor/bin/pest",
            "python -m unittest",
            "python manage.py test",
            "poetry run pytest",
            "make test",
            "make check",
            "mvn verify",
            "./mvnw -B clean package",
            "./gradlew :app:build",
            "ruby -Itest test/a_test.rb",
            "./run_tests.sh",
        ] {
            assert!(tests(line), "{line}");
        }
        for line in [
            "npm ci",
            "npx playwright install",
            "bundle config set without test",
            "pip install -r requirements-test.txt",
            "poetry install --without test",
            "mvn -B package -DskipTests",
            "mvn package -Dmaven.test.skip=true",
            "gradle build -x test",
            "gradle bootJar",
            "rake assets:precompile",
            "make install",
            "rm -rf tests",
            "test -f a",
            "cargo build",
        ] {
            assert!(!tests(line), "{line}");
        }
    }
}
