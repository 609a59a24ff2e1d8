//! Whether an image should get a user: it is deployed, runs as root today, and nobody relies on that.

use super::{
    Image,
    base::{self, Base},
    needs,
    process::Process,
};
use crate::{
    callers::Claim,
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{
        Setting, grammar_of, images,
        programs::{self, Trait},
        system::{self, What},
    },
    shell::is_shell,
    text::{Refusal, RepoPath},
};

/// Words in the names of files and stages for tests and development.
const NOT_DEPLOYED: [&str; 23] = [
    "bench",
    "build",
    "builder",
    "ci",
    "debug",
    "dev",
    "devcontainer",
    "devel",
    "develop",
    "development",
    "docs",
    "e2e",
    "fuzz",
    "lint",
    "local",
    "test",
    "tester",
    "testing",
    "tests",
    "unittest",
    "integration",
    "fixtures",
    "testdata",
];

fn is_not_deployed(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split(['.', '-', '_']).any(|it| NOT_DEPLOYED.contains(&it))
}

/// Whether the name of a stage says only that something is built in it.
fn builds_only(name: &str) -> bool {
    let name = name.to_lowercase();
    let said = name.split(['.', '-', '_']).filter(|it| NOT_DEPLOYED.contains(it));
    said.into_iter().all(|it| ["build", "builder"].contains(&it))
}

/// Whether the path of a file says that it is for tests, development or CI.
pub(super) fn is_of_development(path: &RepoPath) -> bool {
    is_not_deployed(path.file_name()) || kept_for(path).is_some()
}

/// The closest folder with a file in it that says that the file is for tests, development or CI.
fn kept_for(path: &RepoPath) -> Option<RepoPath> {
    // A folder may be called `build` or `docs` for other reasons.
    let of_tests = |it: &str| {
        let hidden = [".devcontainer", ".github", ".circleci", ".gitlab", ".ci", ".buildkite"];
        let plain = ["test", "tests", "testing", "e2e", "testdata", "fixtures", "dev", "ci"];
        hidden.contains(&it) || plain.contains(&it)
    };
    path.ancestors().find(|it| !it.is_root() && of_tests(it.file_name()))
}

/// Whether the image already runs as a user other than root, or is not deployed.
///
/// # Errors
/// A decline's code and reason: the author wants root, or the user is not known.
pub(super) fn has_user(image: &Image<'_>) -> Result<bool, Refusal> {
    if is_not_deployed(image.site.path.file_name()) {
        return Ok(true);
    }
    if !image.instructions().any(|it| it.instruction.keyword == Keyword::User) {
        return match kept_for(image.site.path) {
            None => Ok(false),
            Some(folder) => {
                let reason =
                    format!("it is kept in {folder}, a folder for tests, development or CI");
                Err(Refusal::new("test-image", reason))
            }
        };
    }
    match image.state().is_root().or_else(|| brought(image)) {
        None => Err(Refusal::new("unknown-user", "the user that USER names is not known")),
        Some(true) => Err(Refusal::new("explicit-root", "USER sets root")),
        Some(false) => Ok(true),
    }
}

/// Whether the user that USER takes from a variable of the base image is root; `None` if the image is not known to
/// set it: .NET's images set `APP_UID` for `USER $APP_UID`.
fn brought(image: &Image<'_>) -> Option<bool> {
    let users = image.instructions().filter(|it| it.instruction.keyword == Keyword::User);
    let name = users.last()?.instruction.text().strip_prefix('$')?;
    let base = images::named(image.base()?);
    match base.variable(name.trim_matches(['{', '}'])) {
        Setting::Known(user) => {
            let account = base.account()?;
            (account.user.to_string() == user).then_some(account.user == 0)
        }
        Setting::Unknown | Setting::Unset => None,
    }
}

