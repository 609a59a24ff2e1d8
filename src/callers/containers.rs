//! Containers that CI, Makefiles and scripts run, besides those of compose files.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{Build, image_name, is_guide};
use crate::{
    ecosystems::system,
    project::{File, Project, is_dockerfile},
    text::{Place, RepoPath, logical_lines},
};

/// What CI, Makefiles, scripts and guides run in containers; of what is said again and again, the first.
#[derive(Default)]
pub(super) struct Executions {
    all: Vec<Execution>,
    /// The numbers of those that name a service or an image of a Dockerfile.
    by_dockerfile: HashMap<RepoPath, BTreeSet<usize>>,
    /// The numbers of those that name none that is known.
    of_any: BTreeSet<usize>,
}

impl Executions {
    fn new(all: Vec<Execution>) -> Self {
        let (mut by_dockerfile, mut of_any) = (HashMap::new(), BTreeSet::new());
        for (at, it) in all.iter().enumerate() {
            let Some(known) = &it.dockerfiles else {
                of_any.insert(at);
                continue;
            };
            for dockerfile in known.iter().flat_map(|it| it.iter()) {
                let own: &mut BTreeSet<usize> =
                    by_dockerfile.entry(dockerfile.clone()).or_default();
                own.insert(at);
            }
        }
        Self { all, by_dockerfile, of_any }
    }

    /// Those that are run in an image of this Dockerfile, in order.
    pub(super) fn of(&self, dockerfile: &RepoPath) -> impl Iterator<Item = &Execution> {
        let own = self.by_dockerfile.get(dockerfile).into_iter().flatten();
        own.filter_map(|at| self.all.get(*at))
    }
}

/// A command line that a file gives to a container: `docker run`, `docker compose exec` and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The place.
    pub place: Place,
    /// The words after `run` or `exec`: options, the image or service, and the command.
    pub said: String,
    /// The Dockerfiles of the services and images that it names; `None` when it names none that is known.
    dockerfiles: Option<Vec<Arc<HashSet<RepoPath>>>>,
    /// The command, after the first word that names a service or an image; empty if there is none.
    command: String,
    /// The program with which it installs packages of the distribution as root.
    installer: Option<&'static str>,
}

impl Execution {
    /// The absolute paths that it names, but for those of volumes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let words = self.said.split_whitespace().filter(|it| !it.contains(':'));
        words.map(|it| it.trim_matches(['"', '\'', '`', ')'])).filter(|it| it.starts_with('/'))
    }

    /// The program with which it installs packages of the distribution in the image.
    pub(super) fn installer(&self) -> Option<&'static str> {
        self.installer
    }
}

impl Project {
    /// What CI, Makefiles and scripts run in an image of this Dockerfile, as far as one can tell.
    pub fn executions(&self, dockerfile: &RepoPath) -> impl Iterator<Item = &Execution> {
        let all = self.all_executions();
        let own = all.by_dockerfile.get(dockerfile).into_iter().flatten();
        let numbers: BTreeSet<usize> = own.chain(&all.of_any).copied().collect();
        let found = numbers.into_iter().filter_map(|at| all.all.get(at));
        found.filter(|it| !is_guide(&it.place.path))
    }

    /// The commands that guides, CI, Makefiles and scripts run in containers of this Dockerfile's image, as its own user,
    /// each with its place.
    pub fn commands_inside(&self, dockerfile: &RepoPath) -> Vec<(&Place, String)> {
        let all = self.all_executions().of(dockerfile).filter(|it| !it.command.is_empty());
        all.map(|it| (&it.place, it.command.clone())).collect()
    }
}

/// The Dockerfiles of what has a name: services and their containers, and images.
pub(super) struct Named<'a> {
    services: HashMap<&'a str, Arc<HashSet<RepoPath>>>,
    images: HashMap<String, Arc<HashSet<RepoPath>>>,
}

