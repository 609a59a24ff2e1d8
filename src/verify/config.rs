//! The configuration of an image, the same for every builder.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::text::ImagePath;

/// An image's configuration: the `Config` of the OCI image specification and Docker's own fields, by
/// Docker's names. What is absent and what is empty are the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The user, as USER names it; empty is root.
    pub user: String,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The words of ENTRYPOINT; the shell form's begin with the shell.
    pub entrypoint: Option<Vec<String>>,
    /// The words of CMD; the shell form's begin with the shell.
    pub cmd: Option<Vec<String>>,
    /// The folder that it starts in.
    pub workdir: ImagePath,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The ports of EXPOSE: `8000/tcp`.
    pub exposed: BTreeSet<String>,
    /// The folders of VOLUME.
    pub volumes: BTreeSet<String>,
    /// HEALTHCHECK as Docker's JSON has it: `Test`, and durations in nanoseconds.
    pub healthcheck: Option<Value>,
    /// The signal of STOPSIGNAL.
    pub stop_signal: Option<String>,
    /// The words of SHELL.
    pub shell: Option<Vec<String>>,
    /// The instructions of ONBUILD, in order.
    pub on_build: Vec<String>,
}

impl Config {
    /// The folders in which programs are looked for, separated by colons: Docker's where an image says none.
    pub fn path(&self) -> &str {
        self.env.get("PATH").map_or(PATH, String::as_str)
    }
}

/// The `PATH` that Docker gives to what has none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
