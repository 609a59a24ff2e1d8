//! The `version` of a file, which nobody reads any more.

use crate::{
    callers::{ComposeFile, ComposeReaders, Needs},
    project::change::{Alteration, Change, Composed, FileChange, Outcome, Safety},
    text::Refusal,
};

/// Takes the version of a file out.
pub(super) fn look(compose: &ComposeFile<'_>, readers: &ComposeReaders, outcome: &mut Outcome) {
    let text = &compose.file.text;
    let Some(entry) = compose.root.own("version") else { return };
    // In the first form of the files it was not there, and this key was a service.
    if entry.value.as_str().is_none() {
        return;
    }
    let decline = |why| super::decline(compose, &entry.span, why);
    if let Err(why) = compose.editable() {
        return outcome.declines.push(decline(why));
    }
    if let Some(why) = readers.objection(compose.file, &compose.root, Needs::SPECIFICATION) {
        return outcome.declines.push(decline(why));
    }
    if let Some(comment) = entry.comment(text) {
        let why = Refusal::new("commented", format!("the comment on its line says: {comment}"));
        return outcome.declines.push(decline(why));
    }
    let Some(edit) = entry.removed(text) else {
        let why =
            Refusal::new("unusual-yaml", "`version` is not a plain value on a line of its own");
        return outcome.declines.push(decline(why));
    };
    let (safety, reason) = match readers.old_name() {
        None => (Safety::Safe, "Compose ignores it, and says so at each start".to_owned()),
        Some(place) => (
            Safety::Review,
            format!("Compose ignores it, as `docker-compose` in {place} does from 1.27.0 on"),
        ),
    };
    let file = FileChange::Edit(vec![edit]);
    outcome.changes.push(Change {
        title: "Remove version".to_owned(),
        reason,
        safety,
        place: compose.place(&entry.span),
        files: [(compose.file.path.clone(), file)].into(),
        alters: vec![Alteration::Composed(Composed::NoVersion)],
    });
}
