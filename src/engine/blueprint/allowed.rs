//! What a change declares that it alters.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use super::script;
use crate::{
    context::copies::Sent,
    dockerfile::Keyword,
    project::change::Alteration,
    text::{ImagePath, Span},
};

/// What changes say they alter of the images of a Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Allowed<'a> {
    pub(super) variables: BTreeSet<&'a str>,
    pub(super) pipelines: Vec<Span>,
    /// The pipelines of each RUN that is added; `None` when they cannot be read.
    pub(super) runs: Vec<Option<Vec<script::Piece>>>,
    /// The same of each RUN that is added to download something.
    pub(super) fetches: Vec<Option<Vec<script::Piece>>>,
    pub(super) config: BTreeSet<Keyword>,
    pub(super) order: bool,
    pub(super) environment: Option<&'a ImagePath>,
    /// What the builder is sent, if that is known.
    pub(super) sent: Option<&'a Sent<'a>>,
    /// The images of stages that were compared already, by address: whether they are alike.
    pub(super) known: RefCell<HashMap<Pair, bool>>,
}

/// The addresses of two blueprints that live as long as the comparison.
type Pair = (*const (), *const ());

impl<'a> Allowed<'a> {
    /// The same where the builder is sent this.
    #[must_use]
    pub fn of_context(self, sent: Option<&'a Sent<'a>>) -> Self {
        Self { sent, ..self }
    }

    /// What these alterations allow; a pipeline only where it stands in the Dockerfile itself.
    pub fn new(alterations: impl IntoIterator<Item = (&'a Alteration, bool)>) -> Self {
        let mut allowed = Self::default();
        for (alteration, is_here) in alterations {
            match alteration {
                Alteration::Env(name) | Alteration::Argument(name) => {
                    allowed.variables.insert(name);
                }
                Alteration::Pipeline(span) if is_here => allowed.pipelines.push(span.clone()),
                Alteration::Order => allowed.order = true,
                Alteration::Split { environment } => allowed.environment = Some(environment),
                Alteration::Run(text) => {
                    allowed.runs.push(script::pieces(text, &[], &|_| None));
                }
                Alteration::Fetch(text) => {
                    allowed.fetches.push(script::pieces(text, &[], &|_| None));
                }
                Alteration::Config(keyword) => {
                    allowed.config.insert(*keyword);
                }
                // Files are not seen here, only what is run.
                Alteration::Pipeline(_)
                | Alteration::Moved { .. }
                | Alteration::Pinned(_)
                | Alteration::Unsent { .. }
                | Alteration::Composed(_) => {}
            }
        }
        allowed
    }
}
