//! `lightsout work`: what a GitHub workflow's event asks for, done and reported there.
//!
//! INVARIANT: whatever happens after the claim, the issue says how it ended and the claim is given back.

use std::path::Path;

use crate::app::route::{Checked, checked, nothing};
use crate::app::runner::Runner;
use crate::app::{Outside, approve, ledger, new_outcome, person, show, told, warn, whole_run};
use crate::cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Ledger, Recorded};
use crate::names::RunId;
use crate::perimeter::Perimeter;
use crate::perimeter::github::GitHub;
use crate::perimeter::github::land::Remote;
use crate::perimeter::import::Folder;
use crate::perimeter::repository::Base;
use crate::pipeline::gate::Way;
use crate::pipeline::order::{Mandate, Origin, Place, WorkOrder};
use crate::pipeline::run::{Run, folder};
use crate::pipeline::{Outcome, Request, stages};
use crate::report::Report;
use crate::tracker::claim::{self, Claimed};
use crate::tracker::report::{Ended, Tracker};
use crate::tracker::route::{Agreement, Kind, Nothing, Routed, Work};

/// Does what the event asks for.
///
/// # Errors
/// lightsout could not decide.
pub async fn run(outside: &Outside, arguments: &cli::Work) -> Result<Exit, Fault> {
    let runner = Runner::begin(&outside.environment)?;
    let Checked {
        perimeter,
        base,
        github,
        config,
        routed,
    } = match checked(outside).await {
        Ok(checked) => checked,
        Err(fault) => return Err(tell(runner, fault)),
    };
    let here = Here {
        outside,
        perimeter: &perimeter,
        base,
        github: &github,
        login: &arguments.login,
    };
    let done = match routed {
        Routed::Nothing(why) => return nothing(outside, runner, &why),
        Routed::Approval(agreement) => agree(&here, &config, agreement).await,
        Routed::Work(work) => begin(&here, *work, arguments).await,
    };
    match done {
        Ok(Done::Nothing(why)) => nothing(outside, runner, &why),
        Ok(Done::Reported { outcome, reported }) => {
            let reported = match (*reported, runner) {
                (Ok(report), Some(runner)) => runner.report(&report),
                (reported, _) => reported.map(drop),
            };
            told(&outcome, reported)
        }
        Err(fault) => Err(tell(runner, fault)),
    }
}

/// Says a fault to the runner too.
fn tell(runner: Option<Runner>, fault: Fault) -> Fault {
    if let Some(Err(error)) = runner.map(|runner| runner.fault(&fault)) {
        // The fault says more than this, and its exit code must not be lost.
        tracing::warn!(error = %error.line(), "the runner was not told");
    }
    fault
}

/// Where the work is done.
struct Here<'a> {
    outside: &'a Outside,
    perimeter: &'a Perimeter,
    base: Base,
    github: &'a GitHub,
    login: &'a str,
}

/// What the work came to.
enum Done {
    Nothing(Nothing),
    Reported {
        outcome: Outcome,
        reported: Box<Result<Report, Fault>>,
    },
}

impl Here<'_> {
    /// The page of this workflow's run.
    fn page(&self) -> Option<String> {
        let get = |name: &str| {
            let value = self.outside.environment.get(name)?.reveal();
            // It goes into Markdown.
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
            value.chars().all(is_plain).then(|| value.to_owned())
        };
        let (server, run) = (get("GITHUB_SERVER_URL")?, get("GITHUB_RUN_ID")?);
        Some(format!(
            "{server}/{}/actions/runs/{run}",
            self.github.slug()
        ))
    }

    fn remote(&self, work: &Work) -> Remote {
        Remote {
            github: self.github.clone(),
            branch: work.branch.clone(),
            merges: match &work.kind {
                Kind::Issue(_) => None,
                Kind::PullRequest { head } => Some(head.clone()),
            },
        }
    }
}

