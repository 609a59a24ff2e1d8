//! Runs the examples in every transform's page.
//!
//! A `## ` heading with files under it is a case. A fenced block labelled by a line `` `path`: `` is that
//! file, an unlabelled one is `Dockerfile`; a `diff` block is what the transform must do, and without one
//! the files must stay untouched. A line ``Declined: `code`.`` names the codes the run must decline with,
//! all of them; `Safety: review.` or `Safety: safe and review.` says how sure the changes are, safe when it is missing. A `refit.toml`
//! sets options. `UPDATE=1 cargo test --test pages` rewrites the diffs, and the index in
//! `transforms/README.md`.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{collections::BTreeSet, env, fs, path::PathBuf, process::ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use refit::{
    engine::{
        Transform,
        diff::diff,
        plan::{Options, Plan, codes, plan},
    },
    project::{Project, change::Safety},
    transforms,
};
use support::page::{Case, cases, explained};

fn main() -> ExitCode {
    if env::var_os("UPDATE").is_some() {
        transforms::ALL.iter().for_each(update);
        fs::write(folder().join("README.md"), support::page::index()).unwrap();
    }
    let mut trials = Vec::new();
    for transform in transforms::ALL {
        // Read, not compiled in, so that an update is seen at once.
        let page = fs::read_to_string(page_path(transform)).unwrap_or_default();
        for case in cases(&page) {
            let name = format!("{}::{}", transform.name, case.title);
            trials.push(Trial::test(name, move || check(transform, &case)));
        }
        let name = format!("{}::the page says enough", transform.name);
        trials.push(Trial::test(name, move || check_page(transform, &page)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn check(transform: &Transform, case: &Case) -> Result<(), Failed> {
    let options = case.options()?;
    let plan = plan_of(transform, case.project()?, &options);
    let actual = body(&plan);
    if actual != case.diff.clone().unwrap_or_default() {
        let expected = case.diff.as_deref().unwrap_or("(untouched)\n");
        return Err(format!("expected\n{expected}\nactual\n{actual}").into());
    }
    if let Some(it) = plan.declines.iter().find(|it| it.why.code == codes::ENGINE) {
        return Err(format!("the engine dropped a change: {}", it.why.reason).into());
    }
    let declined: BTreeSet<&str> = plan.declines.iter().map(|it| it.why.code).collect();
    let expected: BTreeSet<&str> = case.declined.iter().map(String::as_str).collect();
    if declined != expected {
        let declines = &plan.declines;
        return Err(format!("expected declines {expected:?}, actual {declines:#?}").into());
    }
    let safety = case.safety.unwrap_or(Safety::Safe);
    let safeties: BTreeSet<Safety> = plan.changes().map(|it| it.1.safety).collect();
    if case.is_mixed && safeties.len() < 2 {
        return Err(format!("all changes are {safeties:?}").into());
    }
    if let Some((_, it)) = plan.changes().find(|(_, it)| !case.is_mixed && it.safety != safety) {
        return Err(format!("`{}` is {}", it.title, it.safety.as_str()).into());
    }
    // An example of a file that Docker refuses may leave it as it is.
    let is_new = |it: &&std::sync::Arc<refit::project::File>| {
        plan.before.file(it.path.as_str()).is_none_or(|before| before.text != it.text)
    };
    for file in plan.after().files().filter(is_new) {
        if let Some(error) = file.dockerfile().and_then(|it| it.errors.first()) {
            return Err(format!("{}:{}: {}", file.path, error.line, error.message).into());
        }
    }
    let again = plan_of(transform, plan.after().clone(), &options);
    match again.steps.is_empty() {
        true => Ok(()),
        false => Err(format!("a second run changes more:\n{}", body(&again)).into()),
    }
}

fn check_page(transform: &Transform, page: &str) -> Result<(), Failed> {
    let cases = cases(page);
    if !page.starts_with("# ") {
        return Err("it has no title".into());
    }
    let left_alone = cases.iter().filter(|it| it.diff.is_none() || !it.declined.is_empty());
    let counts = (cases.len(), left_alone.count());
    if counts.0 < 12 || counts.1 < 4 {
        return Err(format!("{} cases, {} of them left alone", counts.0, counts.1).into());
    }
    let own: BTreeSet<&str> = transform.codes.iter().copied().collect();
    let explained = explained(page);
    if own != explained {
        return Err(format!("its codes are {own:?}, the page explains {explained:?}").into());
    }
    let declined = cases.iter().flat_map(|it| &it.declined).map(String::as_str);
    let declined: BTreeSet<&str> =
        declined.filter(|it| ![codes::IGNORED, codes::REVIEW].contains(it)).collect();
    if own != declined {
        return Err(format!("its codes are {own:?}, its examples show {declined:?}").into());
    }
    Ok(())
}

fn plan_of(transform: &Transform, project: Project, options: &Options) -> Plan {
    plan(project, &[*transform], options)
}

fn body(plan: &Plan) -> String {
    diff(&plan.before, plan.after()).into_iter().map(|it| it.body).collect()
}

/// Writes what the transform does into the diff blocks of its page.
fn update(transform: &Transform) {
    let Ok(mut page) = fs::read_to_string(page_path(transform)) else { return };
    // From the last to the first, so that what comes before a block stays where it is.
    for case in cases(&page).into_iter().rev() {
        let plan = case.options().and_then(|it| Ok((it, case.project()?)));
        let plan = plan.map_err(Failed::from);
        let plan = plan.map(|(options, project)| plan_of(transform, project, &options));
        if let (Some(span), Ok(plan)) = (case.diff_span, plan) {
            page.replace_range(span, &body(&plan));
        }
    }
    fs::write(page_path(transform), page).unwrap();
}

fn page_path(transform: &Transform) -> PathBuf {
    folder().join(transform.name.replace('-', "_")).join("page.md")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("transforms")
}
