//! The files that describe projects: what is compiled besides the source below their folder, and what they refer to.

/// What the file of a project says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFile {
    /// The name of its assembly, if it is not that of the file.
    pub assembly: Option<String>,
    /// The files of the projects that it refers to, as it names them, with `/` between their parts.
    pub references: Vec<String>,
    /// The packages that it refers to.
    pub packages: Vec<String>,
    /// The source that it compiles besides that below its folder: files and patterns.
    pub compiled: Vec<String>,
    /// The source that it does not compile: files and patterns.
    pub removed: Vec<String>,
    /// The files of settings that it brings in.
    pub imported: Vec<String>,
    /// True if it compiles only what it names.
    pub is_told: bool,
}

/// Reads the file of a project, or one that belongs to several.
pub fn project(text: &str) -> ProjectFile {
    let text = without_comments(text);
    let all = |name: &str, attribute: &str| {
        let tags = tags(&text, name).into_iter();
        let values = tags.filter_map(|it| value(it, attribute));
        let parts = values.flat_map(|it| it.split(';').map(path).collect::<Vec<_>>());
        parts.filter(|it| !it.is_empty()).collect::<Vec<_>>()
    };
    let flag = |name: &str| inner(&text, name).is_some_and(|it| it.eq_ignore_ascii_case("false"));
    ProjectFile {
        assembly: inner(&text, "AssemblyName").map(str::to_owned),
        references: all("ProjectReference", "Include"),
        packages: all("PackageReference", "Include"),
        compiled: all("Compile", "Include"),
        removed: all("Compile", "Remove"),
        imported: all("Import", "Project"),
        is_told: flag("EnableDefaultCompileItems")
            || flag("EnableDefaultItems")
            || !text.contains("Sdk=") && !text.contains("<Sdk "),
    }
}

/// A path as the project names it, with `/` between its parts.
fn path(text: &str) -> String {
    text.trim().replace('\\', "/")
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, it| all + it.split_once("-->").map_or("", |it| it.1))
}

/// The text of the first element of this name.
fn inner<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.split(&format!("<{name}>")).nth(1)?;
    rest.split('<').next().map(str::trim).filter(|it| !it.is_empty())
}

/// The tags of elements of this name, without their brackets.
fn tags<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let open = format!("<{name}");
    let rest = text.split(&open).skip(1);
    let tags = rest.filter(|it| it.starts_with(char::is_whitespace));
    tags.filter_map(|it| it.split('>').next()).collect()
}

/// The value of an attribute of a tag.
pub(super) fn value<'t>(tag: &'t str, attribute: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once(attribute)?;
        let is_whole = before.is_empty() || before.ends_with(char::is_whitespace);
        let after = after.trim_start().strip_prefix('=').filter(|_| is_whole).map(str::trim_start);
        match after.and_then(|it| Some((it, it.chars().next()?))) {
            Some((it, quote @ ('"' | '\''))) => return it[1..].split(quote).next(),
            _ => rest = rest.split_once(attribute)?.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_name_what_they_are_built_from() {
        let text = "<Project Sdk=\"Microsoft.NET.Sdk.Web\">\n<AssemblyName>Kiosk</AssemblyName>\n\
            <!-- <ProjectReference Include=\"no.csproj\" /> -->\n\
            <ProjectReference Include=\"..\\Core\\Core.csproj\" />\n\
            <PackageReference Version=\"1.0\" Include='LiteDB' />\n\
            <Compile Remove=\"Old\\**;Draft.cs\" />\n<Compile Include=\"../Shared/Name.cs\" />";
        let read = project(text);
        assert_eq!(read.assembly.as_deref(), Some("Kiosk"));
        assert_eq!(read.references, ["../Core/Core.csproj"]);
        assert_eq!(read.packages, ["LiteDB"]);
        assert_eq!(read.removed, ["Old/**", "Draft.cs"]);
        assert_eq!(read.compiled, ["../Shared/Name.cs"]);
        assert!(!read.is_told && project("<Project ToolsVersion=\"4.0\">").is_told);
        assert_eq!(value("Include = \"a\"", "Include"), Some("a"));
        assert_eq!(value("NoInclude=\"a\"", "Include"), None);
        assert_eq!(value("Include", "Include"), None);
    }
}
