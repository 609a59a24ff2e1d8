//! Source that defines tasks for people and for CI: no service loads it, but a program that runs tasks.

use super::Language;

/// What begins the lines of such source, after blanks.
///
/// Ruby: <https://ruby.github.io/rake/>, "Rakefile Format". Python: <https://docs.pyinvoke.org>, <https://docs.fabfile.org>,
/// <https://nox.thea.codes>. JavaScript: <https://gulpjs.com>, <https://gruntjs.com>, <https://jakejs.com>.
const BEGINNINGS: [(Language, &[&str]); 3] = [
    (
        Language::Ruby,
        &[
            "task :",
            "task \"",
            "task '",
            "task(",
            "multitask ",
            "Rake::Task",
            "require \"rake/",
            "require 'rake/",
        ],
    ),
    (
        Language::Python,
        &[
            "from invoke import",
            "import invoke",
            "from fabric",
            "import fabric",
            "import nox",
            "from nox ",
        ],
    ),
    (
        Language::JavaScript,
        &[
            "grunt.registerTask(",
            "gulp.task(",
            "exports.default = series(",
            "exports.default = parallel(",
            "jake.",
        ],
    ),
];

/// The programs that run tasks.
const RUNNERS: [&str; 8] = ["fab", "grunt", "gulp", "inv", "invoke", "jake", "nox", "rake"];

/// Whether a program runs tasks that source defines.
pub fn runs_tasks(program: &str) -> bool {
    RUNNERS.contains(&program)
}

/// Whether a text is of a file that defines tasks.
pub fn defines_tasks(language: Language, text: &str) -> bool {
    let own = BEGINNINGS.iter().filter(|it| it.0 == language).flat_map(|it| it.1);
    let own: Vec<&str> = own.copied().collect();
    !own.is_empty()
        && text.lines().any(|line| own.iter().any(|it| line.trim_start().starts_with(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_known_by_how_their_lines_begin() {
        let ruby = |it: &str| defines_tasks(Language::Ruby, it);
        assert!(ruby("namespace :docker do\n  task :push do\n  end\nend\n"));
        assert!(!ruby("task = Task.new\ntasks.each { |it| it.run }\n"));
        let python = |it: &str| defines_tasks(Language::Python, it);
        assert!(python("from invoke import task\n"));
        assert!(!python("from celery import task\n"));
        assert!(!defines_tasks(Language::Go, "task :push\n"));
    }
}
