//! A fault: lightsout itself could not decide. Never the same as a refusal.

use miette::Diagnostic;

use crate::exit::Exit;
use crate::{config, engine, ledger, perimeter, pipeline};

/// Why there is no decision, or no complete record of one.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[expect(missing_docs, reason = "each variant is its own sentence")]
pub enum Fault {
    #[error(transparent)]
    #[diagnostic(
        code(lightsout::config),
        help(
            "`lightsout schema` prints what the file may hold; it is read from the base commit, so commit a change first"
        )
    )]
    Config(#[from] config::Error),
    #[error("{0}")]
    #[diagnostic(code(lightsout::usage))]
    Usage(String),
    #[error("{doing} `{path}`")]
    #[diagnostic(code(lightsout::file))]
    File {
        doing: &'static str,
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    #[diagnostic(code(lightsout::name))]
    Name(#[from] crate::names::NameError),
    #[error(transparent)]
    #[diagnostic(code(lightsout::repository))]
    Repository(#[from] perimeter::repository::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::import))]
    Import(#[from] perimeter::import::ImportError),
    #[error(transparent)]
    #[diagnostic(
        code(lightsout::patch),
        help(
            "`--proposal` takes a folder like the stack's, or a unified diff whose paths begin at the top of the repository"
        )
    )]
    Patch(#[from] perimeter::import::patch::ApplyError),
    #[error(transparent)]
    #[diagnostic(code(lightsout::tree))]
    Materialise(#[from] perimeter::import::materialise::MaterialiseError),
    #[error(transparent)]
    #[diagnostic(code(lightsout::dependencies))]
    Dependencies(#[from] perimeter::dependencies::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::tools))]
    Tools(#[from] perimeter::tools::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::generate))]
    Generate(#[from] pipeline::generate::Error),
    #[error("the agent did not end well: {outcome}; it said: {said}")]
    #[diagnostic(
        code(lightsout::agent),
        help(
            "what it said last is in the run's report; `lightsout agent doctor --kind KIND` tries it without a model"
        )
    )]
    Agent {
        outcome: pipeline::generate::AgentOutcome,
        said: String,
    },
    #[error(transparent)]
    #[diagnostic(code(lightsout::broker))]
    Broker(#[from] perimeter::broker::Error),
    #[error(transparent)]
    #[diagnostic(
        code(lightsout::credentials),
        help("`lightsout trust-policy --stack STACK` prints what the account must trust")
    )]
    Credentials(#[from] perimeter::sts::Error),
    #[error(transparent)]
    #[diagnostic(
        code(lightsout::credentials),
        help("`lightsout trust-policy --stack STACK` prints what the account must trust")
    )]
    CredentialServer(#[from] perimeter::credentials::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::github))]
    GitHub(#[from] perimeter::github::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::github))]
    Land(#[from] perimeter::github::land::LandError),
    #[error(transparent)]
    #[diagnostic(code(lightsout::engine))]
    Engine(#[from] engine::deployment::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::preview))]
    Preview(#[from] pipeline::preview::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::policy))]
    Policy(#[from] pipeline::policy::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::policy::crossguard))]
    CrossGuard(#[from] pipeline::crossguard::Error),
    #[error(transparent)]
    #[diagnostic(
        code(lightsout::policy::test),
        help("`lightsout policy new DIR` writes a pack in which everything is in its place")
    )]
    PolicyTest(#[from] pipeline::policy::selftest::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::holdout))]
    Holdout(#[from] pipeline::holdout::trial::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::ledger))]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    #[diagnostic(code(lightsout::ledger::key))]
    Key(#[from] ledger::keys::Error),
    #[error("the program does not run: {message}")]
    #[diagnostic(code(lightsout::program))]
    Program { message: String },
    #[error("the run took longer than its budget of {minutes} minutes; nothing was applied")]
    #[diagnostic(
        code(lightsout::budget),
        help("`budget.minutes` in lightsout.yaml is the time of a whole run")
    )]
    OutOfTime { minutes: u32 },
    #[error("interrupted; nothing was applied")]
    #[diagnostic(code(lightsout::interrupted))]
    Interrupted,
    #[error(
        "run `{run}` began to apply to stack `{stack}` and has not finished; unless it is still at it, nothing else is done to the stack until a person has looked"
    )]
    #[diagnostic(
        code(lightsout::unsettled),
        help(
            "compare the stack's state with the world, repair what differs, then: lightsout acknowledge {run} --by NAME --note TEXT"
        )
    )]
    Unsettled {
        run: crate::names::RunId,
        stack: crate::names::StackName,
    },
    #[error(
        "the base commit lacks what was last applied to stack `{stack}`: a run from it would undo that"
    )]
    #[diagnostic(code(lightsout::unmerged), help("merge `{branch}` first"))]
    Unmerged {
        stack: crate::names::StackName,
        branch: String,
    },
    #[error("stack `{stack}` is locked by an engine: `{path}`")]
    #[diagnostic(
        code(lightsout::locked),
        help("wait for it; when no engine works on this state any more, remove the file")
    )]
    Locked {
        stack: crate::names::StackName,
        path: String,
    },
    #[error("another run is at work on #{number}: {by}")]
    #[diagnostic(
        code(lightsout::taken),
        help(
            "when it has ended, run this workflow again; if it is dead, delete the branch `{branch}` first"
        )
    )]
    Taken {
        number: u64,
        by: String,
        branch: String,
    },
    #[error(
        "what is given is not all of pull request {number}: it changes more than `{folder}`, or its branch is not up to date"
    )]
    #[diagnostic(
        code(lightsout::pull_request),
        help(
            "propose one stack at a time; then bring the branch up to date, which begins a new run"
        )
    )]
    NotThePullRequest { number: u64, folder: String },
    #[error("the agent's job has left no change")]
    #[diagnostic(
        code(lightsout::proposal),
        help(
            "its log says why; a pull request's version of the stack's folder comes by --proposal"
        )
    )]
    NoProposal,
    #[error(
        "the change may have landed as commit {commit} of `{branch}`, and was not applied: {cause}"
    )]
    #[diagnostic(
        code(lightsout::landed),
        help(
            "ask for the change again: what has landed is judged and applied then; or revert the commit"
        )
    )]
    AfterLanding {
        branch: String,
        commit: String,
        cause: Box<Self>,
    },
    #[error("apply began and could not be followed to its end: {0}")]
    #[diagnostic(
        code(lightsout::apply),
        help(
            "compare the stack's state with the world, repair what differs, then: lightsout acknowledge RUN --by NAME --note TEXT"
        )
    )]
    AfterApply(Box<Self>),
}

