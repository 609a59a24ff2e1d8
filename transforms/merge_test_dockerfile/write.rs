//! The text of a merged file, edit by edit.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{
    align::{Change, Match},
    comments::Comments,
    merge::{Apart, Merger, Plan},
};
use crate::{
    dockerfile::{Instruction, Keyword, Kind, stage::Base, variables::mentions},
    text::{Edit, Refusal},
};

/// Writes a merged file, edit by edit.
pub(super) struct Writer<'m, 's, 'a> {
    merger: &'m Merger<'s, 'a>,
    plan: &'m Plan,
    edits: Vec<Edit>,
    /// The first item that changes.
    first: Option<usize>,
}

impl<'m, 's, 'a> Writer<'m, 's, 'a> {
    /// The edits of our file, and its first item that changes.
    pub(super) fn write(
        merger: &'m Merger<'s, 'a>,
        plan: &'m Plan,
        has_stage: bool,
    ) -> Result<(Vec<Edit>, Option<usize>), Apart> {
        let mut writer = Self { merger, plan, edits: Vec::new(), first: None };
        writer.frontend();
        let comments = writer.comments();
        writer.switches(&comments, has_stage);
        if has_stage {
            writer.stages(&comments)?;
        }
        Ok((joined(writer.edits), writer.first))
    }

    /// The frontend that only theirs asks for.
    fn frontend(&mut self) {
        let ours = self.merger.ours.site.dockerfile;
        let theirs = self.merger.theirs.site.dockerfile;
        if let (None, Some(it)) = (ours.directive("syntax"), theirs.directive("syntax")) {
            self.edits.push(ours.add_directive("syntax", it));
        }
    }

    fn changes(&mut self, item: usize) {
        self.first = Some(self.first.map_or(item, |it| it.min(item)));
    }

    /// Their items that come as they are: those behind what is common in the last stage, and stages that
    /// only they have.
    fn copied(&self) -> HashSet<usize> {
        let theirs = &self.merger.theirs;
        let dockerfile = theirs.site.dockerfile;
        let alone =
            self.plan.sides.iter().filter(|it| it.1.is_none()).map(|it| theirs.stage(*it.0));
        let mut copied: HashSet<usize> = HashSet::new();
        for stage in alone {
            copied.extend(dockerfile.comments_above(stage.from).start..self.end(stage.index));
        }
        copied.extend(self.rest());
        copied
    }

    /// The end of one of their stages, without the comments of the next one.
    fn end(&self, stage: usize) -> usize {
        let theirs = &self.merger.theirs;
        match theirs.site.stages.get(stage + 1) {
            Some(next) => theirs.site.dockerfile.comments_above(next.from).start,
            None => theirs.site.dockerfile.items.len(),
        }
    }

    /// What of their last stage is not common.
    fn rest(&self) -> std::ops::Range<usize> {
        let last = self.merger.theirs.last();
        if self.plan.trunk.theirs.is_empty() {
            return last.end..last.end;
        }
        let common = self.plan.trunk.matches.iter().map(|it| it.theirs).max();
        let start = common.filter(|it| last.from < *it).unwrap_or(last.from);
        start + 1..last.end
    }

    fn comments(&self) -> Comments {
        let (ours, theirs) = (&self.merger.ours, &self.merger.theirs);
        let matches: Vec<&Match> = self.plan.all().collect();
        let sides = self.plan.sides.iter().filter_map(|(theirs, ours)| Some((*theirs, (*ours)?)));
        let last = (theirs.last().index, ours.last().index);
        let both = sides.chain([last]);
        let froms = both.map(|(it, own)| (theirs.stage(it).from, ours.stage(own).from)).collect();
        let mut comments = Comments::of(ours, theirs, &matches, &froms, &self.copied());
        // What is said of their last stage is said of the stage that it becomes.
        let apart = !self.plan.trunk.ours.is_empty() || !self.plan.trunk.theirs.is_empty();
        if apart {
            let lines = comments.above.remove(&ours.last().from);
            comments.of_file.extend(lines.into_iter().flatten());
        }
        comments
    }

