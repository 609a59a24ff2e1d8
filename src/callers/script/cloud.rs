//! `gcloud`: commands that send a folder to Google's Cloud Build, which builds its Dockerfile without BuildKit.
//!
//! <https://cloud.google.com/sdk/gcloud/reference/builds/submit>,
//! <https://cloud.google.com/run/docs/deploying-source-code>: "If a Dockerfile is present in the source code directory,
//! the uploaded source code is built using that Dockerfile." With which builder: the sources at
//! [`cloudbuild`](crate::callers::is_cloud_build).

use super::{BuildFlags, Builder, Run, program};
use crate::callers::{image_name, words::Word};

/// Returns true if a text may send a folder to a cloud that builds it.
pub fn sends_builds(text: &str) -> bool {
    let sends = |it: &&str| text.contains(*it);
    (text.contains("gcloud") && ["builds submit", " deploy "].iter().any(sends))
        || text.contains("acr build")
}

/// The flags of `gcloud builds submit` that take no value, besides those that begin with `--no-`.
const SWITCHES: [&str; 6] = ["--async", "--help", "--log-http", "--quiet", "--suppress-logs", "-q"];

impl Run<'_> {
    /// Reads a command that may send a folder to Cloud Build.
    pub(super) fn try_submit(&mut self, words: &[&Word], raw: &[&str], line: usize) {
        if program(raw) != Some("gcloud") {
            return;
        }
        let words: Vec<String> = words.iter().map(|it| self.expand(&it.text).text()).collect();
        let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        if let Some((context, tag)) = submitted(&words) {
            let tags = tag.and_then(image_name).into_iter().collect();
            let flags =
                BuildFlags { context: Some(context.to_owned()), tags, ..BuildFlags::default() };
            let line = (self.line)(line);
            self.add(flags, None, Builder::Classic, line);
        }
    }
}

/// The folder that the words after `gcloud` send to be built by its Dockerfile, and the name that the image gets.
fn submitted<'w>(words: &[&'w str]) -> Option<(&'w str, Option<&'w str>)> {
    let words = match words {
        ["alpha" | "beta", rest @ ..] => rest,
        all => all,
    };
    let value = |names: &[&str]| {
        let at = words.iter().position(|it| names.contains(&it.split('=').next().unwrap_or(it)))?;
        words[at].split_once('=').map(|it| it.1).or_else(|| words.get(at + 1).copied())
    };
    match words {
        ["builds", "submit", rest @ ..] => {
            // Otherwise a configuration says what is built, or buildpacks do it.
            let tag = value(&["--tag", "-t"])?;
            Some((folder(rest).unwrap_or("."), Some(tag)))
        }
        ["run", "deploy", ..] | ["run", "jobs" | "worker-pools", "deploy", ..] => {
            Some((value(&["--source"])?, None))
        }
        _ => None,
    }
}

/// The folder among the words after `submit`.
fn folder<'w>(words: &[&'w str]) -> Option<&'w str> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') {
            return Some(word);
        }
        let is_switch = SWITCHES.contains(word) || word.starts_with("--no-");
        if !is_switch && !word.contains('=') {
            rest.next();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::callers::{Builder, read, tests::builds};
    use crate::text::RepoPath;

    #[test]
    fn clouds_build_without_buildkit() {
        let text = "\
gcloud builds submit --tag x/root
gcloud builds submit --async --project p --tag=x/api ./api
gcloud builds submit --config cloudbuild.yaml .
gcloud beta run deploy web --region r --source web
gcloud run deploy web --image x/web
az acr build -r registry --image x:1 --no-logs -f Dockerfile jobs
";
        let found = [
            "1 Dockerfile .",
            "2 api/Dockerfile api",
            "4 web/Dockerfile web",
            "6 Dockerfile jobs",
            "6 jobs/Dockerfile jobs",
        ];
        assert_eq!(builds("deploy.sh", text), found);
        let callers = read(&RepoPath::new("deploy.sh").unwrap(), text);
        assert!(callers.builds.iter().all(|it| it.builder == Builder::Classic));
    }

    #[test]
    fn a_line_may_turn_buildkit_off_and_the_next_one_on() {
        let text = "export DOCKER_BUILDKIT=false\ndocker build api\ndocker buildx build web\n";
        let callers = read(&RepoPath::new("build.sh").unwrap(), text);
        let builders: Vec<_> = callers.builds.iter().map(|it| it.builder).collect();
        assert_eq!(builders, [Builder::Classic, Builder::Docker]);
    }
}
