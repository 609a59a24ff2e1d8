//! What the owner of a service decides of how it runs.

use std::sync::Arc;

use crate::yaml::Node;

/// Something that the owner of a service decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Whether it is started again when it ends.
    Restart,
    /// How much memory, processor time or how many processes it may use.
    Limits,
}

/// The key of a service by which something is decided: docs.docker.com, "Services top-level elements" and "Compose
/// Deploy Specification".
struct Decision {
    what: Decided,
    key: &'static [&'static str],
}

const DECISIONS: &[Decision] = &[
    Decision { what: Decided::Restart, key: &["restart"] },
    Decision { what: Decided::Restart, key: &["deploy", "restart_policy"] },
    Decision { what: Decided::Limits, key: &["cpu_quota"] },
    Decision { what: Decided::Limits, key: &["cpus"] },
    Decision { what: Decided::Limits, key: &["deploy", "resources", "limits"] },
    Decision { what: Decided::Limits, key: &["mem_limit"] },
    Decision { what: Decided::Limits, key: &["pids_limit"] },
];

impl Decision {
    /// Whether a service, or one that it extends, has the key.
    fn is_made(&self, nodes: &[Arc<Node>]) -> bool {
        let has = |it: &Arc<Node>| {
            let first = it.get(self.key[0]);
            self.key[1..].iter().fold(first, |node, key| node.and_then(|it| it.get(key))).is_some()
        };
        nodes.iter().any(has)
    }
}

/// What is decided of a service; `nodes` are its own and those of the services that it extends.
pub(super) fn made(nodes: &[Arc<Node>]) -> Vec<Decided> {
    DECISIONS.iter().filter(|it| it.is_made(nodes)).map(|it| it.what).collect()
}
