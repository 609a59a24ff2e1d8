//! Writes the merged file as edits to production.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    align::{Coverage, Match},
    comments::Comments,
    merge::{Merger, Obstacle, Plan},
};
use crate::{
    dockerfile::{Instruction, Keyword, Kind, stage::Base, variables::mentions},
    text::{Edit, Refusal},
};

/// Collects the edits of a merge.
pub(super) struct Writer<'m, 's, 'a> {
    merger: &'m Merger<'s, 'a>,
    plan: &'m Plan,
    edits: Vec<Edit>,
    /// The first item of production that changes.
    first: Option<usize>,
}

impl<'m, 's, 'a> Writer<'m, 's, 'a> {
    /// The edits to production and the first item that they change.
    pub(super) fn write(
        merger: &'m Merger<'s, 'a>,
        plan: &'m Plan,
        has_stage: bool,
    ) -> Result<(Vec<Edit>, Option<usize>), Obstacle> {
        let mut writer = Self { merger, plan, edits: Vec::new(), first: None };
        writer.frontend();
        let comments = writer.comments();
        writer.switches(&comments, has_stage);
        if has_stage {
            writer.stages(&comments)?;
        }
        Ok((joined(writer.edits), writer.first))
    }

    /// Adopts the `# syntax=` directive if only the variant has one.
    fn frontend(&mut self) {
        let production = self.merger.production.site.dockerfile;
        let variant = self.merger.variant.site.dockerfile;
        if let (None, Some(it)) = (production.directive("syntax"), variant.directive("syntax")) {
            self.edits.push(production.add_directive("syntax", it));
        }
    }

    fn changes(&mut self, item: usize) {
        self.first = Some(self.first.map_or(item, |it| it.min(item)));
    }

    /// The items of the variant that are copied as they are: the rest of its last stage, and the stages that
    /// only the variant has.
    fn copied(&self) -> HashSet<usize> {
        let variant = &self.merger.variant;
        let dockerfile = variant.site.dockerfile;
        let mut copied: HashSet<usize> = HashSet::new();
        for stage in self.added_stages() {
            let start = dockerfile.comments_above(variant.stage(stage).from).start;
            copied.extend(start..self.end(stage));
        }
        copied.extend(self.rest());
        copied
    }

    /// The stages that only the variant has.
    fn added_stages(&self) -> impl Iterator<Item = usize> {
        self.plan.sides.iter().filter(|(_, found)| found.is_none()).map(|(stage, _)| *stage)
    }

    /// The end of a stage of the variant, without the comments above the next one.
    fn end(&self, stage: usize) -> usize {
        let variant = &self.merger.variant;
        match variant.site.stages.get(stage + 1) {
            Some(next) => variant.site.dockerfile.comments_above(next.from).start,
            None => variant.site.dockerfile.items.len(),
        }
    }

    /// The items of the variant's last stage after the common beginning.
    fn rest(&self) -> std::ops::Range<usize> {
        let last = self.merger.variant.last();
        if self.plan.trunk.variant.is_empty() {
            return last.end..last.end;
        }
        let common = self.plan.trunk.matches.iter().map(|it| it.variant).max();
        let start = common.filter(|it| last.from < *it).unwrap_or(last.from);
        start + 1..last.end
    }

    /// The variant's comments, except those that are copied with their items.
    fn comments(&self) -> Comments {
        let (production, variant) = (&self.merger.production, &self.merger.variant);
        let matches: Vec<&Match> = self.plan.all().collect();
        let sides = self
            .plan
            .sides
            .iter()
            .filter_map(|(variant, production)| Some((*variant, (*production)?)));
        let last = (variant.last().index, production.last().index);
        let stages = sides.chain([last]);
        let froms = stages
            .map(|(of_variant, of_production)| {
                (variant.stage(of_variant).from, production.stage(of_production).from)
            })
            .collect();
        let mut comments = Comments::of(production, variant, &matches, &froms, &self.copied());
        // Comments on the variant's last stage belong to the target that it becomes.
        if !self.plan.trunk.is_complete() {
            let lines = comments.above.remove(&production.last().from);
            comments.of_file.extend(lines.into_iter().flatten());
        }
        comments
    }

