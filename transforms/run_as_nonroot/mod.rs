#![doc = include_str!("page.md")]

// The user that an image runs as, and the edits that make it a user other than root.
//
// [`handover`] looks at the last stage of a Dockerfile: its base image ([`base`]), the users that it creates,
// the processes that it runs, whether these need root or root's home, and the folders that they and their source
// ([`source`]) write to.

mod accounts;
mod addresses;
pub mod base;
mod built;
mod changes;
mod contents;
mod duty;
mod evidence;
mod filled;
mod given;
mod hints;
mod homes;
mod image;
mod inside;
mod interpreted;
mod keys;
mod modes;
mod mounts;
mod needs;
mod next;
mod own;
mod owner;
mod packages;
mod ports;
mod process;
mod processes;
mod roles;
mod source;
mod started;
mod state;
mod told;
mod unmade;
mod values;
mod variants;
mod volumes;

use crate::{
    dockerfile::{Keyword, Kind},
    ecosystems::images::Accounts,
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        Project,
        change::{Alteration, Change, Outcome, Safety},
    },
    run::Site,
    text::{Edit, Refusal},
};
use changes::Changes;
use given::Folder;
pub use image::Image;
use needs::Needs;
pub use owner::Options;
use owner::Owner;
use source::Source;

/// Gives a service a user of its own.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "account-without-number",
        "base-image",
        "bind-mount",
        "closed-mode",
        "compose-user",
        "database-in-image",
        "explicit-root",
        "github-action",
        "heredoc",
        "kubernetes-user",
        "kubernetes-volume",
        "needs-privileges",
        "needs-root",
        "no-command",
        "no-home",
        "no-shell",
        "not-posix-shell",
        "onbuild",
        "other-owner",
        "other-target",
        "platform-volume",
        "privileged-port",
        "root-home",
        "rootless-variant",
        "runner",
        "service-image",
        "several-accounts",
        "shared-folder",
        "shared-volume",
        "test-image",
        "tool-image",
        "unknown-base",
        "unknown-caller",
        "unknown-command",
        "unknown-folder",
        "unknown-mount",
        "unknown-program",
        "unknown-script",
        "unknown-settings",
        "unknown-user",
        "unknown-write",
        "unread-source",
        "unreadable-command",
        "unreadable-shell",
        "volume-over-code",
        "windows",
        "writes-at-start",
    ],
    options: Some(settings::Options::of::<Options>()),
    run,
};

const NAME: &str = "run-as-nonroot";

fn run(project: &Project, settings: &Settings) -> Outcome {
    project.each_dockerfile(|project, file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let mut outcome = Outcome::default();
        let owner = Owner::of(&settings.of(&file.path), dockerfile);
        let Some(image) = Image::of(project, &site, owner) else { return outcome };
        match handover(&image) {
            Ok(Some(it)) => outcome = volumes::together(project, settings, &image, &it),
            Ok(None) => {}
            Err(why) => {
                outcome.declines.push(site.decline(NAME, image.item(), Owner::advise(why)));
            }
        }
        outcome
    })
}

fn change(site: &Site<'_>, image: &Image<'_>, handover: &Handover) -> Change {
    let (item, edits) = handover.edits(image);
    let (title, reason) = (handover.title(), handover.evidence());
    // A program may write more than its source shows.
    let mut change = site.change(item, Safety::Review, title, reason, edits);
    change.alters = handover.alters();
    change
}

/// A user of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name; its group is called the same.
    pub name: Option<String>,
    /// Its UID.
    pub user: u32,
    /// The GID of its group, if it is known.
    pub group: Option<u32>,
    /// Its home, if it has one that it can write to.
    pub home: Option<String>,
}

/// A user for an image, and what has to change for it.
pub struct Handover {
    /// The user.
    account: Account,
    /// The script that creates the user; `None` if the image has it.
    creation: Option<String>,
    /// The folders that it gets.
    folders: Vec<Folder>,
    /// The ports below 1024.
    low_ports: Vec<u16>,
    /// Why it needs a home; `None` if it does not.
    home: Option<String>,
    /// What its source says.
    source: Source,
    /// The names of other stages that are images of their own, and that stay as they are.
    others: Vec<String>,
    /// The files of others that it must be able to read, each with what brings it.
    readable: Vec<String>,
    /// True if compose services run published images, and nothing tells whose.
    has_unknown_services: bool,
}

impl Account {
    /// The argument of USER: numbers, since Kubernetes cannot check by name that a user is not root.
    pub fn words(&self) -> String {
        match self.group {
            Some(group) => format!("{}:{group}", self.user),
            None => self.user.to_string(),
        }
    }

    /// The owner for `chown`.
    fn owner(&self) -> String {
        match &self.name {
            Some(name) if self.group == Some(self.user) => format!("{name}:{name}"),
            _ => self.words(),
        }
    }

