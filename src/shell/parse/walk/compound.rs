//! Compound commands, and what they leave of the directory.

use super::{Directory, Pipeline, Scope, Walk, ast};

impl Walk<'_> {
    pub(super) fn compound(&mut self, command: &ast::CompoundCommand) -> Option<()> {
        use ast::CompoundCommand as C;
        let entered = self.directory.clone();
        match command {
            C::Arithmetic(it) => self.skip_to(it.loc.end.index),
            C::ArithmeticForClause(it) => {
                while self.tokens.get(self.at)?.end_character <= it.body.loc.start.index {
                    self.at += 1;
                }
                self.repeated(Scope::For, |walk| {
                    let closing = if walk.peek()? == "do" { "done" } else { "}" };
                    walk.at += 1;
                    walk.list(&it.body.list)?;
                    walk.newlines();
                    walk.take(closing)
                })
            }
            C::BraceGroup(it) => {
                self.take("{")?;
                self.within(Scope::Group, |walk| walk.list(&it.list))?;
                self.newlines();
                self.take("}")
            }
            C::Subshell(it) => {
                self.subshell(it)?;
                self.directory = entered;
                Some(())
            }
            C::ForClause(it) => {
                self.word("for")?;
                self.word(&it.variable_name)?;
                self.variables.push(it.variable_name.clone());
                self.newlines();
                if self.peek() == Some("in") {
                    self.at += 1 + it.values.as_ref().map_or(0, Vec::len);
                }
                self.separators();
                self.repeated(Scope::For, |walk| walk.do_group(&it.body))
            }
            C::WhileClause(it) | C::UntilClause(it) => {
                matches!(self.peek()?, "while" | "until").then(|| self.at += 1)?;
                self.repeated(Scope::WhileCondition, |walk| walk.list(&it.0))?;
                self.newlines();
                self.repeated(Scope::While, |walk| walk.do_group(&it.1))
            }
            C::IfClause(it) => self.if_clause(it),
            C::CaseClause(it) => self.case(it),
            C::Coprocess(it) => {
                self.word("coproc")?;
                self.newlines();
                if let Some(name) = &it.name {
                    self.word(&name.value)?;
                    self.newlines();
                }
                self.within(Scope::Coprocess, |walk| {
                    let id = walk.pipelines.len();
                    walk.pipelines.push(Pipeline::unknown());
                    walk.command(&it.body, id)
                })?;
                self.directory = entered;
                Some(())
            }
        }
    }

    fn if_clause(&mut self, clause: &ast::IfClauseCommand) -> Option<()> {
        let entered = self.directory.clone();
        self.word("if")?;
        self.within(Scope::IfCondition, |walk| walk.list(&clause.condition))?;
        let mut same = self.directory == entered;
        self.newlines();
        self.word("then")?;
        self.within(Scope::IfBranch, |walk| walk.list(&clause.then))?;
        same &= self.directory == entered;
        for clause in clause.elses.iter().flatten() {
            self.directory = if same { entered.clone() } else { Directory::Unknown };
            self.newlines();
            if let Some(condition) = &clause.condition {
                self.word("elif")?;
                self.within(Scope::IfCondition, |walk| walk.list(condition))?;
                self.newlines();
                self.word("then")?;
            } else {
                self.word("else")?;
            }
            self.within(Scope::IfBranch, |walk| walk.list(&clause.body))?;
            same &= self.directory == entered;
        }
        self.newlines();
        self.word("fi")?;
        self.directory = if same { entered } else { Directory::Unknown };
        Some(())
    }

    fn case(&mut self, clause: &ast::CaseClauseCommand) -> Option<()> {
        let entered = self.directory.clone();
        let mut same = true;
        self.word("case")?;
        self.word(&clause.value.value)?;
        self.newlines();
        self.word("in")?;
        for item in &clause.cases {
            self.newlines();
            if self.peek() == Some("(") {
                self.at += 1;
            }
            // The patterns, with a `|` between each two.
            self.at += (item.patterns.len() * 2).checked_sub(1)?;
            self.take(")")?;
            self.directory = entered.clone();
            if let Some(list) = &item.cmd {
                self.within(Scope::Case, |walk| walk.list(list))?;
            }
            same &= self.directory == entered;
            self.newlines();
            if matches!(self.peek(), Some(";;" | ";&" | ";;&")) {
                self.at += 1;
            }
        }
        self.newlines();
        self.word("esac")?;
        self.directory = if same { entered } else { Directory::Unknown };
        Some(())
    }

    pub(super) fn subshell(&mut self, subshell: &ast::SubshellCommand) -> Option<()> {
        self.take("(")?;
        self.within(Scope::Subshell, |walk| walk.list(&subshell.list))?;
        self.newlines();
        self.take(")")
    }

    fn do_group(&mut self, group: &ast::DoGroupCommand) -> Option<()> {
        self.word("do")?;
        self.list(&group.list)?;
        self.newlines();
        self.word("done")
    }

    pub(super) fn within<T>(
        &mut self,
        scope: Scope,
        take: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        self.scope.push(scope);
        let taken = take(self);
        self.scope.pop();
        taken
    }

    /// Takes what may run any number of times: a `cd` in it leaves no place certain.
    fn repeated(&mut self, scope: Scope, take: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let entered = self.directory.clone();
        let from = self.commands.len();
        self.within(scope, take)?;
        if self.directory != entered {
            self.directory = Directory::Unknown;
            for command in &mut self.commands[from..] {
                command.directory = Directory::Unknown;
            }
        }
        Some(())
    }
}