    /// Adds the argument, the RUNs that depend on it, and the variant's comments above common instructions.
    fn switches(&mut self, comments: &Comments, has_stage: bool) {
        let dockerfile = self.merger.production.site.dockerfile;
        let declare = format!("{} {}=false", dockerfile.keyword("ARG"), self.merger.argument);
        let mut of_file = comments.of_file.clone();
        if has_stage {
            of_file.clear();
        }
        let mut declared: BTreeSet<usize> = BTreeSet::new();
        let mut lines_above: BTreeMap<usize, Vec<String>> = comments.above.clone();
        let mut order: Vec<&Match> = self.plan.all().collect();
        order.sort_by_key(|it| it.production);
        let mut arguments: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for found in order {
            let mut new = Vec::new();
            if !found.is_same() && declared.insert(found.stage) {
                new.append(&mut of_file);
                new.push(declare.clone());
            }
            match &found.coverage {
                Coverage::Same => {}
                Coverage::Branch(edits) => {
                    self.edits.extend(edits.iter().cloned());
                    self.changes(found.production);
                    if !new.is_empty() {
                        arguments.entry(found.production).or_default().extend(new);
                    }
                }
                Coverage::VariantOnly(text) => {
                    new.extend(
                        comments.above_variant.get(&found.variant).into_iter().flatten().cloned(),
                    );
                    new.push(text.replace("\r\n", "\n"));
                    let lines = new.join("\n");
                    let variant = self.merger.variant.site.dockerfile;
                    let paragraph = variant.begins_paragraph(found.variant);
                    self.edits.push(dockerfile.insert_after(found.production, &lines, paragraph));
                    self.changes(found.production);
                }
            }
        }
        let from = self.merger.production.stage(0).from;
        if !of_file.is_empty() {
            lines_above.entry(from).or_default().splice(0..0, of_file);
        }
        for (item, lines) in arguments.into_iter().filter(|it| !it.1.is_empty()) {
            self.edits.push(dockerfile.insert_before(item, &lines.join("\n")));
        }
        for (item, lines) in lines_above {
            self.edits.push(dockerfile.insert_between(item, &lines.join("\n")));
        }
    }

    /// Adds the common stage and the variant's stages, before production's last stage so that it stays the
    /// default.
    fn stages(&mut self, comments: &Comments) -> Result<(), Obstacle> {
        let (production, plan) = (&self.merger.production, self.plan);
        let dockerfile = production.site.dockerfile;
        let target = self.merger.kind.target();
        let taken = self.stage_names();
        if taken.iter().any(|it| it == target) {
            let reason = format!("there is already a stage named {target}");
            return Err(Obstacle { item: 0, why: Refusal::new("stage-name-taken", reason) });
        }
        let last = production.last();
        let (from, as_) = (dockerfile.keyword("FROM"), dockerfile.keyword("AS"));
        let Some(split) = self.merger.split(plan) else {
            let diverges = plan.trunk.production.first().map_or(last.index, |it| it.stage);
            let stage = production.stage(diverges);
            // A stage can be found only by its name.
            let below = match *stage.base {
                Base::Stage(base) => production.stage(base).name.map(str::to_owned),
                _ => None,
            };
            let image = || production.instruction(stage.from).map(image).unwrap_or_default();
            let base = below.unwrap_or_else(image);
            let text = self.variant_stages(comments, &format!("{from} {base} {as_} {target}"));
            self.changes(last.from);
            self.edits.push(dockerfile.insert_before(last.from, &format!("{text}\n")));
            return Ok(());
        };
        let stage = production.stage(split);
        let derived = stage.name.filter(|it| *it != "base").map(|it| format!("{it}-base"));
        let names = ["base".to_owned()]
            .into_iter()
            .chain(derived)
            .chain(["common".to_owned(), "shared".to_owned()]);
        let mut names = names.filter(|it| it != target && !taken.contains(&it.to_lowercase()));
        let Some(base) = names.next() else {
            let reason = "every name for the common stage is already in use";
            return Err(Obstacle { item: 0, why: Refusal::new("stage-name-taken", reason) });
        };
        self.edits.extend(dockerfile.name_stage(stage.from, &base));
        self.changes(stage.from);
        let variant = self.variant_stages(comments, &format!("{from} {base} {as_} {target}"));
        let name = stage.name.map(|it| format!(" {as_} {it}")).unwrap_or_default();
        let rest = plan.trunk.production.iter().filter(|it| it.stage == split);
        let rest: Vec<&str> = rest.map(|it| dockerfile.text(it.item)).collect();
        let arguments = self.arguments(&rest.join("\n"));
        let second_half = [vec![format!("{from} {base}{name}")], arguments].concat().join("\n");
        let common = plan.trunk.matches.iter().filter(|it| it.stage == split);
        let at = common.map(|it| it.production).max().unwrap_or(stage.from);
        if split == last.index {
            let lines = format!("{variant}\n\n{second_half}");
            self.edits.push(dockerfile.insert_after(at, &lines, true));
        } else {
            self.edits.push(dockerfile.insert_after(at, &second_half, true));
            self.edits.push(dockerfile.insert_before(last.from, &format!("{variant}\n")));
        }
        Ok(())
    }

