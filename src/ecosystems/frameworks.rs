//! What frameworks and servers of Ruby and PHP keep in an application's folder, and which of its files they load
//! unasked.
//!
//! To add a line, read in the framework's documentation or source what it writes when it runs, and name the page.

use serde_json::Value;

use super::code::Language;

/// The settings of databases: guides.rubyonrails.org: "Configuring Rails Applications".
pub const DATABASES: &str = "config/database.yml";

/// The settings of uploads: guides.rubyonrails.org: "Active Storage Overview".
pub const STORAGE: &str = "config/storage.yml";

/// The option that starts PHP's own server: php.net: "Built-in web server".
pub const SERVES: &str = "-S";

/// The options of the folder that it serves.
pub const SERVED: [&str; 2] = ["-t", "--docroot"];

/// The files in which Laravel reads variables: laravel.com/docs: "Configuration". The first is often made from the
/// second.
pub const VARIABLES: [&str; 2] = [".env", ".env.example"];

/// The start of the names of the variables of its databases.
pub const DATABASE: &str = "DB_";

/// The manifest of gems, each of which `Bundler.require` imports.
pub const GEMS: &str = "Gemfile";

/// The manifest of packages of PHP.
pub const PACKAGES: &str = "composer.json";

/// A framework.
#[derive(Clone, Copy, Debug)]
pub struct Framework {
    /// Its name.
    pub name: &'static str,
    /// Its language.
    pub language: Language,
    /// The files by which an application of it is known, seen from its folder.
    pub marks: &'static [&'static str],
    /// The folders that it writes to.
    pub folders: &'static [Kept],
}

/// A folder that a framework writes to.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// The folder, seen from that of the application.
    pub folder: &'static str,
    /// What it keeps there.
    pub what: &'static str,
}

const fn kept(folder: &'static str, what: &'static str) -> Kept {
    Kept { folder, what }
}

/// The frameworks, by name.
///
/// Rails: its own Dockerfile, which gives `db log storage tmp` to its user
/// (`railties/lib/rails/generators/rails/app/templates/Dockerfile.tt`); guides.rubyonrails.org: "Getting Started".
/// Laravel: laravel.com/docs: "Deployment", Directory Permissions. Symfony: symfony.com/doc: "Setting up or Fixing
/// File Permissions". `CakePHP`: book.cakephp.org: "Installation", Permissions. `CodeIgniter`: codeigniter.com/user_guide:
/// "Installation", Initial Configuration. Yii: yiiframework.com/doc/guide: "Application Structure".
pub const FRAMEWORKS: &[Framework] = &[
    Framework {
        name: "CakePHP",
        language: Language::Php,
        marks: &["bin/cake.php", "config/bootstrap.php"],
        folders: &[kept("logs", "logs"), kept("tmp", "caches")],
    },
    Framework {
        name: "CodeIgniter",
        language: Language::Php,
        marks: &["app/Config/App.php", "app/Config/Paths.php"],
        folders: &[kept("writable", "caches, logs and uploads")],
    },
    Framework {
        name: "Laravel",
        language: Language::Php,
        marks: &["artisan", "bootstrap/app.php"],
        folders: &[
            kept("bootstrap/cache", "the cache of its settings"),
            kept("storage", "logs, caches and files"),
        ],
    },
    Framework {
        name: "Rails",
        language: Language::Ruby,
        marks: &["config/application.rb", "config/environment.rb"],
        folders: &[kept("log", "logs"), kept("tmp", "caches and PID files")],
    },
    Framework {
        name: "Symfony",
        language: Language::Php,
        marks: &["bin/console", "config/bundles.php"],
        folders: &[kept("var", "caches and logs")],
    },
    Framework {
        name: "Yii",
        language: Language::Php,
        marks: &["config/console.php", "config/web.php", "yii"],
        folders: &[kept("runtime", "caches and logs"), kept("web/assets", "assets")],
    },
];

/// What a program loads without being told.
#[derive(Clone, Copy, Debug)]
pub struct Loading {
    /// The program.
    pub program: &'static str,
    /// The files without one of which it does not start, unless it is given one with the same ending.
    pub main: &'static [&'static str],
    /// Others that it loads if they are there.
    pub more: &'static [&'static str],
    /// Folders of which it loads all files.
    pub folders: &'static [&'static str],
}