/// Claims the work, does it, reports it, gives the claim back.
async fn begin(here: &Here<'_>, work: Work, arguments: &cli::Work) -> Result<Done, Fault> {
    let given = arguments.proposal.as_deref();
    if let Some(why) = unfit(here, &work, given, arguments.no_agent).await? {
        return Ok(Done::Nothing(why));
    }
    let who = here
        .page()
        .unwrap_or_else(|| "a run of lightsout".to_owned());
    let claimed = match &work.kind {
        Kind::Issue(route) => claim::issue(here.github, work.number, route, &here.base, &who).await,
        Kind::PullRequest { .. } => claim::take(here.github, work.number, &here.base, &who).await,
    }?;
    let claim = match claimed {
        Claimed::Yes(claim) => claim,
        Claimed::Taken { by, branch } => {
            let by = crate::names::excerpt(&by);
            let line = format!(
                "another run is at work on #{}: {by}; if it is dead, delete the branch `{branch}`",
                work.number
            );
            return Ok(Done::Nothing(Nothing {
                code: "taken",
                line,
            }));
        }
        Claimed::Gone => {
            let line = format!("the label is not on issue {} any more", work.number);
            return Ok(Done::Nothing(Nothing { code: "gone", line }));
        }
    };
    let done = claimed_work(here, &work, given).await;
    if let Err(error) = claim.release().await {
        // What was decided stands; the next run says what to delete.
        warn(&format!("the claim was not given back: {}", error.line()))?;
    }
    done
}

/// Why the work cannot be begun here.
async fn unfit(
    here: &Here<'_>,
    work: &Work,
    given: Option<&Path>,
    no_agent: bool,
) -> Result<Option<Nothing>, Fault> {
    let (head, given) = match (&work.kind, given) {
        (Kind::Issue(_), None) if no_agent => {
            return Err(Fault::Usage(
                "with --no-agent, the change for an issue comes by --proposal".to_owned(),
            ));
        }
        (Kind::Issue(_), _) => return Ok(None),
        (Kind::PullRequest { .. }, None) => {
            return Err(Fault::Usage(
                "the pull request's version of the stack's folder comes by --proposal".to_owned(),
            ));
        }
        (Kind::PullRequest { head }, Some(given)) => (head, given),
    };
    let stack = crate::config::load::job(here.perimeter, &here.base, &work.stack)?.stack;
    let base_tree = folder(here.perimeter, &here.base, &stack.path)?;
    let Ok(tree) = stages::read(&base_tree, &stack.path, given)? else {
        // The run itself refuses it, with its reasons.
        return Ok(None);
    };
    let at = Folder::new(&stack.path).map_err(|error| Fault::Usage(error.to_string()))?;
    let top = here
        .perimeter
        .repository
        .write_tree(&here.base, &at, &tree)?;
    let merge = here.outside.environment.get("GITHUB_SHA");
    let merge = merge.map_or("", |sha| sha.reveal());
    if here
        .remote(work)
        .is_merge(merge, &here.base, head, top)
        .await?
    {
        return Ok(None);
    }
    Ok(Some(Nothing {
        code: "not-the-pull-request",
        line: format!(
            "what is given is not all of pull request {}: it changes more than `{}`, or its branch is not up to date",
            work.number, stack.path
        ),
    }))
}

/// The work itself, with a claim in hand.
async fn claimed_work(here: &Here<'_>, work: &Work, given: Option<&Path>) -> Result<Done, Fault> {
    let tracker = Tracker {
        github: here.github,
        login: here.login,
        work,
        page: here.page(),
        base: here.base.commit.to_string(),
    };
    let request = Request {
        order: work.order.clone(),
        proposal: given.map(Path::to_owned),
        remote: Some(here.remote(work)),
    };
    let ran = match tracker.begin().await {
        Ok(()) => whole_run(here.perimeter, &work.stack, request, here.outside.format).await,
        Err(error) => Err(error.into()),
    };
    report(here, &tracker, ran).await
}

