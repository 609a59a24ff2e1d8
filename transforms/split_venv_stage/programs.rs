//! What programs of images are known for.

use crate::ecosystems::{self, Ecosystem, MANAGERS, Manager};

/// Whether a program compiles, or calls what does: managers of other languages build packages.
pub(super) fn compiles(name: &str) -> bool {
    let is_own = |it: &Manager| it.programs.contains(&name) || it.grammar.runners.contains(&name);
    COMPILERS.contains(&name)
        || MANAGERS.iter().any(|it| it.ecosystem != Ecosystem::Python && is_own(it))
}

/// Whether a package that anybody installs, or Python itself, brings a program.
pub(super) fn is_of_packages(name: &str) -> bool {
    let mut managers = ecosystems::environments().filter(|it| it.1.is_bundled);
    PROGRAMS.contains(&name) || managers.any(|it| it.0.programs.contains(&name))
}

/// The programs that compile, or call what does.
const COMPILERS: &[&str] = &[
    "make",
    "cmake",
    "gcc",
    "g++",
    "cc",
    "c++",
    "cargo",
    "rustc",
    "gem",
    "bundle",
    "configure",
    "ninja",
    "meson",
    "autoconf",
    "automake",
    "cython",
    "node-gyp",
    "nvcc",
    "swig",
];

/// Programs that packages bring.
const PROGRAMS: &[&str] = &[
    "python",
    "python3",
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "flask",
    "fastapi",
    "streamlit",
    "celery",
    "alembic",
    "django-admin",
    "pytest",
    "dramatiq",
    "rq",
    "arq",
    "jupyter",
    "mkdocs",
    "scrapy",
    "airflow",
];

/// The programs that start what their own configuration names.
pub(super) const SUPERVISORS: &[&str] = &[
    "supervisord",
    "make",
    "honcho",
    "foreman",
    "circusd",
    "s6-svscan",
    "runsvdir",
    "monit",
    "pm2",
    "just",
    "task",
];
