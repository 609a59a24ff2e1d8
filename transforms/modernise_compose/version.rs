//! The `version` of a file, which nobody reads any more.

use super::{Compose, evidence::Evidence};
use crate::{
    project::change::{Alteration, Change, Composed, FileChange, Outcome, Safety},
    text::Refusal,
};

/// Takes the version of a file out.
pub(super) fn look(compose: &Compose<'_>, evidence: &Evidence, outcome: &mut Outcome) {
    let text = &compose.file.text;
    let Some(entry) = compose.root.own("version") else { return };
    // In the first form of the files it was not there, and this key was a service.
    if entry.value.as_str().is_none() {
        return;
    }
    let decline = |why| compose.decline(&entry.span, why);
    if let Some(why) = evidence.of_readers(compose.file, &compose.root) {
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
    let (safety, reason) = match evidence.old_name() {
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
