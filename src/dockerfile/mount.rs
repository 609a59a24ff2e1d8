//! The mounts of a RUN.

/// A mount of a RUN: `--mount=type=cache,target=…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// `bind` (the default), `cache`, `tmpfs`, `secret` or `ssh`.
    pub kind: String,
    /// The mount point, raw.
    pub target: Option<String>,
    /// The other fields, in order: `(key, value)`, the value empty when there is no `=`.
    pub fields: Vec<(String, String)>,
}

impl Mount {
    /// Reads the value of `--mount`: comma-separated `key=value` fields.
    pub fn read(value: &str) -> Self {
        let mut mount = Self { kind: "bind".to_owned(), ..Self::default() };
        for field in value.split(',') {
            let (key, value) = field.split_once('=').unwrap_or((field, ""));
            match key {
                "type" => value.clone_into(&mut mount.kind),
                "target" | "dst" | "destination" => mount.target = Some(value.to_owned()),
                key => mount.fields.push((key.to_owned(), value.to_owned())),
            }
        }
        mount
    }

    /// The value of the first field that has one of these names.
    pub fn field(&self, names: &[&str]) -> Option<&str> {
        self.fields.iter().find(|it| names.contains(&it.0.as_str())).map(|it| it.1.as_str())
    }

    /// The path of the build context that a bind mount shows; `None` for any other mount.
    pub fn source(&self) -> Option<&str> {
        let is_of_context = self.kind == "bind" && self.field(&["from"]).is_none();
        is_of_context.then(|| self.field(&["source", "src"]).unwrap_or("."))
    }
}
