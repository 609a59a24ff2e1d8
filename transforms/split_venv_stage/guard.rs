//! What must hold of a stage before it is split.

use super::{Role, Separation, Step, Stop, is_by_manager, usage};
use crate::{
    ecosystems::{
        self,
        images::{Known, PythonVersion},
        python,
    },
    text::Refusal,
};

impl Separation<'_> {
    /// What must hold of the stage as a whole.
    pub(super) fn check(&self, image: &Known<'_>) -> Result<(), Stop> {
        let at = |why| Err((self.stage.from, why));
        if image.python().is_some_and(|it| it < PythonVersion(3, 4)) {
            return at(Refusal::new("old-python", "its Python has no venv"));
        }
        if self.site.path.as_str().contains(".devcontainer/") {
            return at(Refusal::new(
                "development",
                "people work in this image, and need the tools",
            ));
        }
        if usage::waits(self.stage) {
            return at(Refusal::new(
                "development",
                "it waits for what people run in it, who may need the tools",
            ));
        }
        let numbered = |it: &crate::callers::Build| {
            it.target
                .as_deref()
                .and_then(|it| it.parse::<usize>().ok())
                .is_some_and(|it| self.stage.index <= it)
        };
        if self.project.builds(self.site.path).iter().any(numbered) {
            return at(Refusal::new("numbered-target", "its stage is built by its number"));
        }
        let alpine = |it: &Step<'_>| {
            let text = &it.run.instruction.logical.text;
            text.contains("apk ")
                && ["gcc", "build-base", "-dev", "make", "cargo"].iter().any(|of| text.contains(of))
        };
        if let Some(step) = self.runs.iter().find(|it| alpine(it)) {
            let reason = "which packages of Alpine only build is not known";
            return Err((step.run.item, Refusal::new("alpine", reason)));
        }
        for step in self.runs.iter().filter(|it| it.run.item <= self.last) {
            self.check_run(step)?;
        }
        Ok(())
    }

    fn check_run(&self, step: &Step<'_>) -> Result<(), Stop> {
        let item = step.run.item;
        let stop = |why| Err((item, why));
        if !step.has(Role::is_of_packages) {
            return Ok(());
        }
        let sudo = step.run.calls().iter().any(|it| it.call.other_user.is_some());
        if step.run.state.is_root() != Some(true) || sudo {
            return stop(Refusal::new(
                "non-root-user",
                "another user than root installs, to a home of its own",
            ));
        }
        let variables = ecosystems::environments().flat_map(|it| it.1.elsewhere_variables);
        let mut variables = variables.chain(python::ELSEWHERE);
        if let Some(name) = variables.find(|it| step.run.state.sets(it)) {
            return stop(Refusal::new(
                "install-elsewhere",
                format!("{name} says where to install"),
            ));
        }
        if let Some(tool) = self.late_tool(step) {
            return stop(Refusal::new(
                "late-tool",
                format!("{tool} is installed when the environment is in use, and would be in it"),
            ));
        }
        Ok(())
    }

    /// A package manager that is installed where it would land in the environment.
    fn late_tool(&self, step: &Step<'_>) -> Option<&'static str> {
        let starts = step.roles.iter().position(|it| matches!(it, Role::Install | Role::Create(_)));
        let late = |at: usize| match self.first.cmp(&step.run.item) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => starts.is_some_and(|it| it < at),
            std::cmp::Ordering::Greater => false,
        };
        step.roles.iter().enumerate().find_map(|(at, it)| match it {
            // A script or another tool has an environment of its own for it.
            Role::Tool(tool) if late(at) && is_by_manager(step, at) => Some(tool.title()),
            _ => None,
        })
    }
}