const fn server(program: &'static str, more: &'static [&'static str]) -> Loading {
    Loading { program, main: &["config.ru"], more, folders: &[] }
}

const fn worker(program: &'static str, main: &'static [&'static str]) -> Loading {
    Loading { program, main, more: &[], folders: &[] }
}

/// The programs of Ruby that load files of the project, by name.
///
/// After the READMEs of falcon, puma (`config/puma.rb`), rackup, resque, sidekiq (which loads a Rails application
/// unless `-r` names another file), thin and unicorn; ruby/rake: "Rakefile Format"; guides.rubyonrails.org: "The
/// Rails Command Line".
const LOADINGS: &[Loading] = &[
    worker("clockwork", &[]),
    server("falcon", &["falcon.rb"]),
    server("puma", &["config/puma.rb"]),
    server("rackup", &[]),
    Loading {
        program: "rails",
        main: &["config/application.rb"],
        more: &["config.ru", "config/environment.rb", "config/puma.rb"],
        folders: &[],
    },
    Loading {
        program: "rake",
        main: &["Rakefile", "rakefile", "Rakefile.rb"],
        more: &["config/environment.rb"],
        folders: &["lib/tasks", "tasks"],
    },
    worker("resque", &["config/environment.rb"]),
    worker("ruby", &[]),
    worker("shoryuken", &["config/environment.rb"]),
    worker("sidekiq", &["config/environment.rb"]),
    server("thin", &[]),
    server("unicorn", &["config/unicorn.rb"]),
];

/// What a program loads without being told; `None` if it is not known.
pub fn loading(program: &str) -> Option<&'static Loading> {
    LOADINGS.iter().find(|it| it.program == program)
}

/// The files and folders of the classes that Composer's autoloader finds, by the text of `composer.json`; `None` if it
/// cannot be read.
///
/// <https://getcomposer.org/doc/04-schema.md#autoload>
pub fn autoloaded(manifest: &str) -> Option<Vec<String>> {
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(it) => found.push(it.clone()),
            Value::Array(all) => all.iter().for_each(|it| texts(it, found)),
            Value::Object(all) => all.values().for_each(|it| texts(it, found)),
            _ => {}
        }
    }
    let manifest: Value = serde_json::from_str(manifest).ok()?;
    let mut found = Vec::new();
    for key in ["classmap", "files", "psr-0", "psr-4"] {
        texts(&manifest["autoload"][key], &mut found);
    }
    Some(found)
}

/// Tasks of frameworks that write to folders other than those that the framework keeps, sorted.
///
/// guides.rubyonrails.org: "The Asset Pipeline", "The Rails Command Line"; laravel.com/docs: "Artisan Console",
/// "File Storage", "Encryption", "Packages", "Octane".
const WRITING: &[&str] = &[
    "app:update",
    "assets:clean",
    "assets:clobber",
    "assets:install",
    "assets:precompile",
    "breeze:install",
    "db:schema:dump",
    "destroy",
    "generate",
    "horizon:install",
    "ide-helper:generate",
    "install:api",
    "install:broadcasting",
    "jwt:secret",
    "key:generate",
    "lang:publish",
    "octane:install",
    "octane:start",
    "passport:install",
    "passport:keys",
    "schema:dump",
    "storage:link",
    "telescope:install",
    "vendor:publish",
    "webpacker:compile",
];

/// Tasks of Rails after which it writes the schema of its database into the source, unless a setting says that it
/// does not: guides.rubyonrails.org: "Configuring Rails Applications", `dump_schema_after_migration`.
const DUMPING: &[&str] = &["db:migrate", "db:prepare", "db:reset", "db:rollback", "db:setup"];

/// The setting that keeps Rails from it.
pub const DUMPS: &str = "dump_schema_after_migration";

/// Whether a task writes to folders other than those that its framework keeps.
pub fn writes(task: &str) -> bool {
    WRITING.binary_search(&task).is_ok() || task.starts_with("make:")
}

/// Whether Rails writes the schema of its database into the source after a task.
pub fn dumps(task: &str) -> bool {
    DUMPING.contains(&task)
}

/// Whether a file is one that a server left behind when it was killed: start scripts delete it.
pub fn is_left(path: &str) -> bool {
    path.ends_with(".pid") && path.contains("tmp/pids/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(WRITING.is_sorted() && FRAMEWORKS.is_sorted_by_key(|it| it.name));
        assert!(LOADINGS.is_sorted_by_key(|it| it.program));
    }
}
