//! Services of a compose file that build the same.

use std::collections::BTreeMap;

use crate::{
    callers::ComposeFile,
    text::Refusal,
    yaml::{Entry, Node, Plain, edits::aliases},
};

/// Services with one build.
pub(super) struct Group<'c> {
    /// The services, in the order of the file; at least two.
    pub(super) members: Vec<Member<'c>>,
    /// The image that they name: all of them, or some while the others name none.
    pub(super) image: Option<&'c str>,
}

/// A service that builds.
#[derive(Clone, Copy)]
pub(super) struct Member<'c> {
    /// The service.
    pub(super) service: &'c Entry,
    /// Where its build stands.
    pub(super) build: Written<'c>,
}

/// Where a build is written.
#[derive(Clone, Copy)]
pub(super) enum Written<'c> {
    /// In the service.
    Own(&'c Entry),
    /// In a block of the file that the service merges: the block, and the build in it.
    Block(&'c Entry, &'c Entry),
    /// In another service, which it merges or extends.
    Elsewhere,
}

/// The groups of a file, without services that build alone.
pub(super) fn of<'c>(compose: &'c ComposeFile<'_>) -> Vec<Group<'c>> {
    let mut left = Plain::MOST;
    let mut known: BTreeMap<Plain, usize> = BTreeMap::new();
    let mut groups: Vec<Group<'c>> = Vec::new();
    for service in compose.services() {
        let Some((build, written)) = find(compose, service) else { continue };
        let Some(key) = key(&service.value, build, &mut left) else { return Vec::new() };
        let at = *known.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { members: Vec::new(), image: None });
        }
        groups[at].members.push(Member { service, build: written });
    }
    groups.retain(|it| 1 < it.members.len());
    for group in &mut groups {
        group.image = group.members.iter().find_map(Member::image);
    }
    groups
}

/// What a service builds, and where that is written.
fn find<'c>(compose: &'c ComposeFile<'_>, service: &'c Entry) -> Option<(&'c Node, Written<'c>)> {
    if let Some(own) = service.value.own("build") {
        return Some((&own.value, Written::Own(own)));
    }
    let Some(merged) = service.value.entries().iter().find(|it| it.key == "build") else {
        let from = service.value.get("extends")?;
        let from =
            from.as_str().or_else(|| from.text("service").filter(|_| from.get("file").is_none()));
        let build = compose.service(from?)?.value.get("build")?;
        return Some((build, Written::Elsewhere));
    };
    let mut blocks = compose.root.entries().iter().filter(|it| it.key.starts_with("x-"));
    let block = blocks.find_map(|block| {
        let own = block.value.own("build").filter(|it| it.span == merged.span)?;
        Some(Written::Block(block, own))
    });
    Some((&merged.value, block.unwrap_or(Written::Elsewhere)))
}

/// What decides which image comes of a build, in its long form: two services with the same have the same image.
///
/// <https://docs.docker.com/reference/compose-file/build/>
fn key(service: &Node, build: &Node, left: &mut usize) -> Option<Plain> {
    let mut parts = match Plain::of(build, left)? {
        Plain::Map(parts) => parts,
        short => BTreeMap::from([("context".to_owned(), short)]),
    };
    if !parts.contains_key("dockerfile_inline") {
        let file = || Plain::Text("Dockerfile".to_owned());
        parts.entry("dockerfile".to_owned()).or_insert_with(file);
    }
    parts.entry("context".to_owned()).or_insert_with(|| Plain::Text(String::new()));
    for key in ["context", "dockerfile"] {
        if let Some(Plain::Text(path)) = parts.get_mut(key) {
            *path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
            if path == "." {
                path.clear();
            }
        }
    }
    // `NAME=value` in a list is `NAME: value`.
    let args = parts.get("args").and_then(|it| match it {
        Plain::List(listed) => listed.iter().map(pair).collect::<Option<_>>().map(Plain::Map),
        _ => None,
    });
    parts.extend(args.map(|it| ("args".to_owned(), it)));
    if let Some(platform) = service.get("platform") {
        parts.insert("platform of the service".to_owned(), Plain::of(platform, left)?);
    }
    Some(Plain::Map(parts))
}

fn pair(listed: &Plain) -> Option<(String, Plain)> {
    let (name, value) = listed.text()?.split_once('=')?;
    Some((name.to_owned(), Plain::Text(value.to_owned())))
}

impl<'c> Member<'c> {
    /// The image that the service names.
    pub(super) fn image(&self) -> Option<&'c str> {
        self.service.value.text("image").filter(|it| !it.is_empty())
    }
}

impl<'c> Group<'c> {
    /// The names of its services.
    pub(super) fn names(&self) -> Vec<&'c str> {
        self.members.iter().map(|it| it.service.key.as_str()).collect()
    }

    /// The block that all its builds come from, and the build in it.
    pub(super) fn block(&self) -> Option<(&'c Entry, &'c Entry)> {
        self.members.iter().find_map(|it| match it.build {
            Written::Block(block, build) => Some((block, build)),
            _ => None,
        })
    }

    /// Whether the services can share one image at all.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn fits(&self, compose: &ComposeFile<'_>) -> Result<(), Refusal> {
        let other =
            self.members.iter().find_map(|it| it.image().filter(|it| Some(*it) != self.image));
        if let (Some(other), Some(image)) = (other, self.image) {
            let reason = format!(
                "their image has two names, {image} and {other}, of which others may know either"
            );
            return Err(Refusal::new("image-names", reason));
        }
        for Member { service, build } in &self.members {
            let name = &service.key;
            if let Written::Elsewhere = build {
                let reason =
                    format!("{name} takes its build from another service, and would have it again");
                return Err(Refusal::new("inherited", reason));
            }
            if service.value.get("extends").is_some() {
                let reason =
                    format!("{name} extends another service, whose build it may have as well");
                return Err(Refusal::new("inherited", reason));
            }
            let extends = |it: &&Entry| {
                let from = it.value.get("extends");
                from.is_some_and(|it| it.as_str().or_else(|| it.text("service")) == Some(name))
            };
            if let Some(heir) = compose.services().iter().find(extends) {
                let reason = format!("{} extends {name}, and so builds what that builds", heir.key);
                return Err(Refusal::new("inherited", reason));
            }
            if service.value.get("pull_policy").is_some() {
                let reason = format!(
                    "{name} has a `pull_policy`, which says when its image is built or pulled"
                );
                return Err(Refusal::new("pull-policy", reason));
            }
            if service.value.get("develop").is_some() {
                let reason = format!(
                    "{name} is watched by `docker compose watch`, which asks for a build of its own"
                );
                return Err(Refusal::new("watched", reason));
            }
        }
        if let Some((block, _)) = self.block() {
            self.fits_block(compose, block)?;
        }
        Ok(())
    }

    /// Whether a block is merged by these services and by nobody else.
    fn fits_block(&self, compose: &ComposeFile<'_>, block: &Entry) -> Result<(), Refusal> {
        let unusual = || {
            let reason = format!(
                "{} is merged by others as well, or in a way that is not edited",
                block.key
            );
            Refusal::new("inherited", reason)
        };
        let text = &*compose.file.text;
        let uses = aliases(text, block.anchor(text).ok_or_else(unusual)?);
        let all = self.members.iter().all(|it| matches!(it.build, Written::Block(..)));
        if all && uses == self.members.len() { Ok(()) } else { Err(unusual()) }
    }
}
