//! Scripts that a workflow runs on another machine: `appleboy/ssh-action`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{Job, Script, Values, expression};
use crate::{
    callers::{Caller, Callers, traced},
    yaml::Node,
};

/// Actions that run a script on another machine, each with the input that has it: their `action.yml`.
const REMOTE: [(&str, &str); 5] = [
    ("appleboy/ssh-action", "script"),
    ("easingthemes/ssh-deploy", "SCRIPT_AFTER"),
    ("fifsky/ssh-action", "command"),
    ("garygrossgarten/github-action-ssh", "command"),
    ("matheusvanzan/sshpass-action", "run"),
];

impl Job<'_> {
    /// Reads the script that an action runs on another machine. It builds nothing of what is checked out here.
    pub(super) fn read_remote(
        &self,
        action: &Node,
        with: Option<&Arc<Node>>,
        values: &Values,
        into: &mut Callers,
    ) {
        let name = action.as_str().unwrap_or_default();
        let name = name.split_once('@').map_or(name, |it| it.0);
        let Some((_, input)) = REMOTE.iter().find(|it| it.0.eq_ignore_ascii_case(name)) else {
            return;
        };
        let entries = with.map(|it| it.entries()).unwrap_or_default();
        let Some(node) = entries.iter().find(|it| it.key.eq_ignore_ascii_case(input)) else {
            return;
        };
        let Some(text) = traced(self.source, &node.value) else { return };
        let mut found = Callers::default();
        let script = Script {
            path: self.path,
            caller: Caller::GitHubActions,
            starts: vec![self.checkout.clone()],
            variables: HashMap::new(),
            lists: BTreeMap::new(),
        };
        script.read(&expression(&text, values), &|it| node.value.line_of(it), &mut found);
        into.services.append(&mut found.services);
    }
}