impl Fault {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Usage(_) => Exit::Usage,
            Self::AfterApply(_) | Self::Unsettled { .. } => Exit::ApplyIncomplete,
            Self::Unmerged { .. } | Self::NotThePullRequest { .. } => Exit::RefusedByGate,
            Self::OutOfTime { .. } => Exit::BudgetSpent,
            Self::Repository(error) if error.is_usage() => Exit::Usage,
            Self::GitHub(error) if error.is_usage() => Exit::Usage,
            Self::Agent { outcome, said: _ } => outcome.exit(),
            Self::Ledger(ledger::Error::Invalid(_)) => Exit::LedgerInvalid,
            Self::File { .. }
            | Self::Name(_)
            | Self::Repository(_)
            | Self::Import(_)
            | Self::Patch(_)
            | Self::Materialise(_)
            | Self::Dependencies(_)
            | Self::Tools(_)
            | Self::Generate(_)
            | Self::Broker(_)
            | Self::Credentials(_)
            | Self::GitHub(_)
            | Self::Land(_)
            | Self::NoProposal
            | Self::Taken { .. }
            | Self::AfterLanding { .. }
            | Self::CredentialServer(_)
            | Self::Engine(_)
            | Self::Preview(_)
            | Self::Policy(_)
            | Self::CrossGuard(_)
            | Self::PolicyTest(_)
            | Self::Holdout(_)
            | Self::Ledger(_)
            | Self::Key(_)
            | Self::Locked { .. }
            | Self::Program { .. }
            | Self::Interrupted => Exit::Fault,
        }
    }

    /// The error with its causes, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        // What was said by others may have lines, which would begin as something else.
        let flat = |text: String| text.replace(|c: char| c.is_control(), " ");
        let mut line = flat(self.to_string());
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = flat(error.to_string());
            if !line.ends_with(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            cause = error.source();
        }
        line
    }

    /// The stable code.
    #[must_use]
    pub fn code_text(&self) -> String {
        self.code()
            .map_or_else(String::new, |code| code.to_string())
    }

    /// Wraps an I/O error with what was being done.
    pub fn file(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}
