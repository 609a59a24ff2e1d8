//! .NET, as far as it says what an assembly is built from, and the settings that its hosts and logs read.
//!
//! After learn.microsoft.com: "dotnet publish", "Target framework and output paths" (".NET project SDKs", "Common
//! MSBuild project items"), "Customize your build", "Configuration in ASP.NET Core".

mod projects;
mod settings;

pub use projects::{ProjectFile, project};
pub use settings::{Log, environments, has_logs, logs, ports, settings, source};

use crate::shell::Invocation;

/// The endings of the files that describe a project in a language that is read.
pub const PROJECT: &str = ".csproj";

/// Those of projects in other languages.
pub const OTHERS: [&str; 3] = [".fsproj", ".vbproj", ".sqlproj"];

/// The files of the folders above a project that belong to it: the closest of each name counts.
pub const SHARED: [&str; 3] =
    ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"];

/// The folders of a project that are never compiled.
pub const BUILT: [&str; 2] = ["bin", "obj"];

/// How the name of an assembly ends.
const ASSEMBLY: &str = ".dll";

/// The assembly that a command runs, as it names it: `Shop.dll` of `dotnet Shop.dll`, or the program itself, which has
/// the name of one.
pub fn assembly<'w>(
    program: &str,
    path: &'w str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    if program != "dotnet" {
        return Some(path).filter(|it| it.contains('/'));
    }
    let mut words = words.into_iter().skip_while(|it| *it == "exec");
    words.find(|it| !it.starts_with('-')).filter(|it| it.ends_with(ASSEMBLY))
}

/// The name of the assembly in a file.
pub fn stem(file: &str) -> &str {
    file.strip_suffix(ASSEMBLY).unwrap_or(file)
}

/// What a call builds: the project or folder that it names, `.` for none; `None` if it builds nothing.
pub fn built(call: &Invocation) -> Option<String> {
    const VALUED: [&str; 17] = [
        "--arch",
        "--artifacts-path",
        "--configfile",
        "--configuration",
        "--framework",
        "--manifest",
        "--os",
        "--output",
        "--runtime",
        "--source",
        "--verbosity",
        "--version-suffix",
        "-a",
        "-c",
        "-f",
        "-o",
        "-r",
    ];
    let mut words = call.arguments.iter().map(|it| it.text.as_deref().unwrap_or_default());
    let verb = words.next().filter(|_| call.program == "dotnet")?;
    if !["build", "msbuild", "publish"].contains(&verb) {
        return None;
    }
    let mut takes = false;
    let mut operands = words.filter(|it| {
        let is_value = std::mem::replace(&mut takes, VALUED.contains(it) || *it == "-v");
        let is_switch = it.starts_with('-') || it.starts_with("/p:");
        !is_value && !is_switch && !it.is_empty()
    });
    Some(operands.next().unwrap_or(".").to_owned())
}

/// The folder of the project that what is at a path was built in before: `Shop` of `./Shop/bin/Release/net8.0/`.
pub fn built_in(path: &str) -> Option<&str> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let is_start = |at: usize| at == 0 || path[..at].ends_with('/');
    let at = path.match_indices("bin/").map(|it| it.0).find(|it| is_start(*it))?;
    let kinds = ["Debug", "Release"];
    let is_output = kinds.iter().any(|it| path[at..].contains(it));
    is_output
        .then(|| path[..at].trim_end_matches('/'))
        .map(|it| if it.is_empty() { "." } else { it })
}

/// Whether a page or a component has code that may write files: what stands in it is not followed.
pub fn hides_writes(text: &str) -> bool {
    const MARKS: [&str; 8] = [
        "Directory.Create",
        "File.Append",
        "File.Create",
        "File.Open",
        "File.Write",
        "FileStream",
        "Process.Start",
        "StreamWriter",
    ];
    MARKS.iter().any(|it| text.contains(it))
}

/// Whether a file of this name is a page or a component, which may have code.
pub fn is_page(name: &str) -> bool {
    [".cshtml", ".razor"].iter().any(|it| name.ends_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystems::runners;

    #[test]
    fn commands_name_assemblies_and_projects() {
        assert_eq!(assembly("dotnet", "dotnet", ["Shop.dll", "-x"]), Some("Shop.dll"));
        assert_eq!(assembly("dotnet", "dotnet", ["exec", "a/Shop.dll"]), Some("a/Shop.dll"));
        assert_eq!(assembly("dotnet", "dotnet", ["run", "Shop.dll"]), None);
        assert_eq!(assembly("Shop", "./Shop", []), Some("./Shop"));
        assert_eq!(assembly("Shop", "Shop", []), None);
        let built = |line: &str| {
            let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
            built(&runners::invocation(&words)?)
        };
        let line = "dotnet publish Shop.csproj -c Release -o /out /p:UseAppHost=false";
        assert_eq!(built(line).as_deref(), Some("Shop.csproj"));
        assert_eq!(built("dotnet publish -c $KIND -o /out").as_deref(), Some("."));
        assert_eq!(built("dotnet restore Shop.csproj"), None);
    }

    #[test]
    fn assemblies_are_built_in_folders_of_their_projects() {
        assert_eq!(built_in("./Shop/bin/Release/net8.0/publish/"), Some("Shop"));
        assert_eq!(built_in("bin/Debug/net8.0"), Some("."));
        assert_eq!(built_in("cabin/Release").or(built_in("bin/run")), None);
    }

    #[test]
    fn pages_may_write() {
        assert!(hides_writes("@code { new FileStream(path) }") && !hides_writes("<p>File</p>"));
        assert!(is_page("Up.razor") && is_page("Up.cshtml") && !is_page("Up.cs"));
    }
}
