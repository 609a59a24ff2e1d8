//! Every build of the real projects follows a Dockerfile that moves, or says why it cannot.

use crate::support;
use std::collections::BTreeMap;

use refit::{
    callers::{Build, Caller, Move, retarget},
    project::{Project, change::Origin},
    text::{self, RepoPath},
};

fn projects() -> Option<BTreeMap<String, Project>> {
    let archive = support::corpus("projects.tar.xz")?;
    let mut projects: BTreeMap<String, Vec<(RepoPath, String)>> = BTreeMap::new();
    for (path, bytes) in support::files(&archive) {
        let Some((name, path)) = path.split_once('/').and_then(|it| it.1.split_once('/')) else {
            continue;
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        projects.entry(name.to_owned()).or_default().push((RepoPath::new(path).unwrap(), text));
    }
    Some(projects.into_iter().map(|(name, files)| (name, Project::new(files))).collect())
}

#[test]
fn every_build_follows_or_is_stuck() {
    let Some(projects) = projects() else { return };
    assert_eq!(projects.len(), 116);
    let mut edited: BTreeMap<Caller, usize> = BTreeMap::new();
    let mut stuck: BTreeMap<Caller, usize> = BTreeMap::new();
    let mut other_images = 0;
    for (name, project) in &projects {
        let builds: Vec<&Build> = project.files().flat_map(|it| &it.callers().builds).collect();
        let exists = |it: &&&Build| project.tree().is_file(&it.dockerfile);
        let mut dockerfiles: Vec<_> =
            builds.iter().filter(exists).map(|it| it.dockerfile.clone()).collect();
        dockerfiles.sort();
        dockerfiles.dedup();
        for from in dockerfiles {
            let to = Origin {
                dockerfile: from.parent().unwrap().join("Dockerfile.moved").unwrap(),
                target: Some("test".to_owned()),
                arguments: [("INSTALL_TEST_DEPS".to_owned(), "true".to_owned())].into(),
            };
            let done = retarget(project, &[Move { from: from.clone(), to: to.clone() }]);
            // A stage that is not the last one is an image that does not move.
            let (others, lost): (Vec<_>, Vec<_>) =
                done.stuck.iter().partition(|it| it.reason.contains("names its stage"));
            for it in lost {
                println!("{name} {}: {} {:?}", it.place, it.reason, it.shares);
            }
            for file in project.files() {
                let before = &file.callers().builds;
                let concerned: Vec<_> = before.iter().filter(|it| it.dockerfile == from).collect();
                let Some(edits) = done.edits.get(&file.path) else {
                    for it in concerned {
                        if others.iter().any(|other| other.place.path == it.place.path) {
                            other_images += 1;
                            continue;
                        }
                        *stuck.entry(it.caller).or_default() += 1;
                        assert!(!done.stuck.is_empty(), "{name}: {} left behind", file.path);
                    }
                    continue;
                };
                for it in concerned {
                    *edited.entry(it.caller).or_default() += 1;
                }
                let after = Project::new([(file.path.clone(), text::apply(&file.text, edits))]);
                let after = after.files().next().unwrap().callers().builds.clone();
                assert_eq!(after.len(), before.len(), "{name}: {}", file.path);
                for build in before {
                    let mut expected = build.clone();
                    if build.dockerfile == from {
                        expected.dockerfile = to.dockerfile.clone();
                        expected.target = to.target.clone();
                        let new = ("INSTALL_TEST_DEPS".to_owned(), Some("true".to_owned()));
                        expected.arguments.extend([new]);
                    }
                    let found = after.iter().any(|it| it.is_like(&expected));
                    assert!(found, "{name}: {}: {expected:#?}\n{after:#?}", file.path);
                }
            }
        }
    }
    println!("edited {edited:?}, stuck {stuck:?}, {other_images} beside builds of other stages");
    let sum = |of: &BTreeMap<Caller, usize>| of.values().sum::<usize>();
    assert!(sum(&stuck) * 9 < sum(&edited), "fewer than nine of ten follow");
}

#[test]
fn damaged_callers_are_survived() {
    let Some(projects) = projects() else { return };
    let mut tried = 0;
    for project in projects.values() {
        for file in project.files().filter(|it| !it.callers().builds.is_empty()) {
            for part in [3, 6] {
                let mut at = file.text.len() * part / 8;
                while !file.text.is_char_boundary(at) {
                    at -= 1;
                }
                let damaged = [
                    file.text[..at].to_owned(),
                    format!("{}\"\\é{}", &file.text[..at], &file.text[at..]),
                ];
                for text in damaged {
                    let cut = project.clone().with_text(&file.path, text);
                    let builds = &cut.file(file.path.as_str()).unwrap().callers().builds;
                    let moves = builds.iter().map(|it| Move {
                        from: it.dockerfile.clone(),
                        to: Origin {
                            dockerfile: RepoPath::new("moved/Dockerfile").unwrap(),
                            target: Some("test".to_owned()),
                            arguments: [("A".to_owned(), "1".to_owned())].into(),
                        },
                    });
                    retarget(&cut, &moves.collect::<Vec<_>>());
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} damaged files");
}
