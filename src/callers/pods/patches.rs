//! Patches of Kustomize that stand in a `kustomization.yaml` as texts, or that are lists of operations.
//!
//! kubectl.docs.kubernetes.io: `patches`, `patchesJson6902`, `patchesStrategicMerge`;
//! www.rfc-editor.org/rfc/rfc6902: "Operations".

use std::sync::Arc;

use super::{Claim, Claims, Container, claim_of, set, settings, without_templates};
use crate::yaml::{self, Node};

/// The lists of patches of a kustomization.
const LISTS: [&str; 3] = ["patches", "patchesJson6902", "patchesStrategicMerge"];

/// Whether a file of this name and text has patches that are no manifests of their own.
pub(in crate::callers) fn has_patches(name: &str, text: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let is_kustomization = stem.eq_ignore_ascii_case("kustomization");
    let has_list = || LISTS.iter().any(|it| text.contains(&format!("{it}:")));
    let is_list = || {
        let has =
            |key: &str| text.contains(&format!("{key}:")) || text.contains(&format!("\"{key}\""));
        text.contains("/spec/") && has("op") && has("path")
    };
    (is_kustomization && has_list()) || is_list()
}

impl Claims {
    /// What the patches of a document say, whose container is not known; true if it is a list of operations.
    pub(super) fn patches(&mut self, root: &Arc<Node>) -> bool {
        root.items().iter().for_each(|it| self.operation(it));
        let lists = LISTS.iter().filter_map(|it| root.get(it));
        for it in lists.flat_map(|it| it.items()) {
            let node = it.get("patch").unwrap_or(it);
            // What is in no lines is the name of a file.
            let Some(text) = node.as_str().filter(|it| it.contains(['\n', '{'])) else { continue };
            // With as many lines before it, its lines are those of the file.
            let text = "\n".repeat(node.line) + &without_templates(text);
            let reading = yaml::read_only(&text).unwrap_or_default();
            for root in &reading.documents {
                root.items().iter().for_each(|it| self.operation(it));
                self.pods(root, &[], 0);
            }
        }
        !root.items().is_empty()
    }

    /// What an operation says that adds something to a manifest.
    fn operation(&mut self, operation: &Arc<Node>) {
        let adds = matches!(operation.text("op"), Some("add" | "replace"));
        let Some((path, value)) = operation.text("path").zip(operation.get("value")) else {
            return;
        };
        let mut parts = path.rsplit('/');
        let (last, above) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let one = std::slice::from_ref(value);
        let all = value.items();
        match (above, last) {
            _ if !adds => {}
            (_, "securityContext") => {
                self.has_group |= set(value, "fsGroup").is_some();
                self.context(Some(value), &[]);
            }
            (_, "fsGroup") => self.has_group = true,
            (_, "runAsUser") => self.add(Claim::User, value.line, &[]),
            (_, "privileged") if value.as_str() == Some("true") => {
                self.add(Claim::Privileged, value.line, &[]);
            }
            (_, "volumes") => self.volumes(all),
            ("volumes", _) => self.volumes(one),
            (_, "env") => self.setting(value, settings::of_lists(all, &[])),
            ("env", _) => self.setting(value, settings::of_lists(one, &[])),
            (_, "envFrom") => self.setting(value, settings::of_lists(&[], all)),
            ("envFrom", _) => self.setting(value, settings::of_lists(&[], one)),
            (_, "containers" | "initContainers") => all.iter().for_each(|it| self.container(it)),
            ("containers" | "initContainers", _) => self.container(value),
            _ => self.pods(value, &[], 0),
        }
    }

    fn container(&mut self, container: &Arc<Node>) {
        self.context(container.get("securityContext"), &[]);
        self.setting(container, settings::of_container(container));
    }

    fn volumes(&mut self, volumes: &[Arc<Node>]) {
        for it in volumes {
            if let Some(claim) = claim_of(it, self.has_group) {
                self.add(claim, it.line, &[]);
            }
        }
    }

    fn setting(&mut self, node: &Arc<Node>, settings: Vec<settings::Setting>) {
        if !settings.is_empty() {
            let (line, name, image, ports) = (node.line, String::new(), None, Vec::new());
            self.containers.push(Container { line, name, image, ports, settings });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(Claim, usize)> {
        let claims = Claims::read(text, true);
        claims.all.iter().map(|it| (it.claim, it.line)).collect()
    }

    #[test]
    fn operations_say_what_they_add() {
        let text = "- op: add\n  path: /spec/template/spec/containers/0/securityContext/runAsUser\n  value: 7\n\
                    - op: remove\n  path: /spec/template/spec/securityContext\n  value: {runAsUser: 1}\n\
                    - op: replace\n  path: /spec/template/spec/volumes/-\n  value: {name: a, hostPath: {path: /a}}\n\
                    - op: add\n  path: /spec/template/spec/containers/-\n  value:\n    securityContext: {privileged: true}\n";
        assert!(has_patches("a.yaml", text) && !has_patches("a.yaml", "op: x\npath: /a\n"));
        let all = [(Claim::User, 3), (Claim::HostPath, 9), (Claim::Privileged, 13)];
        assert_eq!(said(text), all);
        let text = "[{\"op\": \"add\", \"path\": \"/spec/x/envFrom\", \"value\": [{\"configMapRef\": {\"name\": \"a\"}}]}]";
        assert_eq!(Claims::read(text, true).containers().len(), 1);
        let text = "- {op: add, path: /spec/x/securityContext, value: {fsGroup: 7}}\n";
        assert!(Claims::read(text, true).has_group);
    }

    #[test]
    fn patches_of_a_kustomization_have_its_lines() {
        let text = "patches:\n  - path: a.yaml\n  - patch: |\n      kind: Deployment\n      spec:\n        template:\n          spec:\n            containers:\n              - name: shop\n                securityContext:\n                  runAsUser: 7\n";
        assert!(has_patches("Kustomization", text) && !has_patches("a.yaml", text));
        assert_eq!(said(text), [(Claim::User, 11)]);
    }
}