    /// Whether an owner, as COPY and `chown` name it, is this user or root.
    fn is(&self, owner: &str) -> bool {
        let user = owner.split(':').next().unwrap_or_default();
        let root = user.is_empty() || user == "root" || user == "0";
        root || self.name.as_deref() == Some(user) || self.user.to_string() == user
    }
}

/// The user for the last stage and what has to change for it; `None` if it has a user or is not deployed.
///
/// # Errors
/// A decline's code and reason.
pub fn handover(image: &Image<'_>) -> Result<Option<Handover>, Refusal> {
    if duty::has_user(image)? {
        return Ok(None);
    }
    let Some(base) = duty::base(image)? else { return Ok(None) };
    let processes = processes::of(image)?;
    let changes = Changes::new(image, &processes);
    let needs = processes.iter().map(|it| {
        let mut needs = needs::of(it)?;
        needs::repository(image, it)?;
        needs.folders.extend(changes.traces(it)?);
        needs.folders.extend(image.owner.settle(told::traces(image, it))?);
        Ok(needs)
    });
    let needs = needs.collect::<Result<Vec<Needs>, Refusal>>()?;
    duty::packages(image, &processes)?;
    duty::check(image)?;
    variants::check(image)?;
    homes::check(image, &processes)?;
    let own = accounts::made(image)?;
    let asked = image.owner.account(base.accounts);
    let is_new = asked.is_some() && !base.accounts.is_fixed();
    let account = asked.or_else(|| own.clone()).or_else(|| base.account.clone());
    let account = account.unwrap_or_else(|| Account {
        name: Some("app".to_owned()),
        user: 10001,
        group: Some(10001),
        home: None,
    });
    let brought = !is_new && (own.is_some() || base.account.is_some());
    modes::check(image, &account, !brought)?;
    let unknown = processes.iter().find(|it| needs::is_unknown(image, it));
    if let Some(it) = unknown.filter(|_| !image.owner.knows()) {
        let reason =
            format!("{} runs {}, and it is not known what that writes", it.from, it.program);
        return Err(Refusal::new("unknown-program", reason));
    }
    let low_ports = ports::low_ports(image, &base, &needs)?;
    let home = needs.iter().find_map(|it| it.home.clone()).or_else(|| image.package_with_home());
    let home = home.map(|it| format!("{it} needs a home"));
    let mut source = source::of(image, &processes)?;
    if !source.is_whole {
        source.traces.extend(hints::examples(image));
    }
    if let Some(port) = source.low_port(&low_ports) {
        ports::check_port(image, &port)?;
    }
    image.owner.settle(source.refusal.clone().map_or(Ok(()), Err))?;
    let folders = state::folders(image, &processes, &needs, &source)?;
    given::check_names(&folders)?;
    if base.accounts == Accounts::Bare && !folders.is_empty() {
        let reason = format!("{} cannot change owner in an image without a shell", folders[0].path);
        return Err(Refusal::new("no-shell", reason));
    }
    if let (Some(who), true, None) = (&home, brought, &account.home) {
        return Err(Refusal::new("no-home", format!("{who}, which the user does not have")));
    }
    let is_homeless = account.home.is_none() && (brought || base.accounts.is_fixed());
    if let Some(who) = source.home.as_ref().filter(|_| is_homeless) {
        return Err(Refusal::new(
            "no-home",
            format!("{who} in a home, which the user does not have"),
        ));
    }
    if image.sets("HOME") && (home.is_some() || source.home.is_some()) {
        return Err(Refusal::new("no-home", "HOME is set, and something writes there"));
    }
    image.owner.settle(source.unread.clone().map_or(Ok(()), Err))?;
    image.owner.settle(hints::ignored(image, &source, &folders))?;
    inside::check(image, &folders)?;
    let creation = (!brought).then(|| accounts::creation(&base, &account));
    let handover = Handover {
        account,
        creation,
        folders,
        low_ports,
        home,
        source,
        others: duty::other_images(image),
        readable: mounts::readable(image),
        has_unknown_services: image.has_unknown_services(),
    };
    Ok(Some(handover))
}

impl Handover {
    /// The title of the change, in the imperative.
    pub fn title(&self) -> String {
        format!("Run as user {}", self.account.words())
    }

