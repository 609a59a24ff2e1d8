//! Volumes that services of several Dockerfiles write to: what one of them makes there belongs to its user, and so does
//! a new volume that its image fills first. So all of them get the same user, in one change, or none.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Account, Handover, Image, NAME, accounts, base,
    evidence::{is_dependencies, is_file},
    handover,
    owner::Owner,
};
use crate::{
    callers::service::Volume,
    ecosystems::images,
    engine::settings::Settings,
    project::{
        Project,
        change::{Alteration, Change, FileChange, Outcome, Safety},
    },
    run::Site,
    text::{ImagePath, Place, Refusal, RepoPath, count::listed},
};

/// A mount by which a service of another Dockerfile has a volume of an image.
struct Mount {
    /// The Dockerfile.
    dockerfile: RepoPath,
    /// Where the mount stands.
    place: Place,
    /// The name of the volume.
    name: String,
    /// Where the service has it.
    target: Option<ImagePath>,
}

/// The Dockerfiles that get a user together, and the changes of each.
#[derive(Default)]
struct Group {
    changes: BTreeMap<RepoPath, Change>,
    /// The mounts that join them, for people.
    mounts: BTreeSet<String>,
}

/// What becomes of a Dockerfile, if nothing is asked of the others.
enum Alone {
    /// It gets this user, and writes to volumes that others have, too.
    Changes { change: Box<Change>, account: Account, mounts: Vec<Mount> },
    /// It has this user; `None` if it is not known.
    Has(Option<u32>),
    /// It only serves files, and brings none.
    Serves,
}

/// The outcome of a Dockerfile that gets a user: a change of it and of those that share a volume with it, or a decline.
pub(super) fn together(
    project: &Project,
    settings: &Settings,
    image: &Image<'_>,
    own: &Handover,
) -> Outcome {
    let path = image.site.path;
    let mut outcome = Outcome::default();
    let mounts = mounts(image, own);
    let change = super::change(image.site, image, own);
    match Group::of(project, settings, path, change, &own.account, mounts) {
        Ok(group) => outcome.changes.extend(group.change(project, path)),
        Err(why) => {
            outcome.declines.push(image.site.decline(NAME, image.item(), Owner::advise(why)));
        }
    }
    outcome
}

impl Group {
    /// The Dockerfiles that write to volumes of one another.
    ///
    /// # Errors
    /// A decline's code and reason: one of them keeps its user.
    fn of(
        project: &Project,
        settings: &Settings,
        path: &RepoPath,
        change: Change,
        account: &Account,
        mut open: Vec<Mount>,
    ) -> Result<Self, Refusal> {
        let mut group = Self::default();
        group.changes.insert(path.clone(), change);
        let mut known: BTreeSet<RepoPath> = [path.clone()].into();
        while let Some(mount) = open.pop() {
            let Mount { dockerfile, place, name, .. } = &mount;
            if !known.insert(dockerfile.clone()) {
                continue;
            }
            let refuse = |why: &str| {
                let reason = format!(
                    "{place} mounts {name} as well, in a container of {dockerfile}, {why}: what that writes there \
                     belongs to its own user"
                );
                Refusal::new("shared-volume", reason)
            };
            match alone(project, settings, &mount).map_err(|why| refuse(&why))? {
                Alone::Serves => {}
                Alone::Has(user) if user == Some(account.user) => {}
                Alone::Has(_) => return Err(refuse("which has another user")),
                Alone::Changes { account: theirs, .. } if theirs.user != account.user => {
                    return Err(refuse("which would get another user"));
                }
                Alone::Changes { change, mounts, .. } => {
                    // One that only reads the volume may have any user.
                    if mounts.iter().any(|it| it.name == *name) {
                        group.mounts.insert(format!("{name} ({place})"));
                        group.changes.insert(dockerfile.clone(), *change);
                        open.extend(mounts);
                    }
                }
            }
        }
        Ok(group)
    }

    /// The change of all, which belongs to the first of those that are looked at; `None` if that is another one.
    fn change(mut self, project: &Project, path: &RepoPath) -> Option<Change> {
        if self.changes.len() == 1 {
            return self.changes.remove(path);
        }
        let first = self.changes.keys().find(|it| project.is_in_focus(it))?;
        if first != path {
            return None;
        }
        let mut change = self.changes.remove(path)?;
        for (other, it) in self.changes {
            change.reason += &format!("; of {other}, {}", it.reason);
            change.files.extend::<BTreeMap<RepoPath, FileChange>>(it.files);
            // The same RUN is new in each of the files.
            let is_run = |it: &Alteration| matches!(it, Alteration::Run(_));
            let known = change.alters.clone();
            change
                .alters
                .extend(it.alters.into_iter().filter(|it| is_run(it) || !known.contains(it)));
        }
        let mounts: Vec<&str> = self.mounts.iter().map(String::as_str).collect();
        change.reason += &format!("; all of them write to {}", listed(&mounts));
        change.safety = Safety::Review;
        Some(change)
    }
}