/// Shows and reports a run that ended.
async fn report(
    here: &Here<'_>,
    tracker: &Tracker<'_>,
    ran: Result<(Result<Report, Fault>, Outcome), Fault>,
) -> Result<Done, Fault> {
    match ran {
        Ok((Ok(report), outcome)) => {
            let shown = show(here.outside.format, &report);
            let sent = tracker.end(&Ended::Report(&report)).await;
            let reported = shown.and(sent.map_err(Fault::from)).map(|()| report);
            let reported = Box::new(reported);
            Ok(Done::Reported { outcome, reported })
        }
        Ok((Err(fault), outcome)) => {
            let sent = tracker.end(&Ended::Unreported(&outcome, &fault)).await;
            let reported = Box::new(sent.map_err(Fault::from).and(Err(fault)));
            Ok(Done::Reported { outcome, reported })
        }
        Err(fault) => {
            if let Err(error) = tracker.end(&Ended::Fault(&fault)).await {
                warn(&format!("the fault was not reported: {error}"))?;
            }
            Err(fault)
        }
    }
}

/// The work that a run was asked for, when that was by this issue or pull request.
fn work_of(
    ledger: &Ledger,
    id: &RunId,
    here: &Here<'_>,
    config: &Config,
    number: u64,
    branch: String,
) -> Result<Option<Work>, Fault> {
    let order: Option<Recorded<WorkOrder>> = ledger.read(id)?;
    let mandate: Option<Recorded<Mandate>> = ledger.read(id)?;
    let (Some(order), Some(mandate)) = (order, mandate) else {
        return Ok(None);
    };
    let is_here = |at: &Place| at.number == number && at.repository == here.github.slug().as_str();
    let kind = match &order.value().origin {
        Origin::Issue { at, label, .. } if is_here(at) => config
            .routes()
            .find(|route| route.label == *label)
            .map(|route| Kind::Issue(route.clone())),
        Origin::PullRequest { at, head, .. } if is_here(at) => {
            Some(Kind::PullRequest { head: head.clone() })
        }
        Origin::File { .. } | Origin::Issue { .. } | Origin::PullRequest { .. } => None,
    };
    Ok(kind.map(|kind| Work {
        order: order.value().clone(),
        stack: mandate.value().stack.clone(),
        number,
        branch,
        kind,
    }))
}

/// A comment that approves: records it, decides again, applies, reports.
async fn agree(here: &Here<'_>, config: &Config, agreement: Agreement) -> Result<Done, Fault> {
    let mut ledger = ledger(here.perimeter)?;
    let job = approve::job(here.perimeter, &ledger, &agreement.run)?;
    let stack = job.stack.name.clone();
    if !agreement.stacks.contains(&stack) {
        let line = format!("`{}` may not approve for stack {stack}", agreement.by.login);
        return Ok(Done::Nothing(Nothing {
            code: "not-allowed",
            line,
        }));
    }
    let Agreement {
        run: id,
        by,
        comment,
        at,
        number,
        branch,
        ..
    } = agreement;
    let Some(work) = work_of(&ledger, &id, here, config, number, branch)? else {
        let line = format!("run {id} did not come from #{number}");
        return Ok(Done::Nothing(Nothing {
            code: "other-run",
            line,
        }));
    };
    let mut run = Run::resume(id, &job, here.perimeter, &mut ledger).await?;
    run.remote = Some(here.remote(&work));
    let way = Way::Comment {
        comment,
        account: by.id,
        role: by.role,
        at,
    };
    approve::agree(&mut run, person(&by.login)?, way)?;
    let ran = approve::go_on(&mut run)
        .await
        .map(|outcome| (new_outcome(&run, &outcome), outcome));
    let tracker = Tracker {
        github: here.github,
        login: here.login,
        work: &work,
        page: here.page(),
        base: here.base.commit.to_string(),
    };
    report(here, &tracker, ran).await
}