    /// The evidence that was found, as a sentence.
    pub fn evidence(&self) -> String {
        let mut parts = Vec::new();
        if self.creation.is_none() {
            let name = self.account.name.as_deref().unwrap_or("number");
            parts.push(match self.account.name {
                Some(_) => format!("the image has the user {name}"),
                None => "a number works without a user in the image".to_owned(),
            });
        }
        if let Some(who) = &self.home {
            parts.push(who.clone());
        }
        parts.extend(self.folders.iter().map(Folder::said));
        if self.folders.is_empty() {
            let shown = if self.has_unknown_services {
                "no Dockerfile or script of the project, and no compose service that is known to run it, shows it \
                 writing outside /tmp"
            } else {
                "no Dockerfile, compose file or script of the project shows it writing outside /tmp"
            };
            parts.push(shown.to_owned());
        }
        parts.push(self.source.said());
        if !self.others.is_empty() {
            parts.push(format!("the last stage gets it, and not {}", self.others.join(", ")));
        }
        if !self.readable.is_empty() {
            parts.push(format!("it must be able to read {}", self.readable.join(", ")));
        }
        let port = self.low_ports.first().map(u16::to_string);
        if let Some(port) = port.or_else(|| self.source.low_port(&self.low_ports)) {
            parts.push(format!("Docker 20.10 and later let it listen on port {port} without root"));
        }
        parts.join("; ")
    }

    /// The ways in which the image changes.
    pub fn alters(&self) -> Vec<Alteration> {
        let runs = self.creation.iter().cloned().chain(self.state());
        let mut alters: Vec<_> = runs.map(Alteration::Run).collect();
        alters.push(Alteration::Config(Keyword::User));
        alters
    }

    fn state(&self) -> Option<String> {
        given::script(&self.folders, &self.account.owner())
    }

    /// The item that the change is about, and the edits.
    pub fn edits(&self, image: &Image<'_>) -> (usize, Vec<Edit>) {
        let dockerfile = image.site.dockerfile;
        let run = dockerfile.keyword("RUN");
        let user = format!("{} {}", dockerfile.keyword("USER"), self.account.words());
        let mut edits = Vec::new();
        let place = image.place();
        let mut lines = vec![user];
        if let Some(script) = &self.creation {
            let from = image.head();
            let line = format!("{run} {script}");
            let next = dockerfile.items.get(from + 1).map(|it| &it.kind);
            let paragraph = matches!(next, Some(Kind::Blank));
            // There is nothing between FROM and the command: both lines go to one place.
            if place.is_below(dockerfile, from) {
                lines.insert(0, line);
            } else {
                edits.push(dockerfile.insert_after(from, &line, paragraph));
            }
        }
        if let Some(script) = self.state() {
            let line = format!("{run} {script}");
            // The classic builder discards changes to a volume's folder that come after VOLUME.
            match image.volume().filter(|it| *it < place.item()) {
                Some(volume) => edits.push(image::Spot::Before(volume).insert(dockerfile, &line)),
                None => lines.insert(lines.len() - 1, line),
            }
        }
        edits.push(place.insert(dockerfile, &lines.join("\n")));
        (place.item(), image::in_one(edits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::plan::{Options, Plan, plan},
        text::RepoPath,
    };

    fn planned(source: &str) -> Plan {
        let project = Project::new([(RepoPath::new("Dockerfile").unwrap(), source.to_owned())]);
        plan(project, &[TRANSFORM], &Options::default())
    }

    fn changed(source: &str) -> String {
        planned(source).after().file("Dockerfile").unwrap().text.to_string()
    }

    #[test]
    fn other_images_of_a_file_are_named() {
        let plan = planned(
            "# refit: writes nothing\nFROM node:22 AS build\nRUN npm --version\nFROM node:22 AS prod\n\
             COPY --from=build /a /a\nFROM node:22 AS local\nFROM node:22 AS own\nUSER node\n\
             FROM node:22\nCOPY --from=build /a /a\nCMD [\"node\", \".\"]\n",
        );
        let reasons: Vec<_> = plan.changes().map(|it| it.1.reason.as_str()).collect();
        assert!(reasons[0].ends_with("; the last stage gets it, and not prod"), "{reasons:?}");
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_stay() {
        assert_eq!(
            changed(
                "\u{feff}# refit: writes nothing\r\nFROM alpine:3.20\r\nCOPY a /a\r\n\r\n# why\r\nCMD [\"/a\"]"
            ),
            "\u{feff}# refit: writes nothing\r\nFROM alpine:3.20\r\n\
             RUN addgroup -S -g 10001 app && adduser -S -D -u 10001 -G app app\r\n\
             COPY a /a\r\n\r\nUSER 10001:10001\r\n\r\n# why\r\nCMD [\"/a\"]"
        );
    }

    #[test]
    fn a_last_line_without_end_stays_without() {
        assert_eq!(
            changed(
                "# refit: writes nothing\nFROM node:22\nCMD [\"node\", \".\"]\nRUN npm --version"
            ),
            "# refit: writes nothing\nFROM node:22\nCMD [\"node\", \".\"]\nRUN npm --version\nUSER 1000:1000"
        );
        assert_eq!(
            changed("# refit: writes nothing\nFROM scratch\nCMD [\"/a\"]"),
            "# refit: writes nothing\nFROM scratch\nUSER 10001:10001\nCMD [\"/a\"]"
        );
    }
}
