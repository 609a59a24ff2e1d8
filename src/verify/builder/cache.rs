//! Leftovers of builds besides the image: layers, cache mounts, copies of contexts.
//!
//! First builds know no layers from before and have cache mounts of their own, so nobody ever uses again
//! what they leave: gigabytes for a handful of images.

use serde_json::Value;

use super::{Builder, Kind, PATIENCE, process};

impl Builder {
    /// Removes leftovers, the newest first: what others are made of goes when they are gone.
    ///
    /// That something cannot be removed is no error; what is in use stays.
    pub fn forget(&self, leftovers: &[String]) {
        for id in leftovers {
            let mut command = self.command();
            match self.kind {
                Kind::Docker(_) => {
                    let filter = format!("id={id}");
                    command.args(["builder", "prune", "--all", "--force", "--filter", &filter]);
                }
                Kind::Buildah => {
                    command.args(["rmi", id]);
                }
                Kind::Podman => {
                    command.args(["image", "rm", id]);
                }
            }
            let _ = process::capture(command, PATIENCE);
        }
    }

    /// Returns true if a base image that a build fetched is itself among the leftovers: in BuildKit's cache.
    pub fn keeps_bases(&self) -> bool {
        matches!(self.kind, Kind::Docker(_))
    }

    /// The numbers of what it keeps, the newest first: records of BuildKit's cache; images without a name. Empty if
    /// it cannot list them.
    pub fn leftovers(&self) -> Vec<String> {
        let mut command = self.command();
        let what = format!("{} cache", self.noun());
        if let Kind::Docker(_) = self.kind {
            command.args(["system", "df", "--verbose", "--format", "{{json .BuildCache}}"]);
            let said = process::output(command, PATIENCE, &what).unwrap_or_default();
            return of_buildkit(&serde_json::from_str(&said).unwrap_or_default());
        }
        command.args(["images", "--all", "--quiet", "--no-trunc", "--filter", "dangling=true"]);
        let said = process::output(command, PATIENCE, &what).unwrap_or_default();
        said.lines().map(|it| it.trim().to_owned()).collect()
    }
}

fn of_buildkit(said: &Value) -> Vec<String> {
    let text = |it: &Value, name: &str| it.get(name)?.as_str().map(str::to_owned);
    let records = said.as_array().into_iter().flatten();
    // A star marks what is in use.
    let record = |it: &Value| {
        let id = text(it, "ID")?.trim_end_matches('*').to_owned();
        Some((text(it, "CreatedAt").unwrap_or_default(), id))
    };
    let mut records: Vec<_> = records.filter_map(record).collect();
    records.sort_unstable();
    records.into_iter().rev().map(|it| it.1).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_come_newest_first() {
        let said = json!([
            {"ID": "a", "CreatedAt": "2026-01-01 10:00:00.1 +0000 UTC", "InUse": "false"},
            {"ID": "b*", "CreatedAt": "2026-01-01 10:00:00.2 +0000 UTC", "InUse": "true"},
            {"CreatedAt": "2026"},
        ]);
        assert_eq!(of_buildkit(&said), ["b", "a"]);
        assert_eq!(of_buildkit(&Value::Null), [""; 0]);
    }
}
