//! Whether an image is one to hand over: deployed, run by root today, and by nobody who wants that.

use super::{
    Image,
    base::{self, Base},
    needs::Needs,
    processes::Process,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{
        images,
        system::{self, What},
    },
    text::{Refusal, RepoPath},
};

/// Words that a file or a stage of tests and development is named by.
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

/// Whether a Dockerfile is named as one of tests, development or CI.
pub(super) fn is_of_development(path: &RepoPath) -> bool {
    let folders = path.ancestors().filter(|it| !it.is_root());
    let mut folders = folders.map(|it| it.file_name().to_owned());
    // A folder may be called `build` or `docs` for other reasons.
    let of_tests = |it: &String| {
        let hidden = [".devcontainer", ".github", ".circleci", ".gitlab", ".ci", ".buildkite"];
        let plain = ["test", "tests", "testing", "e2e", "testdata", "fixtures", "dev", "ci"];
        hidden.contains(&it.as_str()) || plain.contains(&it.as_str())
    };
    is_not_deployed(path.file_name()) || folders.any(|it| of_tests(&it))
}

/// Whether it runs as another user than root already.
///
/// # Errors
/// A decline's code and reason: root by the author's will, or nothing tells.
pub(super) fn has_user(image: &Image<'_>) -> Result<bool, Refusal> {
    if is_of_development(image.site.path) {
        return Ok(true);
    }
    let mut named = image.instructions().filter(|it| it.1.keyword == Keyword::User);
    let Some(_) = named.next() else { return Ok(false) };
    match image.state().is_root() {
        None => Err(Refusal::new("unknown-user", "the user that it runs as is not known")),
        Some(true) => Err(Refusal::new("explicit-root", "USER says that it runs as root")),
        Some(false) => Ok(true),
    }
}

/// What it is built on; `None` when that runs as another user than root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn base(image: &Image<'_>) -> Result<Option<Base>, Refusal> {
    let Some(reference) = image.base() else {
        return Err(Refusal::new("unknown-base", "its base image is not known"));
    };
    let Some(base) = base::of(reference)? else { return Ok(None) };
    if let Some(name) = image.stage.name.filter(|it| is_not_deployed(it)) {
        return Err(Refusal::new("test-image", format!("its last stage is named {name}")));
    }
    if image.instructions().any(|it| it.1.keyword == Keyword::Onbuild) {
        return Err(Refusal::new("onbuild", "its ONBUILD needs root in the builds based on it"));
    }
    let stage = image.stage;
    let shell = |at| crate::shell::is_posix(&stage.state_before(at));
    if !shell(stage.from + 1) || !shell(stage.end) {
        return Err(Refusal::new("not-posix-shell", "SHELL names a shell that is not POSIX"));
    }
    Ok(Some(base))
}

/// Whether nobody runs it in a way that a user of its own would break.
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
            format!("{it} runs it as a GitHub action, which needs root"),
        ));
    }
    for (file, service) in image.services() {
        let place = service.place(file);
        if let Some(user) = &service.user {
            return Err(Refusal::new("compose-user", format!("{place} runs it as {user}")));
        }
        if let Some(it) = service.privileges.first() {
            return Err(Refusal::new("needs-privileges", format!("{place} sets {it}")));
        }
    }
    pods(image)
}

/// Whether no package of the distribution says that root is needed, or is itself what runs.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn packages(image: &Image<'_>, processes: &[Process]) -> Result<(), Refusal> {
    let root = [
        "cron",
        "cronie",
        "dcron",
        "docker-ce-cli",
        "docker-cli",
        "docker-compose",
        "docker.io",
        "fuse",
        "iptables",
        "ipset",
        "nftables",
        "openssh-server",
        "openvpn",
        "supervisor",
        "wireguard-tools",
    ];
    let copied = image.instructions().any(|it| {
        let copy = it.1.copy();
        let from = copy.and_then(|it| it.from);
        from.is_some_and(|it| images::named(it).brings("docker"))
    });
    if copied || image.mentions_run(&["download.docker.com", "get.docker.com"]) {
        return Err(Refusal::new(
            "needs-root",
            "it brings Docker's client, and only root may use Docker's socket",
        ));
    }
    for (run, _) in image.runs(&["apt", "apk", "yum", "dnf"])? {
        let wanted = run.calls().iter().filter_map(|it| system::wanted(&it.call));
        for item in wanted.flat_map(|it| it.items) {
            let What::Package { name: package, .. } = item.what else { continue };
            if root.contains(&package) {
                let reason = format!("it installs {package}, which runs as root");
                return Err(Refusal::new("needs-root", reason));
            }
            if let Some(it) = processes.iter().find(|it| brings(package, &it.program)) {
                let reason = format!(
                    "{} runs {}, a program of the distribution with folders of its own",
                    it.from, it.program
                );
                return Err(Refusal::new("service-image", reason));
            }
        }
    }
    Ok(())
}