    /// The arguments, the RUNs that depend on them, and comments above what is common.
    fn switches(&mut self, comments: &Comments, has_stage: bool) {
        let dockerfile = self.merger.ours.site.dockerfile;
        let declare = format!("{} {}=false", dockerfile.keyword("ARG"), self.merger.argument);
        let mut of_file = comments.of_file.clone();
        if has_stage {
            of_file.clear();
        }
        let mut declared: BTreeSet<usize> = BTreeSet::new();
        let mut lines_above: BTreeMap<usize, Vec<String>> = comments.above.clone();
        let mut order: Vec<&Match> = self.plan.all().collect();
        order.sort_by_key(|it| it.ours);
        let mut arguments: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for it in order {
            let mut new = Vec::new();
            if !it.is_same() && declared.insert(it.stage) {
                new.append(&mut of_file);
                new.push(declare.clone());
            }
            match &it.change {
                Change::Same => {}
                Change::Branch(edits) => {
                    self.edits.extend(edits.iter().cloned());
                    self.changes(it.ours);
                    if !new.is_empty() {
                        arguments.entry(it.ours).or_default().extend(new);
                    }
                }
                Change::Only(text) => {
                    new.extend(
                        comments.above_theirs.get(&it.theirs).into_iter().flatten().cloned(),
                    );
                    new.push(text.replace("\r\n", "\n"));
                    let paragraph = self.merger.theirs.site.dockerfile.begins_paragraph(it.theirs);
                    self.edits.push(dockerfile.insert_after(it.ours, &new.join("\n"), paragraph));
                    self.changes(it.ours);
                }
            }
        }
        let from = self.merger.ours.stage(0).from;
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

    /// The stages: the common one, theirs, and ours, which stays the last.
    fn stages(&mut self, comments: &Comments) -> Result<(), Apart> {
        let (ours, plan) = (&self.merger.ours, self.plan);
        let dockerfile = ours.site.dockerfile;
        let target = self.merger.kind.target();
        let added = self.merger.theirs.site.stages.iter();
        let added = added.filter(|it| plan.sides.get(&it.index).is_some_and(Option::is_none));
        let mut taken: Vec<String> =
            ours.site.stages.iter().filter_map(|it| it.name).map(str::to_lowercase).collect();
        taken.extend(added.filter_map(|it| it.name).map(str::to_lowercase));
        if taken.iter().any(|it| it == target) {
            let reason = format!("the other file has a stage {target} already");
            return Err(Apart { item: 0, why: Refusal::new("stage-name-taken", reason) });
        }
        let last = ours.last();
        let (from, as_) = (dockerfile.keyword("FROM"), dockerfile.keyword("AS"));
        let Some(split) = self.merger.split(plan) else {
            let diverges = plan.trunk.ours.first().map_or(last.index, |it| it.0);
            let stage = ours.stage(diverges);
            // A stage is only found by its name.
            let below = match *stage.base {
                Base::Stage(it) => ours.stage(it).name.map(str::to_owned),
                _ => None,
            };
            let image = || ours.instruction(stage.from).map(image).unwrap_or_default();
            let base = below.unwrap_or_else(image);
            let text = self.their_stages(comments, &format!("{from} {base} {as_} {target}"));
            self.changes(last.from);
            self.edits.push(dockerfile.insert_before(last.from, &format!("{text}\n")));
            return Ok(());
        };
        let stage = ours.stage(split);
        let own = stage.name.filter(|it| *it != "base").map(|it| format!("{it}-base"));
        let names = ["base".to_owned()]
            .into_iter()
            .chain(own)
            .chain(["common".to_owned(), "shared".to_owned()]);
        let mut names = names.filter(|it| it != target && !taken.contains(&it.to_lowercase()));
        let Some(base) = names.next() else {
            return Err(Apart {
                item: 0,
                why: Refusal::new("stage-name-taken", "the names for a common stage are taken"),
            });
        };
        self.edits.extend(dockerfile.name_stage(stage.from, &base));
        self.changes(stage.from);
        let theirs = self.their_stages(comments, &format!("{from} {base} {as_} {target}"));
        let name = stage.name.map(|it| format!(" {as_} {it}")).unwrap_or_default();
        let own_rest = plan.trunk.ours.iter().filter(|it| it.0 == split).map(|it| it.1);
        let own_rest: Vec<&str> = own_rest.map(|it| dockerfile.text(it)).collect();
        let arguments = self.arguments(&own_rest.join("\n"));
        let ours_again = [vec![format!("{from} {base}{name}")], arguments].concat().join("\n");
        let common = plan.trunk.matches.iter().filter(|it| it.stage == split).map(|it| it.ours);
        let at = common.max().unwrap_or(stage.from);
        if split == last.index {
            let lines = format!("{theirs}\n\n{ours_again}");
            self.edits.push(dockerfile.insert_after(at, &lines, true));
        } else {
            self.edits.push(dockerfile.insert_after(at, &ours_again, true));
            self.edits.push(dockerfile.insert_before(last.from, &format!("{theirs}\n")));
        }
        Ok(())
    }

    /// Their stages as text: those that only they have, and the one that is built instead of theirs.
    fn their_stages(&self, comments: &Comments, from: &str) -> String {
        let theirs = &self.merger.theirs;
        let dockerfile = theirs.site.dockerfile;
        let mut parts: Vec<String> = Vec::new();
        for (side, _) in self.plan.sides.iter().filter(|it| it.1.is_none()) {
            let stage = theirs.stage(*side);
            parts.push(
                dockerfile.lines(dockerfile.comments_above(stage.from).start..self.end(*side)),
            );
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

    /// Whether their file leaves a line before what is not common.
    fn gap(&self) -> bool {
        let items = &self.merger.theirs.site.dockerfile.items;
        items.get(self.rest().start).is_some_and(|it| matches!(it.kind, Kind::Blank))
    }

    /// The ARGs of the common part that a text uses, to be declared again: not every builder hands them on.
    fn arguments(&self, text: &str) -> Vec<String> {
        let ours = &self.merger.ours;
        let common = self.plan.trunk.matches.iter().filter(|it| it.is_same());
        let common: Vec<usize> = common.map(|it| it.ours).collect();
        let keyword =
            |item: usize, keyword| ours.instruction(item).is_some_and(|it| it.keyword == keyword);
        let names = |item: usize| {
            ours.instruction(item).map(Instruction::pairs).unwrap_or_default().into_iter()
        };
        let set: HashSet<String> = common
            .iter()
            .filter(|it| keyword(**it, Keyword::Env))
            .flat_map(|it| names(*it).map(|it| it.name))
            .collect();
        let mut text = text.to_owned();
        let mut lines: Vec<String> = Vec::new();
        for item in common.into_iter().rev().filter(|it| keyword(*it, Keyword::Arg)) {
            if names(item).any(|it| mentions(&text, &it.name) && !set.contains(&it.name)) {
                let line = ours.site.dockerfile.text(item).replace("\r\n", "\n");
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

/// The edits with insertions at one place made one, in their order.
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
