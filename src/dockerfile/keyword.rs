//! The instructions' names.

use std::fmt;

/// The instructions of the Dockerfile reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is named as the reference names it")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// None of the reference's: BuildKit's parser accepts it and the build then fails.
    Unknown,
}

impl Keyword {
    pub(super) fn read(word: &str) -> Self {
        let all = [
            Self::Add,
            Self::Arg,
            Self::Cmd,
            Self::Copy,
            Self::Entrypoint,
            Self::Env,
            Self::Expose,
            Self::From,
            Self::Healthcheck,
            Self::Label,
            Self::Maintainer,
            Self::Onbuild,
            Self::Run,
            Self::Shell,
            Self::Stopsignal,
            Self::User,
            Self::Volume,
            Self::Workdir,
        ];
        all.into_iter().find(|it| word.eq_ignore_ascii_case(it.as_str())).unwrap_or(Self::Unknown)
    }

    /// The keyword in capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Arg => "ARG",
            Self::Cmd => "CMD",
            Self::Copy => "COPY",
            Self::Entrypoint => "ENTRYPOINT",
            Self::Env => "ENV",
            Self::Expose => "EXPOSE",
            Self::From => "FROM",
            Self::Healthcheck => "HEALTHCHECK",
            Self::Label => "LABEL",
            Self::Maintainer => "MAINTAINER",
            Self::Onbuild => "ONBUILD",
            Self::Run => "RUN",
            Self::Shell => "SHELL",
            Self::Stopsignal => "STOPSIGNAL",
            Self::User => "USER",
            Self::Volume => "VOLUME",
            Self::Workdir => "WORKDIR",
            Self::Unknown => "(unknown)",
        }
    }

    pub(super) fn takes_json(self) -> bool {
        use Keyword::{Add, Cmd, Copy, Entrypoint, Healthcheck, Run, Shell, Volume};
        matches!(self, Add | Cmd | Copy | Entrypoint | Healthcheck | Run | Shell | Volume)
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