/// The base image; `None` if it runs as a user other than root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn base(image: &Image<'_>) -> Result<Option<Base>, Refusal> {
    let Some(reference) = image.base() else {
        return Err(Refusal::new("unknown-base", "its base image is not known"));
    };
    let Some(base) = base::of(reference)? else { return Ok(None) };
    // The only stage is what is built and run, even if it is called `builder`, and so is one with a command.
    let starts = |it: &Instruction| matches!(it.keyword, Keyword::Cmd | Keyword::Entrypoint);
    let is_run = image.site.stages.len() == 1 || image.stage.instructions().any(|it| starts(it.2));
    let is_of_others = |it: &str| is_not_deployed(it) && !(is_run && builds_only(it));
    if let Some(name) = image.stage.name.filter(|it| is_of_others(it)) {
        return Err(Refusal::new("test-image", format!("its last stage is named {name}")));
    }
    if image.instructions().any(|it| it.instruction.keyword == Keyword::Onbuild) {
        return Err(Refusal::new(
            "onbuild",
            "builds based on it run its ONBUILD, which may need root",
        ));
    }
    let stage = image.stage;
    let shell = |at| crate::shell::is_posix(&stage.state_before(at));
    if !shell(stage.from + 1) || !shell(stage.end) {
        return Err(Refusal::new("not-posix-shell", "SHELL names a shell that is not POSIX"));
    }
    Ok(Some(base))
}

/// The names of stages besides the last that are images of their own: no other stage takes anything of them, and their
/// names do not say that they are for tests or development. They stay as they are.
pub(super) fn other_images(image: &Image<'_>) -> Vec<String> {
    let stages = &image.site.stages;
    let takes = |other: &Stage<'_>, stage: &Stage<'_>| {
        other.instructions().any(|(_, _, it)| {
            let copied = it.copy().and_then(|it| it.from).is_some_and(|it| stage.is_called(it));
            let mut mounts = it.mounts().flat_map(|it| it.fields);
            copied || mounts.any(|(key, value)| key == "from" && stage.is_called(&value))
        })
    };
    let is_used = |stage: &Stage<'_>| {
        stages
            .iter()
            .any(|it| it.index != stage.index && (it.is_built_on(stage.index) || takes(it, stage)))
    };
    let others = stages.iter().filter(|it| it.index != image.stage.index && !is_used(it));
    let roots = others.filter(|it| it.state_before(it.end).is_root() != Some(false));
    let names = roots.filter_map(|it| it.name).filter(|it| !is_not_deployed(it));
    names.map(str::to_owned).collect()
}

/// Checks that nothing runs the image in a way that another user would break.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>) -> Result<(), Refusal> {
    let builds = image.project.builds(image.site.path);
    let names = |target: &str| image.stage.name.is_some_and(|it| it.eq_ignore_ascii_case(target));
    if !builds.is_empty()
        && builds.iter().all(|it| it.target.as_deref().is_some_and(|it| !names(it)))
    {
        return Err(Refusal::new("other-target", "its callers build another stage"));
    }
    let folder = image.site.path.parent().unwrap_or(RepoPath::root());
    let action = ["action.yml", "action.yaml"].iter().filter_map(|it| folder.join(it));
    if let Some(it) = action.into_iter().find(|it| image.exists(it)) {
        return Err(Refusal::new(
            "github-action",
            format!("{it} runs the image as a GitHub action, which needs root"),
        ));
    }
    let unread = image.project.unread_caller(image.site.path);
    let unread = unread.or_else(|| image.project.unread_deployment(image.site.path));
    if let Some(it) = unread {
        return Err(Refusal::new("unknown-caller", it.reason()));
    }
    if let Some((place, mount)) = image.project.written_mount(image.site.path) {
        let reason = format!(
            "{place} writes a compose file with the mount {mount}, and it is not known which image gets it"
        );
        return Err(Refusal::new("unknown-caller", reason));
    }
    if let Some(it) = image.project.build_upon(image.site.path) {
        return Err(Refusal::new("base-image", it.reason()));
    }
    if let Some((place, program)) = image.project.installed_inside(image.site.path) {
        let reason =
            format!("{place} runs {program} in a container of the image, which needs root");
        return Err(Refusal::new("needs-root", reason));
    }
    let is_own = |target: Option<&str>| target.is_none_or(names);
    if let Some(place) = image.project.worked_in(image.site.path, &is_own) {
        let reason = format!(
            "{place} has people work in it as its user, on files of the host, whose owner is another user"
        );
        return Err(Refusal::new("bind-mount", reason));
    }
    if let Some(sync) = image.project.synced(image.site.path, &is_own) {
        let to = sync.to.as_ref().map_or(String::new(), |it| format!(" to {it}"));
        let reason = format!(
            "{} has files copied{to} in a running container, which the user could not write to",
            sync.place
        );
        return Err(Refusal::new("bind-mount", reason));
    }
    for started in image.services() {
        let (place, service) = (started.place(), started.service);
        if let Some(user) = &service.user {
            // What a variable or a command says, a script shows as `${…}`.
            let user = if user.contains('…') { "a user of the host" } else { user.as_str() };
            let reason = format!("{place} runs the image as {user}");
            return Err(Refusal::new("compose-user", reason));
        }
        if service.keeps_waiting() {
            let reason = format!("{place} starts it only to wait for what people run in it");
            return Err(Refusal::new("tool-image", reason));
        }
        if let Some(privilege) = service.privileges.first() {
            return Err(Refusal::new("needs-privileges", format!("{place} sets {privilege}")));
        }
    }
    pods(image)
}