/// What becomes of the Dockerfile of a mount.
///
/// # Errors
/// Why it stays as it is, as a part of a sentence.
fn alone(project: &Project, settings: &Settings, mount: &Mount) -> Result<Alone, String> {
    let path = &mount.dockerfile;
    let read = project.file(path.as_str()).and_then(|it| it.dockerfile());
    let Some(dockerfile) = read.filter(|it| it.errors.is_empty()) else {
        return Err("which could not be read".to_owned());
    };
    let site = Site::new(path, dockerfile);
    let owner = Owner::of(&settings.of(path), dockerfile);
    let Some(image) = Image::of(project, &site, owner) else {
        return Err("which has no stage".to_owned());
    };
    let serves = image.base().is_some_and(|it| images::named(it).only_serves());
    if serves && mount.target.as_ref().is_some_and(|it| !image.fills(it)) {
        return Ok(Alone::Serves);
    }
    if !settings.runs(NAME, path) {
        return Err("which refit.toml leaves out".to_owned());
    }
    match handover(&image) {
        Err(why) => Err(format!("which keeps its user ({})", why.code)),
        Ok(None) => Ok(Alone::Has(user(&image))),
        Ok(Some(it)) => {
            let change = Box::new(super::change(&site, &image, &it));
            let mounts = mounts(&image, &it);
            Ok(Alone::Changes { change, account: it.account, mounts })
        }
    }
}

/// The UID of the user that an image switches to; `None` if it is not known.
fn user(image: &Image<'_>) -> Option<u32> {
    let user = image.state().user.as_deref()?;
    let name = user.split(':').next().unwrap_or_default();
    let is_it = |it: &Account| it.name.as_deref() == Some(name);
    let made = || accounts::made(image).ok().flatten().filter(is_it);
    let brought = || base::of(image.base()?).ok().flatten()?.account.filter(is_it);
    name.parse().ok().or_else(|| Some(made().or_else(brought)?.user))
}

/// The mounts by which services of other Dockerfiles may write to a volume that this image writes to.
fn mounts(image: &Image<'_>, handover: &Handover) -> Vec<Mount> {
    let is_shared = |it: &&Volume| !it.read_only && !it.is_bind() && it.source.is_some();
    let mut found = Vec::new();
    for started in image.services().filter(|it| !it.service.is_run) {
        let Some(file) = image.project.file(started.file.as_str()) else { continue };
        for volume in started.service.volumes.iter().filter(is_shared) {
            let target = volume.target.trim_end_matches('/');
            if is_dependencies(target) || is_file(target) || !handover.may_write_to(target) {
                continue;
            }
            for other in file.callers().services.iter().filter(|it| !it.is_run) {
                let Some(dockerfile) = &other.dockerfile else { continue };
                let theirs = other.volumes.iter().filter(is_shared);
                let theirs = theirs.filter(|it| it.source == volume.source);
                if dockerfile != image.site.path {
                    found.extend(theirs.map(|it| Mount {
                        dockerfile: dockerfile.clone(),
                        place: it.place.clone(),
                        name: it.source.clone().unwrap_or_default(),
                        target: ImagePath::new(&it.target),
                    }));
                }
            }
        }
    }
    found
}

impl Handover {
    /// Whether a program may write to what is mounted there: all but one whose source was read as a whole and writes
    /// elsewhere.
    fn may_write_to(&self, target: &str) -> bool {
        let Some(target) = ImagePath::new(target) else { return true };
        let is_known =
            self.source.is_whole && self.source.files > 0 && self.source.started.is_none();
        let mut written = self.folders.iter().filter(|it| it.told.is_written()).map(|it| &it.path);
        !is_known || written.any(|it| it.is_within(&target) || target.is_within(it))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{super::run, *};

    fn project() -> Project {
        let dockerfile =
            "FROM python:3.12-slim\nWORKDIR /srv\nCOPY a.py .\nCMD [\"python\", \"a.py\"]\n";
        let source = "import os\nos.makedirs(\"/data/a\")\n";
        let service =
            |name: &str| format!("  {name}:\n    build: {name}\n    volumes: ['all:/data']\n");
        let services: String = ["a", "b", "c"].into_iter().map(service).collect();
        let compose = format!("services:\n{services}volumes:\n  all:\n");
        let mut files = vec![("compose.yaml".to_owned(), compose)];
        for name in ["a", "b", "c"] {
            files.push((format!("{name}/Dockerfile"), dockerfile.to_owned()));
            files.push((format!("{name}/a.py"), source.to_owned()));
        }
        Project::new(files.into_iter().map(|(path, it)| (RepoPath::new(&path).unwrap(), it)))
    }

    fn changes(project: &Project) -> Vec<(String, Vec<String>)> {
        let outcome = run(project, &Settings::default());
        assert_eq!(outcome.declines.len(), 0);
        let files = |it: &Change| it.files.keys().map(ToString::to_string).collect();
        outcome.changes.iter().map(|it| (it.place.path.to_string(), files(it))).collect()
    }

    #[test]
    fn all_that_write_to_a_volume_change_together_whichever_is_looked_at() {
        let all = ["a/Dockerfile", "b/Dockerfile", "c/Dockerfile"].map(str::to_owned).to_vec();
        assert_eq!(changes(&project()), [("a/Dockerfile".to_owned(), all.clone())]);
        for looked_at in [&["c"][..], &["c", "b"]] {
            let paths =
                looked_at.iter().map(|it| RepoPath::new(&format!("{it}/Dockerfile")).unwrap());
            let focused = project().focused(paths.collect::<HashSet<_>>());
            let first = format!("{}/Dockerfile", looked_at.last().unwrap());
            assert_eq!(changes(&focused), [(first, all.clone())]);
        }
    }
}