    /// The names of production's stages and of those that the variant adds, in lower case.
    fn stage_names(&self) -> Vec<String> {
        let production = self.merger.production.site.stages.iter().filter_map(|it| it.name);
        let added = self.added_stages().filter_map(|it| self.merger.variant.stage(it).name);
        production.chain(added).map(str::to_lowercase).collect()
    }

    /// The text of the stages to add: those that only the variant has, and the target that builds it. `from` is
    /// the target's FROM.
    fn variant_stages(&self, comments: &Comments, from: &str) -> String {
        let variant = &self.merger.variant;
        let dockerfile = variant.site.dockerfile;
        let mut parts: Vec<String> = Vec::new();
        for stage in self.added_stages() {
            let start = dockerfile.comments_above(variant.stage(stage).from).start;
            parts.push(dockerfile.lines(start..self.end(stage)));
        }
        let rest = dockerfile.lines(self.rest());
        let mut lines = comments.of_file.clone();
        lines.push(from.to_owned());
        lines.extend(self.arguments(&rest));
        if !rest.is_empty() && self.gap() {
            lines.push(String::new());
        }
        lines.extend(comments.of_rest.iter().cloned());
        lines.extend((!rest.is_empty()).then_some(rest));
        parts.push(lines.join("\n"));
        parts.join("\n\n")
    }

    /// Returns true if the rest of the variant's last stage starts with a blank line.
    fn gap(&self) -> bool {
        let items = &self.merger.variant.site.dockerfile.items;
        items.get(self.rest().start).is_some_and(|it| matches!(it.kind, Kind::Blank))
    }

    /// The ARGs of the common beginning that a text uses. They are declared again since Buildah does not
    /// inherit them.
    fn arguments(&self, text: &str) -> Vec<String> {
        let production = &self.merger.production;
        let common =
            || self.plan.trunk.matches.iter().filter(|it| it.is_same()).map(|it| it.production);
        let names_of = |item: usize, keyword: Keyword| {
            let instruction = production.instruction(item).filter(|it| it.keyword == keyword);
            let pairs = instruction.map(Instruction::pairs).unwrap_or_default();
            pairs.iter().map(|it| it.name.clone())
        };
        let variables: HashSet<String> =
            common().flat_map(|it| names_of(it, Keyword::Env)).collect();
        let mut text = text.to_owned();
        let mut lines: Vec<String> = Vec::new();
        let items: Vec<usize> = common().collect();
        for item in items.into_iter().rev() {
            let mut names = names_of(item, Keyword::Arg);
            if names.any(|it| mentions(&text, &it) && !variables.contains(&it)) {
                let line = production.site.dockerfile.text(item).replace("\r\n", "\n");
                text += &line;
                lines.push(line);
            }
        }
        lines.reverse();
        lines
    }
}

/// The image of a FROM with its flags.
fn image(from: &Instruction) -> String {
    let flags = from.flags.iter().map(|it| it.text.as_str());
    flags.chain(from.from().map(|it| it.image)).collect::<Vec<_>>().join(" ")
}

/// Joins insertions at the same place, in their order.
fn joined(edits: Vec<Edit>) -> Vec<Edit> {
    let mut all: Vec<Edit> = Vec::new();
    for edit in edits {
        match all.iter_mut().find(|it| it.span == edit.span && edit.span.is_empty()) {
            Some(it) => it.text.push_str(&edit.text),
            None => all.push(edit),
        }
    }
    all
}