/// Checks that no installed package of the distribution needs root or is the service that runs.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn packages(image: &Image<'_>, processes: &[Process]) -> Result<(), Refusal> {
    let copied = image.instructions().any(|it| {
        let from = it.instruction.copy().and_then(|it| it.from);
        from.is_some_and(|it| images::named(it).brings("docker"))
    });
    if copied || image.mentions_run(&["download.docker.com", "get.docker.com"]) {
        return Err(Refusal::new(
            "needs-root",
            "it contains Docker's client, and only root may use Docker's socket",
        ));
    }
    let service = |it: &Process| {
        let reason = format!(
            "{} runs {}, a program of the distribution with folders of its own",
            it.from, it.program
        );
        Err(Refusal::new("service-image", reason))
    };
    if let Some(it) = processes.iter().find(|it| needs::is_daemon(image, it)) {
        return service(it);
    }
    for run in image.runs(&system::PROGRAMS)? {
        let wanted = run.calls().iter().filter_map(|it| system::wanted(&it.call));
        for item in wanted.flat_map(|it| it.items) {
            let What::Package { name: package, .. } = item.what else { continue };
            if programs::named(package).is(Trait::RootPackage) {
                let reason = format!("it installs {package}, which needs root");
                return Err(Refusal::new("needs-root", reason));
            }
            if let Some(it) = processes.iter().find(|it| brings(package, &it.program)) {
                return service(it);
            }
        }
    }
    Ok(())
}

/// Whether a package exists for this program, and the program is not one that runs or serves other code.
fn brings(package: &str, program: &str) -> bool {
    let bare = program.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let first = package.split('-').next().unwrap_or_default();
    let is_general = bare.is_empty()
        || is_shell(bare)
        || grammar_of(bare).is_some()
        || programs::named(bare).is_general();
    !is_general
        && (package == program || package == program.trim_end_matches('d') || first == program)
}

/// Checks that no Kubernetes manifest runs the image with a user, privileges or a volume of its own.
fn pods(image: &Image<'_>) -> Result<(), Refusal> {
    let claims = image.project.claims(image.site.path);
    // One that is surely about this image is named before others.
    let sure = claims.iter().find(|it| it.other.is_none());
    let Some(stated) = sure.or_else(|| claims.first()) else { return Ok(()) };
    let place = match &stated.other {
        Some(image) => format!("{} (if {image} is this image)", stated.place),
        None => stated.place.to_string(),
    };
    Err(match stated.claim {
        Claim::User => Refusal::new("kubernetes-user", format!("{place} sets runAsUser")),
        Claim::Privileged => Refusal::new("needs-privileges", format!("{place} sets privileged")),
        Claim::Capabilities => Refusal::new(
            "needs-privileges",
            format!("{place} adds capabilities, which Kubernetes gives to root alone"),
        ),
        // What `fsGroup` says does not change the owner of the node's own folders:
        // https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
        Claim::HostPath => Refusal::new(
            "kubernetes-volume",
            format!("{place} mounts a folder of the node, and its owner is another user"),
        ),
        Claim::Volume => Refusal::new(
            "kubernetes-volume",
            format!("{place} mounts a volume without fsGroup, and it belongs to root"),
        ),
        Claim::Closed => Refusal::new(
            "closed-mode",
            format!(
                "{place} mounts files without fsGroup and with a mode that lets root alone read them"
            ),
        ),
    })
}