impl<'a> Named<'a> {
    /// Those of a project, whose builds are known by the names of their images.
    pub(super) fn new(project: &'a Project, named: &BTreeMap<String, Vec<Build>>) -> Self {
        let mut services: HashMap<&str, HashSet<RepoPath>> = HashMap::new();
        for it in project.files().flat_map(|it| &it.callers().services) {
            for name in [Some(&it.name), it.container.as_ref()].into_iter().flatten() {
                services.entry(name).or_default().extend(it.dockerfile.clone());
            }
        }
        let services = services.into_iter().map(|(name, it)| (name, Arc::new(it)));
        let of_builds = |(name, builds): (&String, &Vec<Build>)| {
            (name.clone(), Arc::new(builds.iter().map(|it| it.dockerfile.clone()).collect()))
        };
        Self { services: services.collect(), images: named.iter().map(of_builds).collect() }
    }

    /// The Dockerfiles of an image, by its reference.
    pub(super) fn image(&self, reference: &str) -> Option<&Arc<HashSet<RepoPath>>> {
        self.images.get(&image_name(reference)?)
    }

    /// The Dockerfiles of a service, a container or an image.
    pub(super) fn any(&self, name: &str) -> Option<&Arc<HashSet<RepoPath>>> {
        self.services.get(name).or_else(|| self.image(name))
    }
}

/// All that the files of a project run in containers.
pub(super) fn executions(project: &Project, named: &BTreeMap<String, Vec<Build>>) -> Executions {
    let files = project.files().filter(|it| runs(&it.path) || is_guide(&it.path));
    let said = files.flat_map(|it| &it.memo.get(|| Commands(read(it))).0);
    // Whoever says the same runs it in the same images; people are told other things than machines.
    let mut known = HashSet::new();
    let said = said.filter(|it| known.insert((it.1.as_str(), is_guide(&it.0.path))));
    let said: Vec<&(Place, String)> = said.collect();
    if said.is_empty() {
        return Executions::default();
    }
    let known = Named::new(project, named);
    let found = said.into_iter().cloned().map(|(place, said)| {
        let of_services = said.split_whitespace().filter_map(|it| known.services.get(it));
        let of_images = said.split_whitespace().filter_map(|it| known.image(it));
        let all: Vec<_> = of_services.chain(of_images).cloned().collect();
        let names = |it: &str| known.services.contains_key(it) || known.image(it).is_some();
        let mut words = said.split_whitespace().skip_while(|it| !names(it)).skip(1);
        let command = if as_root(&said) { String::new() } else { plain(&mut words) };
        let dockerfiles = (!all.is_empty()).then_some(all);
        let installer = system::installer(&said).filter(|_| !as_root(&said));
        Execution { place, said, dockerfiles, command, installer }
    });
    Executions::new(found.collect())
}

/// Words as one line, without what is left of the quotes around it where it was a string of JSON or of YAML.
fn plain<'w>(words: &mut impl Iterator<Item = &'w str>) -> String {
    let line = words.collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['"', ',', '`']);
    let is_open = |quote: char| line.matches(quote).count() % 2 == 1;
    let line = if is_open('\'') { line.trim_end_matches('\'') } else { line };
    line.replace("\\\"", "\"")
}

/// Whether the words of a command line ask for root, whoever the image's user is.
fn as_root(said: &str) -> bool {
    let mut words = said.split_whitespace();
    let mut is_user = false;
    words.any(|word| {
        let is_value = std::mem::replace(&mut is_user, ["-u", "--user"].contains(&word));
        let value = word.strip_prefix("--user=").or_else(|| word.strip_prefix("-u"));
        let value = if is_value { Some(word) } else { value };
        value.is_some_and(|it| ["0", "root"].contains(&it.split(':').next().unwrap_or(it)))
    })
}

/// Returns true for files whose lines are run: callers, and recipes that build nothing themselves. What is
/// written for people is none.
pub(super) fn runs(path: &RepoPath) -> bool {
    let name = path.file_name();
    let extension = name.rsplit_once('.').map_or("", |it| it.1);
    let prose = ["adoc", "md", "rst", "txt"].contains(&extension)
        || ["CONTRIBUTING", "README"].iter().any(|it| name.starts_with(it));
    !prose && !is_dockerfile(name) && !name.ends_with("ignore")
}

/// What a file runs in containers, and where.
struct Commands(Vec<(Place, String)>);

