//! What the servers of Next.js write beside their build.
//!
//! nextjs.org/docs: "Caching in Next.js", "Incremental Static Regeneration", "output" (`standalone`, whose `server.js` lies in
//! the folder of the application, seen from the root of the workspace); vercel/next.js:
//! packages/next/src/build/utils.ts (`server.js` changes to its own folder) and
//! packages/next/src/server/lib/incremental-cache/file-system-cache.ts.

use super::{
    Image,
    evidence::{Trace, Written},
    image::Placed,
    process::Process,
    roles::Role,
};
use crate::{
    ecosystems::{
        code::{self, Language},
        programs::Trait,
    },
    project::Project,
    text::{ImagePath, Refusal, RepoPath},
};

/// The folder of the build, in that of the application.
const BUILD: &str = ".next";

/// What a copy of a server that needs no packages ends with.
const STANDALONE: &str = ".next/standalone";

/// The file that starts such a server.
const SERVER: &str = "server.js";

/// The files of a project that have pages made anew from time to time, each with the folders of these pages.
struct Renewing(Vec<(RepoPath, Vec<&'static str>)>);

/// The folders that the servers of Next.js write to.
///
/// # Errors
/// A decline's code and reason: it is not known in which folder a server starts.
pub(super) fn traces(image: &Image<'_>, processes: &[Process]) -> Result<Vec<Trace>, Refusal> {
    let mut found = Vec::new();
    let Some(workdir) = image.state().workdir.clone().or_else(|| Some(ImagePath::root())) else {
        return Ok(found);
    };
    for process in processes {
        let folder = workdir.join(&process.folder);
        let own = process.known().find(|it| it.contains(".next/"));
        let own =
            own.map(|it| match it.strip_suffix(SERVER).filter(|it| it.contains(STANDALONE)) {
                Some(above) => folder.join(above),
                None => folder.clone(),
            });
        let started = (process.program == "next").then(|| {
            let mut operands = process.operands().skip(1);
            operands.next().map_or_else(|| folder.clone(), |it| folder.join(it))
        });
        if let Some(folder) = own.or(started) {
            found.extend(written(image, &folder, true));
        }
    }
    for Placed { item, instruction } in image.instructions() {
        let Some(copy) = instruction.copy() else { continue };
        let mut sources = copy.sources.iter().map(|it| it.text.trim_end_matches(['/', '.']));
        if !sources.any(|it| it.ends_with(STANDALONE)) {
            continue;
        }
        let Some(to) = image.path_at(item, &copy.destination.text) else { continue };
        let mut is_found = false;
        let runs = |it: &&Process| it.facts().is(Trait::HostsScripts) && it.role < Role::Condition;
        for process in processes.iter().filter(runs) {
            let folder = workdir.join(&process.folder);
            let Some(first) = process.arguments.iter().find(|it| !is_option(it.as_deref())) else {
                continue;
            };
            let Some(script) = first else {
                let reason = format!(
                    "{} starts the server of Next.js in a folder that is not known, and it caches there",
                    process.from
                );
                return Err(Refusal::new("unknown-folder", reason));
            };
            let server = folder.join(script);
            let is_server = server.file_name() == SERVER && server.is_within(&to);
            if let Some(above) = server.parent().filter(|_| is_server) {
                found.extend(written(image, &above, false));
                is_found = true;
            }
        }
        if !is_found {
            found.extend(written(image, &to, false));
        }
    }
    Ok(found)
}

fn is_option(word: Option<&str>) -> bool {
    word.is_some_and(|it| it.starts_with('-'))
}

/// What a server writes in the folder of its application; the build has filled the cache if it `is_whole`.
fn written(image: &Image<'_>, folder: &ImagePath, is_whole: bool) -> Vec<Trace> {
    let build = folder.join(BUILD);
    let cache = Written::folder(build.join("cache").as_str());
    let mut found = vec![Trace { is_whole, ..Trace::new(cache, "Next.js caches there") }];
    let Renewing(all) = image.project.surroundings().get(|| Renewing::read(image.project));
    let context = image.context_folder();
    let own = all.iter().filter(|it| context.is_none_or(|of| it.0.strip_prefix(of).is_some()));
    for (file, pages) in own {
        for kind in pages {
            let path = build.join("server").join(kind);
            let path = Written::folder(path.as_str());
            let evidence = format!("Next.js makes pages anew there: {file}");
            found.push(Trace { is_whole: true, ..Trace::new(path, evidence) });
        }
    }
    found
}

impl Renewing {
    fn read(project: &Project) -> Self {
        let is_script = |it: &&RepoPath| {
            let language = Language::of(it.file_name());
            let scripts = [Language::JavaScript, Language::TypeScript, Language::Tsx];
            language.is_some_and(|it| scripts.contains(&it)) && !code::is_test(it)
        };
        let has = |folder: &RepoPath, name: &str| {
            let mut folders = [Some(folder.clone()), folder.join("src")].into_iter().flatten();
            folders.any(|it| it.join(name).is_some_and(|it| project.tree().is_folder(&it)))
        };
        let mut found = Vec::new();
        for file in project.tree().files().filter(is_script) {
            let Some(text) = project.source(file).map(|it| &it.text) else { continue };
            if !renews(text) {
                continue;
            }
            let inside = |name: &str| file.as_str().split('/').rev().skip(1).any(|it| it == name);
            let own = ["app", "pages"].into_iter().filter(|it| inside(it)).take(1);
            let own: Vec<&'static str> = own.collect();
            // What pages call may be for those of both kinds.
            let folder = file.ancestors().skip(1).find(|it| has(it, "app") || has(it, "pages"));
            let both = ["app", "pages"].into_iter();
            let both = both.filter(|it| folder.as_ref().is_some_and(|of| has(of, it)));
            let pages = if own.is_empty() { both.collect() } else { own };
            found.push((file.clone(), pages));
        }
        found.truncate(FILES);
        Self(found)
    }
}

/// The most such files that are looked at.
const FILES: usize = 16;

/// Whether source has Next.js make pages anew: `export const revalidate = 60`, `next: { revalidate: 60 }`,
/// `revalidatePath("/")`.
fn renews(text: &str) -> bool {
    let mark = "revalidate";
    text.match_indices(mark).any(|(at, _)| {
        // A header: `stale-while-revalidate=60`.
        let is_part = text[..at].ends_with(|it: char| it.is_alphanumeric() || "-_".contains(it));
        let rest = &text[at + mark.len()..];
        let is_called = ["Path(", "Tag("].iter().any(|it| rest.starts_with(it));
        let value = rest.trim_start_matches(['"', '\'']).trim_start();
        let value = value.strip_prefix([':', '=']).map(str::trim_start).unwrap_or_default();
        let word: String =
            value.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
        let is_never = ["", "0", "false", "true"].contains(&word.as_str());
        !is_part && (is_called || !is_never)
    })
}

#[cfg(test)]
mod tests {
    use super::renews;

    #[test]
    fn pages_that_are_made_anew_are_seen() {
        let made = [
            "export const revalidate = 3600;",
            "fetch(url, { next: { revalidate: 60 } })",
            "return { props, revalidate: INTERVAL }",
            "revalidatePath('/news')",
        ];
        let not = [
            "export const revalidate = 0",
            "revalidate: false",
            "mutate(key, data, { revalidate: true })",
            "useSWR(key, { revalidateOnFocus: true })",
            "'s-maxage=1, stale-while-revalidate=59'",
        ];
        assert!(made.into_iter().all(renews) && !not.into_iter().any(renews));
    }
}
