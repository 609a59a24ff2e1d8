//! Cargo: which programs a command compiles, and what manifests say of packages.
//!
//! After the Cargo Book (doc.rust-lang.org/cargo: "cargo build", "cargo install", "Cargo Targets", "Specifying
//! Dependencies", "Workspaces").

use toml_edit::{Document, Item, TableLike};

use crate::shell::Invocation;

/// The file that describes a package or a workspace.
pub const MANIFEST: &str = "Cargo.toml";

/// The file that a package's own program begins with, and the one that its library begins with.
pub const ROOTS: [&str; 2] = ["src/main.rs", "src/lib.rs"];

/// The folder with more programs.
pub const PROGRAMS: &str = "src/bin";

/// Cargo's command, and those that compile for other platforms: github.com/cross-rs/cross, github.com/tonistiigi/xx.
const NAMES: [&str; 3] = ["cargo", "cross", "xx-cargo"];

/// The words for what compiles programs, with those of github.com/rust-cross/cargo-zigbuild and
/// github.com/rust-secure-code/cargo-auditable.
const BUILDS: [&str; 5] = ["build", "b", "install", "zigbuild", "auditable"];

/// A call that compiles programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build<'c> {
    /// The manifest, or the folder of the package, that is named.
    pub package: Option<&'c str>,
}

/// Reads a call; `None` if it compiles no program of the project.
pub fn build(call: &Invocation) -> Option<Build<'_>> {
    let mut words = call.texts().filter(|it| !it.starts_with(['-', '+']));
    let verb = words.next()?;
    if !NAMES.contains(&call.program.as_str()) || !BUILDS.contains(&verb) {
        return None;
    }
    let value = |names: &[&str]| call.values(names).into_iter().flatten().last();
    let folder = value(&["--path"]);
    if verb == "install" && folder.is_none() {
        return None;
    }
    Some(Build { package: value(&["--manifest-path"]).or(folder) })
}

/// A package of Rust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name; empty for a workspace without a package of its own.
    pub name: String,
    /// The programs that the manifest lists, with the files that they begin with, if these are named.
    pub programs: Vec<(String, Option<String>)>,
    /// The name by which source names the library.
    pub library: String,
    /// The file that the library begins with, if it is named.
    pub library_file: Option<String>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// What the packages of the workspace share.
    pub shared: Vec<Dependency>,
}

/// A dependency of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependency {
    /// The name by which source names it.
    pub name: String,
    /// Its folder, if it is one of the project.
    pub folder: Option<String>,
    /// True if the workspace says what it is.
    pub is_shared: bool,
    /// The features that are turned on.
    pub features: Vec<String>,
}

/// The package that a manifest describes; `None` if it cannot be read.
pub fn package(manifest: &str) -> Option<Package> {
    let document = Document::parse(manifest).ok()?;
    let root = document.as_table();
    let table = |name: &str| root.get(name).and_then(Item::as_table_like);
    let own = table("package");
    let text = |table: &dyn TableLike, key: &str| Some(table.get(key)?.as_str()?.to_owned());
    let name = own.and_then(|it| text(it, "name")).unwrap_or_default();
    let programs = root.get("bin").and_then(Item::as_array_of_tables).into_iter().flatten();
    let programs = programs.filter_map(|it| Some((text(it, "name")?, text(it, "path"))));
    let library = table("lib");
    let mut package = Package {
        programs: programs.collect(),
        library: library.and_then(|it| text(it, "name")).unwrap_or_else(|| ident(&name)),
        library_file: library.and_then(|it| text(it, "path")),
        name,
        ..Package::default()
    };
    package.dependencies = table("dependencies").map(dependencies).unwrap_or_default();
    let targets = table("target").into_iter().flat_map(TableLike::iter);
    for (_, target) in targets {
        let inner = target.as_table_like().and_then(|it| it.get("dependencies"));
        let inner = inner.and_then(Item::as_table_like);
        package.dependencies.extend(inner.map(dependencies).unwrap_or_default());
    }
    let shared = table("workspace").and_then(|it| it.get("dependencies"));
    package.shared = shared.and_then(Item::as_table_like).map(dependencies).unwrap_or_default();
    Some(package)
}

fn dependencies(table: &dyn TableLike) -> Vec<Dependency> {
    let one = |(name, item): (&str, &Item)| {
        let details = item.as_table_like();
        let features = details.and_then(|it| it.get("features")).and_then(Item::as_array);
        let features = features.into_iter().flatten().filter_map(|it| it.as_str());
        let folder = details.and_then(|it| it.get("path")).and_then(Item::as_str);
        let is_shared = details.and_then(|it| it.get("workspace")).and_then(Item::as_bool);
        Dependency {
            name: ident(name),
            folder: folder.map(str::to_owned),
            is_shared: is_shared == Some(true),
            features: features.map(str::to_owned).collect(),
        }
    };
    table.iter().map(one).collect()
}

/// The name of a package as source writes it.
fn ident(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_describe_packages() {
        let text = "[package]\nname = \"tide-table\"\n[[bin]]\nname = \"tide\"\npath = \"src/cli.rs\"\n\
                    [dependencies]\nmoon = { path = \"../moon\" }\nsqlx = { version = \"0.8\", features = [\"sqlite\"] }\n\
                    tokio = { workspace = true }\n[target.'cfg(unix)'.dependencies]\nsled = \"1\"\n";
        let package = package(text).unwrap();
        assert_eq!((package.name.as_str(), package.library.as_str()), ("tide-table", "tide_table"));
        assert_eq!(package.programs, [("tide".to_owned(), Some("src/cli.rs".to_owned()))]);
        let names: Vec<_> = package.dependencies.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["moon", "sqlx", "tokio", "sled"]);
        assert_eq!(package.dependencies[0].folder.as_deref(), Some("../moon"));
        assert_eq!(package.dependencies[1].features, ["sqlite"]);
        assert!(package.dependencies[2].is_shared);
    }
}
