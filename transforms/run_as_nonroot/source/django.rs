//! Where Django collects the files that a web server serves.

use super::{Process, Trace, Written, resolve::Resolver, spot::Spot};
use crate::text::Refusal;

/// The setting that says where: docs.djangoproject.com, "How to manage static files".
const SETTING: &str = "STATIC_ROOT";

/// The folders that processes collect files into when they start.
///
/// # Errors
/// A decline's code and reason: the settings do not say which folder it is.
pub(super) fn collected(
    processes: &[Process],
    resolver: &Resolver<'_, '_>,
) -> Result<Vec<Trace>, Refusal> {
    let mut found = Vec::new();
    for process in processes.iter().filter(|it| it.has(&["collectstatic"])) {
        let evidence = format!("{} runs collectstatic", process.from);
        let unknown = |why: &str| {
            Refusal::new("writes-at-start", format!("{evidence} when it starts, {why}"))
        };
        let settings = resolver.values(SETTING);
        if settings.is_empty() {
            return Err(unknown("and no settings were found that say where it writes"));
        }
        for spot in settings.iter().flat_map(|it| resolver.spots(it.file, it.what)) {
            match spot {
                Spot::Text { text, is_open: false } => {
                    let written = Written::folder(text);
                    found.push(Trace { is_whole: true, ..Trace::new(written, evidence.clone()) });
                }
                Spot::Home | Spot::Temporary => {}
                _ => return Err(unknown("and STATIC_ROOT of its settings is computed")),
            }
        }
    }
    Ok(found)
}