fn read(file: &File) -> Vec<(Place, String)> {
    if !file.text.contains(" run ") && !file.text.contains(" exec ") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (start, line) in logical_lines(&file.text) {
        if !line.trim_start().starts_with('#') {
            // The strings of JSON are lines of their own.
            let lines: Vec<&str> = match file.path.file_name().ends_with(".json") {
                true => line.split('"').collect(),
                false => vec![&line],
            };
            let said = lines.into_iter().flat_map(commands).filter_map(|it| in_container(&it));
            let place = file.line(start);
            found.extend(said.map(|it| (place.clone(), it)));
        }
    }
    found
}

/// The commands of a line, which operators outside quotes divide.
pub(super) fn commands(line: &str) -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(it) if it == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if ['&', ';', '|'].contains(&c) => {
                commands.push(String::new());
                continue;
            }
            _ => {}
        }
        commands.last_mut().into_iter().for_each(|it| it.push(c));
    }
    commands
}

/// The words that a command gives to a container.
fn in_container(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let run = words.iter().position(|it| ["run", "exec"].contains(it))?;
    let starts = |at: usize| {
        let word = words[at].trim_start_matches(['@', '-', '"', '\'', '[']).to_lowercase();
        let name = word.rsplit('/').next().unwrap_or_default();
        let known = ["docker", "docker-compose", "podman", "podman-compose", "nerdctl", "kubectl"];
        let variable = word.starts_with('$');
        known.contains(&name)
            || (variable && (at + 1 == run || word.contains("docker") || word.contains("compose")))
    };
    (0..run).any(starts).then(|| words[run + 1..].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_containers_are_known_by_who_starts_them() {
        let rows = [
            ("docker run --rm web poetry run pytest", Some("--rm web poetry run pytest")),
            ("\t@docker compose -f a.yml exec web uv sync", Some("web uv sync")),
            ("- run: docker-compose run web sh -c 'a && b'", Some("web sh -c 'a && b'")),
            ("$(DC) exec web poetry lock", Some("web poetry lock")),
            ("poetry run docker ps", None),
            ("docker compose up -d", None),
        ];
        for (line, said) in rows {
            let found = commands(line).iter().find_map(|it| in_container(it));
            assert_eq!(found.as_deref(), said, "{line}");
        }
    }

    #[test]
    fn a_service_tells_which_dockerfile_is_meant() {
        let file = |path: &str, text: &str| (RepoPath::new(path).unwrap(), text.to_owned());
        let project = Project::new([
            file("compose.yml", "services:\n  web:\n    build: web\n  api:\n    build: api\n"),
            file("Makefile", "test:\n\tdocker compose run web pytest && docker run x sh\n"),
            file("web/Dockerfile", "FROM scratch\n"),
            file("api/Dockerfile", "FROM scratch\n"),
        ]);
        let rows: [(&str, &[&str]); 2] =
            [("web/Dockerfile", &["web pytest", "x sh"]), ("api/Dockerfile", &["x sh"])];
        for (path, expected) in rows {
            let dockerfile = RepoPath::new(path).unwrap();
            let found = project.executions(&dockerfile).map(|it| it.said.as_str());
            assert_eq!(found.collect::<Vec<_>>(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_said_twice_is_known_once_for_people_and_once_for_machines() {
        let file = |path: &str, text: &str| (RepoPath::new(path).unwrap(), text.to_owned());
        let project = Project::new([
            file("Dockerfile", "FROM scratch\n"),
            file("a/Makefile", "test:\n\tdocker run x sh\n"),
            file("b/Makefile", "test:\n\tdocker run x sh\n"),
            file("README.md", "`docker build .`\n\n    docker run x sh\n"),
        ]);
        let places = |all: &Executions| -> Vec<String> {
            all.all.iter().map(|it| it.place.to_string()).collect()
        };
        assert_eq!(places(project.all_executions()), ["README.md:3", "a/Makefile:2"]);
        let dockerfile = RepoPath::new("Dockerfile").unwrap();
        let own = project.executions(&dockerfile);
        assert_eq!(own.map(|it| it.place.to_string()).collect::<Vec<_>>(), ["a/Makefile:2"]);
    }
}
