//! The settings of programs of Java and .NET that name ports and places: in their files, in the environment, and on the
//! command line, of which the last come first.

use super::{
    super::evidence::sqlite,
    Source,
    files::Files,
    reach::{Explorer, Reach},
    resolve::Resolver,
    spot::{Spot, closed},
};
use crate::{
    ecosystems::{
        code::{Kind, Language},
        dotnet, jvm,
    },
    text::Refusal,
};

impl Source {
    /// Adds what settings name, for programs that start in the explorer's folder.
    pub(super) fn set(
        &mut self,
        explorer: &Explorer<'_, '_>,
        files: &Files<'_, '_>,
        reach: &Reach<'_>,
        resolver: &Resolver<'_, '_>,
    ) {
        let set = jvm::PORTS.into_iter().filter(|it| reach.properties.contains_key(*it));
        for key in set {
            let ports = resolver.spots(0, &jvm::placeholder(&format!("${{{key}}}"))).into_iter();
            self.ports.extend(ports.filter_map(|it| Some((it.port()?, key.to_owned()))));
        }
        let runs = |language| reach.files.iter().any(|it| it.language == language);
        if runs(Language::CSharp) {
            for (key, value) in &reach.properties {
                let ports = value.as_ref().map_or_else(Vec::new, |it| dotnet::ports(key, it));
                self.ports.extend(ports.into_iter().map(|it| (it, key.clone())));
            }
            self.ports.sort();
        }
        if !runs(Language::Java) && !runs(Language::CSharp) {
            return;
        }
        let is_set =
            |key: &str| resolver.given(key).is_some() || reach.told.iter().any(|it| it.key == key);
        let counts = |it: &jvm::Setting| !it.unless.iter().any(|it| is_set(it));
        for setting in jvm::SETTINGS.iter().filter(|it| counts(it)) {
            let Some((name, values)) = resolver.given(setting.key) else { continue };
            for value in values {
                self.add(files, &explorer.workdir, setting.kind, closed(&value), name.clone());
            }
        }
        let is_used = |key: &str| {
            let setting = jvm::SETTINGS.iter().find(|it| it.key == key);
            setting.is_none_or(|it| counts(it) && resolver.given(key).is_none())
        };
        for it in reach.told.iter().filter(|it| is_used(it.key)) {
            for spot in resolver.spots(0, &it.value) {
                let is_address = it.kind == Kind::Url;
                let is_lost = match &spot {
                    Spot::Text { text, .. } => {
                        is_address && jvm::is_database(text) && sqlite(text).is_none()
                    }
                    // A URL that nothing names is that of a server.
                    Spot::Unknown => !is_address,
                    _ => false,
                };
                match spot {
                    _ if is_lost => {
                        self.refuse(Refusal::new("unknown-write", it.unknown.clone()));
                    }
                    spot => {
                        self.add(files, &explorer.workdir, it.kind, spot, it.evidence.clone());
                    }
                }
            }
        }
    }
}
