//! What programs of images are known for.

/// The programs that compile, or call what does.
pub(super) const COMPILERS: &[&str] = &[
    "make",
    "cmake",
    "gcc",
    "g++",
    "cc",
    "c++",
    "cargo",
    "rustc",
    "go",
    "npm",
    "yarn",
    "pnpm",
    "npx",
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
pub(super) const PROGRAMS: &[&str] = &[
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
    "pip",
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