/// Whether a program is what a package is about, and no interpreter or server of one's own code.
fn brings(package: &str, program: &str) -> bool {
    let general = [
        "bash", "celery", "curl", "deno", "dotnet", "erl", "gunicorn", "java", "lua", "mono",
        "node", "nodejs", "npm", "perl", "php", "poetry", "python", "ruby", "uvicorn", "uwsgi",
        "yarn", "flask", "alembic", "echo", "sh", "cd", "export", "set", "exec", "django", "",
    ];
    let bare = program.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let first = package.split('-').next().unwrap_or_default();
    !general.contains(&bare)
        && (package == program || package == program.trim_end_matches('d') || first == program)
}

/// Kubernetes manifests that run it with a user or a volume of their own.
fn pods(image: &Image<'_>) -> Result<(), Refusal> {
    for path in image.project.pods() {
        let Some(text) = image.text(path).filter(|it| runs(image, it)) else { continue };
        if text.contains("runAsUser") {
            return Err(Refusal::new(
                "kubernetes-user",
                format!("{path} sets the user that runs it"),
            ));
        }
        let volume = ["persistentVolumeClaim", "volumeClaimTemplates", "hostPath"];
        if volume.iter().any(|it| text.contains(it)) && !text.contains("fsGroup") {
            return Err(Refusal::new(
                "kubernetes-volume",
                format!("{path} mounts a volume, which belongs to root"),
            ));
        }
    }
    Ok(())
}

/// Whether a manifest runs this image, by the names that its folder, its services and its file have.
fn runs(image: &Image<'_>, text: &str) -> bool {
    let plain = |it: &str| it.to_lowercase().replace(['_', '.'], "-");
    let last = |it: &str| {
        let name = it.trim_matches(['"', '\'', ' ']).rsplit('/').next().unwrap_or_default();
        plain(name.split(['@', ':']).next().unwrap_or_default())
    };
    let folder = image.site.path.parent().map(|it| plain(it.file_name()));
    let services = image.services().flat_map(|it| {
        let image = it.1.image.as_deref().map(last);
        [Some(plain(&it.1.name)), image].into_iter().flatten()
    });
    let names: Vec<String> = services.chain(folder).filter(|it| !it.is_empty()).collect();
    let alone = image.project.dockerfiles().nth(1).is_none();
    let images =
        text.lines().filter_map(|it| it.trim().trim_start_matches("- ").strip_prefix("image:"));
    let mut images = images.map(last);
    images.any(|it| {
        names.iter().any(|name| it == *name || it.ends_with(&format!("-{name}")))
            || (alone && !images::named(&it).is_listed())
    })
}

/// The ports below 1024 that it listens on.
///
/// # Errors
/// A decline's code and reason, where not Docker runs it.
pub(super) fn low_ports(
    image: &Image<'_>,
    base: &Base,
    needs: &[Needs],
) -> Result<Vec<u16>, Refusal> {
    let mut ports: Vec<u16> = Vec::new();
    for (_, it) in image.instructions().filter(|it| it.1.keyword == Keyword::Expose) {
        let words = it.words().into_iter().filter_map(|it| image.expand(&it.text));
        ports.extend(words.filter_map(|it| it.split(['/', '-']).next()?.parse::<u16>().ok()));
    }
    let services = || image.services().map(|it| &it.1);
    ports.extend(services().flat_map(|it| it.ports.iter().copied()));
    ports.extend(needs.iter().flat_map(|it| it.ports.iter().copied()));
    for name in
        ["PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_URLS"]
    {
        let value = image.variable(name).unwrap_or_default();
        let value = value.rsplit(':').next().unwrap_or_default().trim_end_matches('/');
        ports.extend(value.parse::<u16>().ok());
    }
    let told = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS"].iter().any(|it| image.sets(it));
    ports.extend(base.port.filter(|_| !told));
    ports.retain(|it| *it < 1024);
    ports.sort_unstable();
    ports.dedup();
    if ports.contains(&22) {
        return Err(Refusal::new("needs-root", "it listens on port 22, as sshd does"));
    }
    let Some(port) = ports.first() else { return Ok(ports) };
    if let Some(pod) = image.project.pods().first() {
        let reason = format!("it listens on port {port}, which needs root in Kubernetes ({pod})");
        return Err(Refusal::new("privileged-port", reason));
    }
    if let Some((file, service)) = image.services().find(|it| it.1.host_network) {
        let place = service.place(file);
        let reason =
            format!("it listens on port {port}, which needs root on the host's network ({place})");
        return Err(Refusal::new("privileged-port", reason));
    }
    Ok(ports)
}
