//! Which files have the values of charts of Helm, besides those that are called so.

use std::collections::BTreeSet;

use super::pods::without_templates;
use crate::{
    project::{File, Project},
    text::{RepoPath, glob::Glob},
    yaml,
};

/// The file that describes a chart: helm.sh/docs/topics/charts.
const CHART: &str = "Chart.yaml";

/// The files with values of a project.
#[derive(Default)]
pub(super) struct Values {
    /// The folders of charts.
    charts: BTreeSet<RepoPath>,
    /// The files that a helmfile names.
    named: BTreeSet<RepoPath>,
}

impl Values {
    pub(super) fn of(project: &Project) -> Self {
        let charts = project.tree().files().filter(|it| it.file_name() == CHART);
        let charts = charts.filter_map(RepoPath::parent).collect();
        let helmfiles = project.files().filter(|it| is_helmfile(&it.path));
        let named = helmfiles.flat_map(|it| named(project, it)).collect();
        Self { charts, named }
    }

    /// Whether a file has values: a helmfile names it or has them in it, it is beside a chart and called so, or it is
    /// called so and names an image.
    pub(super) fn has(&self, file: &File) -> bool {
        let (path, text) = (&file.path, &*file.text);
        let folder = path.parent();
        let is_beside = folder.as_ref().is_some_and(|it| self.charts.contains(it));
        let names_image = || text.contains("repository:") || text.contains("image:");
        let is_called =
            || is_values(path.file_name()) && folder.as_ref().is_some_and(|it| !it.is_root());
        self.named.contains(path)
            || has_values(path, text)
            || (is_called() && (is_beside || names_image()))
    }
}

/// Returns true for the name of values: `values.yaml`, `values-prod.yaml`, `prod.values.yaml`.
pub(super) fn is_values(name: &str) -> bool {
    let name = name.strip_suffix(".gotmpl").unwrap_or(name);
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|it| {
        it.starts_with("values") || it.split(['-', '.', '_']).any(|it| it == "values")
    })
}

/// Returns true for a helmfile: helmfile.readthedocs.io: "Configuration", "Paths Overview".
pub(super) fn is_helmfile(path: &RepoPath) -> bool {
    let name = path.file_name();
    let is_yaml = [".yaml", ".yml", ".yaml.gotmpl"].iter().any(|it| name.ends_with(it));
    let is_inside = || path.parent().is_some_and(|it| it.file_name() == "helmfile.d");
    is_yaml && (name.starts_with("helmfile.") || is_inside())
}

/// Whether a file has values of charts in it: a helmfile, or a release of Flux
/// (fluxcd.io/flux/components/helm/helmreleases: "Inline values").
pub(super) fn has_values(path: &RepoPath, text: &str) -> bool {
    (is_helmfile(path) && text.contains("values:")) || text.contains("kind: HelmRelease")
}

/// The files of values that the releases of a helmfile name, seen from its folder; what a template puts into a name may
/// be anything.
fn named(project: &Project, file: &File) -> Vec<RepoPath> {
    let folder = file.path.parent().unwrap_or(RepoPath::root());
    let reading = yaml::read_only(&without_templates(&file.text)).unwrap_or_default();
    let releases = reading.documents.iter().filter_map(|it| it.get("releases"));
    let values = releases.flat_map(|it| it.items()).filter_map(|it| it.get("values"));
    let names = values.flat_map(|it| it.items()).filter_map(|it| it.as_str());
    let mut found = Vec::new();
    for name in names {
        let mut pattern = String::new();
        let mut rest = name.trim_start_matches("./");
        while let Some((before, after)) = rest.split_once('$') {
            pattern.extend([before, "*"]);
            let expression = after.strip_prefix('<').and_then(|it| Some(it.split_once('>')?.1));
            rest = expression.unwrap_or_else(|| after.strip_prefix('x').unwrap_or(after));
        }
        pattern.push_str(rest);
        let Some(path) = folder.join(&pattern) else { continue };
        let Ok(glob) = Glob::new(path.as_str()) else { continue };
        // What stands before the first wildcard is as it is in each path that matches.
        let plain = path.as_str().find(['*', '?', '[', '\\']).unwrap_or(path.as_str().len());
        let all = project.tree().beginning_with(&path.as_str()[..plain]);
        found.extend(all.filter(|it| glob.matches(it.as_str())).cloned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_helmfiles_are_known_by_their_names() {
        for it in ["values.yaml", "values-prod.yml", "prod.values.yaml", "values.yaml.gotmpl"] {
            assert!(is_values(it), "{it}");
        }
        for it in ["evaluations.yaml", "values.json", "prod.yaml"] {
            assert!(!is_values(it), "{it}");
        }
        let is = |it: &str| is_helmfile(&RepoPath::new(it).unwrap());
        assert!(is("helmfile.yaml") && is("a/helmfile.yaml.gotmpl") && is("helmfile.d/10-a.yaml"));
        assert!(!is("helmfile.lock") && !is("a/10-a.yaml"));
    }

    #[test]
    fn helmfiles_name_files() {
        let text = "releases:\n  - name: shop\n    values:\n      - ./shop-{{ .Environment.Name }}.yaml\n      - till.yaml\n      - image: {}\n";
        let files = ["ops/helmfile.yaml", "ops/shop-a.yaml", "ops/till.yaml", "till.yaml"];
        let project = Project::new(files.map(|it| (RepoPath::new(it).unwrap(), text.to_owned())));
        let found = named(&project, project.file("ops/helmfile.yaml").unwrap());
        let found: Vec<&str> = found.iter().map(RepoPath::as_str).collect();
        assert_eq!(found, ["ops/shop-a.yaml", "ops/till.yaml"]);
    }
}
