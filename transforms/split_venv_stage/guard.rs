//! What must hold of a stage before it is split.

use super::{Role, Separation, Step, Stop, is_by_manager, system, usage};
use crate::{
    callers::service::Volume,
    ecosystems::{
        self, Tool,
        images::{Known, PythonVersion},
        python, tools,
    },
    run::Run,
    text::{ImagePath, Refusal, count::listed},
};

/// A RUN that installs packages of Alpine to build with.
pub(super) fn alpine(runs: &[Step<'_>]) -> Option<Stop> {
    let builds = |it: &&Step<'_>| {
        let text = &it.run.instruction.logical.text;
        text.contains("apk ")
            && ["gcc", "build-base", "-dev", "make", "cargo"].iter().any(|of| text.contains(of))
    };
    let step = runs.iter().find(builds)?;
    let reason = "which packages of Alpine are only needed to build is not known";
    Some((step.run.item, Refusal::new("alpine", reason)))
}

/// A RUN of which the last stage would repeat nearly all, to be without programs that only fetch: the two stages would
/// share no layer, and every build would fetch the packages twice.
pub(super) fn repeated_packages(runs: &[Step<'_>], last: usize) -> Option<Stop> {
    let mut steps = runs.iter().filter(|it| it.run.item <= last);
    steps.find_map(|step| {
        let gone = &step.remains.gone;
        let installs = (0..step.roles.len()).filter(|it| step.roles[*it] == Role::SystemInstall);
        let all: usize = installs.map(|it| system::packages(&step.run, it).len()).sum();
        let kept = all.saturating_sub(gone.len());
        let is_repeated = !gone.is_empty() && MANY <= kept && step.remains.instead.is_empty();
        let reason = format!(
            "without {} the last stage would install {kept} other packages of this RUN once more",
            listed(&gone.iter().map(String::as_str).collect::<Vec<_>>())
        );
        is_repeated.then(|| (step.run.item, Refusal::new("shared-packages", reason)))
    })
}

/// From how many packages on an install is not repeated to be without a few small ones.
const MANY: usize = 3;

/// A RUN that hands its install to another shell: `bash -c "poetry install"`.
pub(super) fn hidden_install(run: &Run<'_>) -> Option<Stop> {
    let command =
        run.script.commands().iter().find(|it| {
            it.nested_script().is_some_and(|it| ecosystems::seems_to_install(&it.raw))
        })?;
    let program = command.program().unwrap_or("a shell");
    let reason = format!("{program} runs the install, and how is not read here");
    Some((run.item, Refusal::new("indirect-install", reason)))
}

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
        let name = self.site.path.file_name().to_lowercase();
        let mut words = name.split(['.', '-', '_']);
        if words.any(|it| ["dev", "devel", "development"].contains(&it)) {
            return at(Refusal::new(
                "development",
                "by its name it is for development, where people need the tools",
            ));
        }
        for (file, service) in self.project.runs(self.site.path) {
            let place = service.place(file);
            if service.keeps_waiting() {
                let reason = format!(
                    "{place} starts it only to wait for what people run in it, who may need the tools"
                );
                return at(Refusal::new("development", reason));
            }
            let covers = |it: &&Volume| {
                ImagePath::new(&it.target).is_some_and(|it| self.environment.folder.is_within(&it))
            };
            if let Some(it) = service.volumes.iter().find(covers) {
                let reason = format!("{} mounts {} over the environment", it.place, it.target);
                return at(Refusal::new("development", reason));
            }
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
        if let Some((tool, at)) = self.called_too_soon(step) {
            let line = self.site.line(at);
            let reason = format!("{tool} is called here, and {line} installs it only then");
            return stop(Refusal::new("late-tool", reason));
        }
        if let Some(tool) = self.late_tool(step) {
            return stop(Refusal::new(
                "late-tool",
                format!("{tool} is installed when the environment is in use, and would be in it"),
            ));
        }
        Ok(())
    }

    /// A package manager that a RUN calls before the first RUN that installs it, and that one's item.
    fn called_too_soon(&self, step: &Step<'_>) -> Option<(&'static str, usize)> {
        let brings = |step: &Step<'_>, tool: Tool| step.has(|it| *it == Role::Tool(tool));
        let calls = step.run.calls().iter().filter_map(|it| {
            let tool = tools().find(|tool| tool.has_program(&it.call.program))?;
            step.roles[it.command].is_of_packages().then_some(tool)
        });
        // A stage below or the image may have it, and the later one is another version of it.
        let is_there = |tool: &Tool| match tool {
            Tool::Manager(it, _) => self.site.has_program(self.stage, step.run.item, it),
            Tool::Program(_) => false,
        };
        let mut late = calls.filter(|it| !is_there(it)).filter_map(|tool| {
            let first = self.runs.iter().find(|it| brings(it, tool))?;
            (step.run.item < first.run.item).then_some((tool.title(), first.run.item))
        });
        late.next()
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
