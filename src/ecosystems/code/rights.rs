//! The calls that need root.

use super::{
    Rooted, call::Call, evaluate::Evaluator, facts::Needs, grammar::line, is_elsewhere,
    matching::is_imported, scopes::Located,
};

impl<'t> Evaluator<'_, 't> {
    /// A call that needs root, if it does with these arguments.
    pub(super) fn root(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        what: &'static str,
        needs: &Needs,
    ) -> Option<Rooted> {
        let is_meant = needs.with.is_empty()
            || needs.with.iter().any(|it| is_imported(&self.scopes.imports, it));
        let is_spared = needs.spared.and_then(|it| self.argument(call, it, at.scope));
        let is_spared = is_spared
            .is_some_and(|node| self.value(Located { node, ..at }).text().is_none_or(is_elsewhere));
        let with = match needs.told {
            None => "",
            Some((argument, mark)) => {
                let node = self.argument(call, argument, at.scope)?;
                self.scopes.text_of(node).contains(mark).then_some(mark)?
            }
        };
        let unless = needs.unless;
        (is_meant && !is_spared).then(|| Rooted { line: line(at.node), what, with, unless })
    }
}
