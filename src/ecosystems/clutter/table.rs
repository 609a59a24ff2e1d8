//! Clutter by name.

use super::{
    Class::{
        Caches, Ci, Containers, Databases, Docs, Editors, Environments, Logs, Outputs, Packages,
        Secrets, System, Tests, VersionControl,
    },
    Clutter,
    Place::{Anywhere, Project, Top},
    made::NODE_BUILDS,
};

/// The files of a project in Python, for which somebody makes an environment by hand.
const PYTHON: &[&str] = &["requirements*.txt", "setup.py"];

/// Programs that make pages of the documentation that lies in a folder.
const WRITERS: &[&str] = &["jekyll", "mdbook", "mkdocs", "retype", "sphinx-build", "zensical"];

/// What is known by name, in the order in which an ignore file lists it within a class.
///
/// After github.com/github/gitignore, which says which tool makes what.
pub const TABLE: &[Clutter] = &[
    Clutter::new(".git", VersionControl, Top).near(&[
        ".gitignore",
        ".gitattributes",
        ".gitmodules",
    ]),
    Clutter::new(".hg", VersionControl, Top).near(&[".hgignore"]),
    Clutter::new(".svn", VersionControl, Top),
    Clutter::new(".jj", VersionControl, Top),
    Clutter::new(".venv", Environments, Project).near(PYTHON),
    Clutter::new("venv", Environments, Project).or_source().near(PYTHON),
    Clutter::new("__pypackages__", Environments, Project),
    Clutter::new("node_modules", Packages, Project),
    Clutter::new("__pycache__", Caches, Anywhere).near(&["*.py"]),
    Clutter::new(".pytest_cache", Caches, Project)
        .near(&["pytest.ini", "conftest.py"])
        .of_packages(&["pytest"]),
    Clutter::new(".mypy_cache", Caches, Project).near(&["mypy.ini"]).of_packages(&["mypy"]),
    Clutter::new(".ruff_cache", Caches, Project)
        .near(&["ruff.toml", ".ruff.toml"])
        .of_packages(&["ruff"]),
    Clutter::new(".tox", Caches, Project).near(&["tox.ini"]),
    Clutter::new(".nox", Caches, Project).near(&["noxfile.py"]),
    Clutter::new(".hypothesis", Caches, Project).of_packages(&["hypothesis"]),
    Clutter::new(".coverage", Caches, Project)
        .near(&[".coveragerc"])
        .of_packages(&["pytest-cov", "coverage"]),
    Clutter::new("htmlcov", Caches, Project).or_source().of_packages(&["pytest-cov", "coverage"]),
    Clutter::new(".ipynb_checkpoints", Caches, Anywhere).near(&["*.ipynb"]),
    Clutter::new(".eslintcache", Caches, Project).with("package.json"),
    Clutter::new(".parcel-cache", Caches, Project).of_packages(&["parcel"]),
    Clutter::new(".angular", Caches, Project).near(&["angular.json"]),
    Clutter::new(".turbo", Caches, Project).near(&["turbo.json"]),
    Clutter::new(".nyc_output", Caches, Project).of_packages(&["nyc"]),
    // What was compiled is known from these: without what it is about, nothing would be compiled.
    Clutter::new("*.tsbuildinfo", Caches, Anywhere).or_source().with("tsconfig*.json"),
    Clutter::new(".terraform", Caches, Anywhere),
    Clutter::new(".gradle", Caches, Project).near(&["build.gradle", "build.gradle.kts"]),
    Clutter::new(".next", Outputs, Project).of_packages(&["next"]).made_by(NODE_BUILDS),
    Clutter::new(".nuxt", Outputs, Project).of_packages(&["nuxt"]).made_by(NODE_BUILDS),
    Clutter::new(".svelte-kit", Outputs, Project)
        .of_packages(&["@sveltejs/kit"])
        .made_by(NODE_BUILDS),
    Clutter::new(".output", Outputs, Project).of_packages(&["nuxt"]).made_by(NODE_BUILDS),
    Clutter::new("dist", Outputs, Project)
        .or_source()
        .of_packages(&["@angular/cli", "@nestjs/cli", "@vue/cli-service", "astro", "tsup", "vite"])
        .by_scripts(&[
            "astro build",
            "nest build",
            "ng build",
            "tsup",
            "vite build",
            "vue-cli-service build",
        ])
        .made_by(NODE_BUILDS),
    Clutter::new("build", Outputs, Project)
        .or_source()
        .of_packages(&["react-scripts"])
        .by_scripts(&["react-scripts build"])
        .made_by(NODE_BUILDS),
    Clutter::new("target", Outputs, Project).or_source().near(&["Cargo.toml", "pom.xml"]).made_by(
        &[
            "cargo build",
            "cargo install",
            "mvn compile",
            "mvn install",
            "mvn package",
            "mvn verify",
            "mvnw compile",
            "mvnw install",
            "mvnw package",
            "mvnw verify",
        ],
    ),
    Clutter::new("*.egg-info", Outputs, Anywhere).or_source().near(&["setup.py"]).made_by(&[
        "pip install .",
        "uv pip install .",
        "uv sync",
    ]),
    Clutter::new("bin", Outputs, Anywhere)
        .or_source()
        .near(&["*.csproj", "*.fsproj"])
        .made_by(&["dotnet build", "dotnet publish"]),
    Clutter::new("obj", Outputs, Anywhere)
        .or_source()
        .near(&["*.csproj", "*.fsproj"])
        .made_by(&["dotnet build", "dotnet publish"]),
    Clutter::new(".idea", Editors, Top),
    Clutter::new(".vscode", Editors, Top),
    Clutter::new(".vs", Editors, Top).with("*.sln"),
    Clutter::new(".fleet", Editors, Top),
    Clutter::new(".DS_Store", System, Anywhere),
    Clutter::new("Thumbs.db", System, Anywhere),
    Clutter::new("npm-debug.log*", Logs, Project).with("package.json"),
    Clutter::new("yarn-debug.log*", Logs, Project).with("package.json"),
    Clutter::new("yarn-error.log*", Logs, Project).with("package.json"),
    Clutter::new(".pnpm-debug.log*", Logs, Project).with("package.json"),
    Clutter::new("*.log", Logs, Anywhere).or_source(),
    Clutter::new(".dockerignore", Containers, Project),
    Clutter::new("*.dockerignore", Containers, Project),
    Clutter::new("Dockerfile", Containers, Anywhere),
    Clutter::new("Dockerfile.*", Containers, Anywhere),
    Clutter::new("*.Dockerfile", Containers, Anywhere),
    Clutter::new("*.dockerfile", Containers, Anywhere),
    Clutter::new("Containerfile", Containers, Anywhere),
    Clutter::new("docker-compose*.yml", Containers, Anywhere),
    Clutter::new("docker-compose*.yaml", Containers, Anywhere),
    Clutter::new("compose.yml", Containers, Anywhere),
    Clutter::new("compose.yaml", Containers, Anywhere),
    Clutter::new("compose.*.yml", Containers, Anywhere),
    Clutter::new("compose.*.yaml", Containers, Anywhere),
    Clutter::new(".devcontainer", Containers, Top),
    Clutter::new(".github", Ci, Top),
    Clutter::new(".gitlab", Ci, Top),
    Clutter::new(".gitlab-ci.yml", Ci, Top),
    Clutter::new(".circleci", Ci, Top),
    Clutter::new(".travis.yml", Ci, Top),
    Clutter::new(".drone.yml", Ci, Top),
    Clutter::new("azure-pipelines.yml", Ci, Top),
    Clutter::new("bitbucket-pipelines.yml", Ci, Top),
    Clutter::new("Jenkinsfile", Ci, Top),
    Clutter::new(".pre-commit-config.yaml", Ci, Top),
    Clutter::new("docs", Docs, Project).read_by(WRITERS).read_with(&[
        "@docusaurus/core",
        "docsify",
        "vitepress",
        "vuepress",
    ]),
    Clutter::new("doc", Docs, Project).read_by(WRITERS),
    Clutter::new("README*", Docs, Project)
        .read_by(WRITERS)
        .read_with(&["\"jsdoc\"", "\"typedoc\""]),
    Clutter::new("CHANGELOG*", Docs, Project),
    Clutter::new("CONTRIBUTING*", Docs, Project),
    Clutter::new("CODE_OF_CONDUCT*", Docs, Project),
    Clutter::new("SECURITY.md", Docs, Project),
    Clutter::new("tests", Tests, Project).read_with(&["[[test]]"]),
    Clutter::new("test", Tests, Project).read_with(&["[[test]]"]),
    Clutter::new("__tests__", Tests, Project),
    Clutter::new("e2e", Tests, Project),
    Clutter::new(".env", Secrets, Project),
    Clutter::new(".env.local", Secrets, Project),
    Clutter::new("*.pem", Secrets, Anywhere),
    Clutter::new("*.key", Secrets, Anywhere),
    Clutter::new("id_rsa", Secrets, Anywhere),
    Clutter::new("id_ed25519", Secrets, Anywhere),
    Clutter::new("*credentials*.json", Secrets, Project),
    Clutter::new("service-account*.json", Secrets, Project),
    Clutter::new("serviceAccount*.json", Secrets, Project),
    Clutter::new("*.sqlite3", Databases, Project).or_source(),
    Clutter::new("*.sqlite", Databases, Project).or_source(),
];
