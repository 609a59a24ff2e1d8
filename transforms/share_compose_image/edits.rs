//! Writes the change.

use super::{
    builder::Choice,
    groups::{Group, Member, Written},
};
use crate::{
    callers::{ComposeFile, default_image},
    text::{Edit, Refusal},
    yaml::{Entry, edits::NewLine},
};

/// What a change is about.
pub(super) struct Sharing<'c> {
    pub(super) compose: &'c ComposeFile<'c>,
    pub(super) group: &'c Group<'c>,
    pub(super) choice: &'c Choice<'c>,
}

impl<'c> Sharing<'c> {
    /// The services that run what another one builds.
    pub(super) fn others(&self) -> impl Iterator<Item = &'c Member<'c>> {
        let builder = &self.choice.builder.service.key;
        self.group.members.iter().filter(move |it| it.service.key != *builder)
    }

    fn text(&self) -> &'c str {
        &self.compose.file.text
    }

    /// The edits.
    ///
    /// # Errors
    /// Why the file cannot be edited.
    pub(super) fn edits(&self) -> Result<Vec<Edit>, Refusal> {
        let mut edits = Vec::new();
        if let Some((block, build)) = self.group.block() {
            edits.extend(self.moved(block, build).ok_or_else(|| unusual(&block.key))?);
        }
        for Member { service, build } in self.others() {
            let joins = self.choice.joins.contains(&service.key.as_str());
            let depends = service.value.get("depends_on");
            let mut lines = Vec::new();
            if let Written::Own(entry) = build {
                let is_of_build = |it: &&str| {
                    let text = it.to_lowercase();
                    text.contains("build") || text.contains("dockerfile")
                };
                let above = || entry.comments_above(self.text()).find(is_of_build);
                if let Some(comment) = entry.inner_comment(self.text()).or_else(above) {
                    let reason =
                        format!("a comment on the build of {} says: {comment}", service.key);
                    return Err(Refusal::new("commented", reason));
                }
                lines = self.image_lines(service);
                if joins && depends.is_none() {
                    lines.extend(self.new_dependency());
                }
                let edit = entry.replaced(self.text(), &lines);
                edits.push(edit.ok_or_else(|| unusual(&service.key))?);
            }
            if joins && (depends.is_some() || lines.is_empty()) {
                edits.push(self.joined(service).ok_or_else(|| unusual(&service.key))?);
            }
        }
        Ok(edits)
    }

    /// Moves the build of a block into the service that builds, and has the block name the image.
    fn moved(&self, block: &Entry, build: &Entry) -> Option<[Edit; 2]> {
        let builder = self.choice.builder.service;
        let image = build.replaced(self.text(), &self.image_lines(block))?;
        Some([image, build.moved_below(self.text(), builder)?])
    }

    /// The lines that take the place of a build: the image, where none is named yet, and that it is not pulled, where
    /// nobody but this file can have it.
    fn image_lines(&self, owner: &Entry) -> Vec<NewLine> {
        let line = |text: String| NewLine { deeper: 0, text };
        let builder = &self.choice.builder.service.key;
        let image = self.group.image.map_or_else(|| default_image(builder), str::to_owned);
        let named = owner.value.get("image").is_some();
        let written = self.choice.builder.service.value.own("image");
        let written = written.map_or(&*image, |it| &self.text()[it.value.span.clone()]);
        let mut lines = Vec::new();
        lines.extend((!named).then(|| line(format!("image: {written}"))));
        lines.extend((!image.contains('/')).then(|| line("pull_policy: never".to_owned())));
        lines
    }

    fn new_dependency(&self) -> [NewLine; 2] {
        let item = format!("- {}", self.choice.builder.service.key);
        [NewLine { deeper: 0, text: "depends_on:".to_owned() }, NewLine { deeper: 1, text: item }]
    }

    /// Adds the service that builds to what another one depends on, which has a list of it, or nothing that could be
    /// merged.
    fn joined(&self, service: &Entry) -> Option<Edit> {
        let builder = &self.choice.builder.service.key;
        if let Some(own) = service.value.own("depends_on") {
            return own.with_item(self.text(), builder, "condition: service_started");
        }
        service.value.get("depends_on").is_none().then_some(())?;
        let mut own = service.value.entries().iter();
        let own = own.find(|it| service.value.own(&it.key).is_some_and(|own| own.span == it.span));
        match own {
            Some(first) => {
                let lines = self.new_dependency();
                first.preceded_by(self.text(), &lines)
            }
            None => service.ended_by(self.text(), &self.new_dependency()),
        }
    }
}

fn unusual(name: &str) -> Refusal {
    let reason = format!(
        "{name} is written with an anchor, an alias or braces, in a way that is not edited"
    );
    Refusal::new("unusual-yaml", reason)
}
