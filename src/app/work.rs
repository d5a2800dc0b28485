//! `lightsout work`: what a GitHub workflow's event asks for, done and reported there.
//!
//! INVARIANT: whatever happens after the claim, the issue says how it ended and the claim is given back.

mod agree;

use std::path::Path;

use crate::app::route::{Checked, checked, nothing};
use crate::app::runner::{self, Runner};
use crate::app::{Outside, show, told, warn, whole_run};
use crate::cli;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::perimeter::Perimeter;
use crate::perimeter::github::GitHub;
use crate::perimeter::github::land::{Merge, Remote};
use crate::perimeter::import::Folder;
use crate::perimeter::repository::Base;
use crate::pipeline::run::folder;
use crate::pipeline::{Outcome, Request, stages};
use crate::report::Report;
use crate::tracker::claim::{self, Claim, Claimed};
use crate::tracker::report::{Ended, Tracker};
use crate::tracker::route::{Kind, Nothing, Routed, Work};

/// Does what the event asks for.
///
/// # Errors
/// lightsout could not decide.
pub async fn run(
    outside: &Outside,
    arguments: &cli::Work,
    runner: Option<Runner>,
) -> Result<Exit, Fault> {
    let Checked {
        perimeter,
        base,
        github,
        config,
        routed,
    } = match checked(outside).await {
        Ok(checked) => checked,
        Err(fault) => return Err(runner::tell(runner, fault)),
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
        Routed::Approval(agreement) => agree::agree(&here, &config, agreement).await,
        Routed::Work(work) => begin(&here, *work, arguments).await,
    };
    match done {
        Ok(Done::Nothing(why)) => nothing(outside, runner, &why),
        Ok(Done::Reported(end)) => {
            // The runner hears of it also when GitHub did not.
            let heard = match (end.report, runner) {
                (Ok(report), Some(runner)) => runner.report(&report, end.repeats),
                (report, _) => report.map(drop),
            };
            told(&end.outcome, heard.and(end.sent))
        }
        Err(fault) => Err(runner::tell(runner, fault)),
    }
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
    Reported(Box<End>),
}

/// How a run ended, and who was told.
struct End {
    outcome: Outcome,
    report: Result<Report, Fault>,
    sent: Result<(), Fault>,
    repeats: bool,
}

/// What a run came to, with its report.
type Ran = Result<(Result<Report, Fault>, Outcome), Fault>;

impl Here<'_> {
    /// A variable that may stand in Markdown.
    fn plain(&self, name: &str) -> Option<String> {
        let value = self.outside.environment.get(name)?.reveal();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
        value.chars().all(is_plain).then(|| value.to_owned())
    }

    /// The page of this workflow's run.
    fn page(&self) -> Option<String> {
        let (server, run) = (
            self.plain("GITHUB_SERVER_URL")?,
            self.plain("GITHUB_RUN_ID")?,
        );
        Some(format!(
            "{server}/{}/actions/runs/{run}",
            self.github.slug()
        ))
    }

    fn tracker<'a>(&'a self, work: &'a Work, repeats: bool) -> Tracker<'a> {
        Tracker {
            github: self.github,
            login: self.login,
            work,
            page: self.page(),
            server: self.plain("GITHUB_SERVER_URL"),
            base: self.base.commit.to_string(),
            repeats,
            written: std::sync::OnceLock::new(),
        }
    }

    fn remote(&self, work: &Work) -> Remote {
        Remote {
            github: self.github.clone(),
            branch: work.branch.clone(),
            merges: match &work.kind {
                Kind::Issue(_) => None,
                Kind::PullRequest { head, .. } => Some(Merge {
                    number: work.number,
                    head: head.clone(),
                }),
            },
        }
    }

    /// Who claims, as others will read it.
    fn who(&self) -> String {
        self.page()
            .unwrap_or_else(|| "a run of lightsout".to_owned())
    }
}

/// Claims the work, does it, reports it, gives the claim back.
async fn begin(here: &Here<'_>, work: Work, arguments: &cli::Work) -> Result<Done, Fault> {
    let claimed = match &work.kind {
        Kind::Issue(route) => {
            claim::issue(here.github, work.number, route, &here.base, &here.who()).await?
        }
        Kind::PullRequest { .. } => {
            claim::take(here.github, work.number, &here.base, &here.who()).await?
        }
    };
    let claim = match held(claimed, &work)? {
        Ok(claim) => claim,
        Err(why) => return Ok(Done::Nothing(why)),
    };
    let tracker = here.tracker(&work, !arguments.last);
    let ran = match tracker.begin().await {
        Ok(()) => claimed_work(here, &work, arguments).await,
        Err(error) => Err(error.into()),
    };
    finish(here, &tracker, &claim, ran).await
}

/// The work itself.
async fn claimed_work(here: &Here<'_>, work: &Work, arguments: &cli::Work) -> Ran {
    let given = arguments.proposal.as_deref();
    let is_pull = matches!(work.kind, Kind::PullRequest { .. });
    match given {
        None if arguments.no_agent || is_pull => return Err(Fault::NoProposal),
        None => {}
        Some(given) => check_given(here, work, given).await?,
    }
    let request = Request {
        order: work.order.clone(),
        proposal: given.map(Path::to_owned),
        remote: Some(here.remote(work)),
    };
    whole_run(here.perimeter, &work.stack, request, here.outside.format).await
}

/// The claim, or why there is nothing to do.
fn held(claimed: Claimed, work: &Work) -> Result<Result<Claim, Nothing>, Fault> {
    let number = work.number;
    let (by, branch) = match claimed {
        Claimed::Yes(claim) => return Ok(Ok(claim)),
        Claimed::Gone => {
            let line = format!("the label is not on issue {number} any more");
            return Ok(Err(Nothing { code: "gone", line }));
        }
        Claimed::Taken { by, branch } => (by, branch),
    };
    match work.kind {
        Kind::Issue(_) => {
            let line = format!(
                "another run is at work on #{number}: {by}; if it is dead, delete the branch `{branch}`"
            );
            Ok(Err(Nothing {
                code: "taken",
                line,
            }))
        }
        // What was pushed meanwhile would never be judged, and nobody would know.
        Kind::PullRequest { .. } => Err(Fault::Taken { number, by, branch }),
    }
}

/// Refuses a change that is not what the work is about.
async fn check_given(here: &Here<'_>, work: &Work, given: &Path) -> Result<(), Fault> {
    let (head, merge) = match &work.kind {
        Kind::PullRequest { head, merge } => (head, merge),
        // A folder does not say from what it was made.
        Kind::Issue(_) if given.extension().is_none_or(|it| it != "json") => {
            return Err(Fault::Usage(
                "for an issue, --proposal takes what `lightsout generate --out` has written"
                    .to_owned(),
            ));
        }
        Kind::Issue(_) => return Ok(()),
    };
    let stack = crate::config::load::job(here.perimeter, &here.base, &work.stack)?.stack;
    let base_tree = folder(here.perimeter, &here.base, &stack.path)?;
    let Ok(tree) = stages::read(&base_tree, &stack.path, given)? else {
        // The run itself refuses it, with its reasons.
        return Ok(());
    };
    let at = Folder::new(&stack.path).map_err(|error| Fault::Usage(error.to_string()))?;
    let top = here
        .perimeter
        .repository
        .write_tree(&here.base, &at, &tree)?;
    let remote = here.remote(work);
    // Whichever it is, its parents and its tree say whether it is the one.
    let ours = here.plain("GITHUB_SHA");
    for merge in ours.iter().chain(merge) {
        if remote.is_merge(merge, &here.base, head, top).await? {
            return Ok(());
        }
    }
    Err(Fault::NotThePullRequest {
        number: work.number,
        folder: stack.path,
    })
}

/// Reports a run that ended, and gives the claim back.
async fn finish(
    here: &Here<'_>,
    tracker: &Tracker<'_>,
    claim: &Claim,
    ran: Ran,
) -> Result<Done, Fault> {
    // A job that is being cancelled has seconds: a claim that stays keeps everybody out.
    let is_urgent = matches!(&ran, Err(Fault::Interrupted));
    if is_urgent {
        release(claim).await?;
    }
    let done = report(here, tracker, ran).await;
    if !is_urgent {
        release(claim).await?;
    }
    done
}

async fn release(claim: &Claim) -> Result<(), Fault> {
    match claim.release().await {
        Ok(()) => Ok(()),
        // What was decided stands; the next run says what to delete.
        Err(error) => warn(&format!("the claim was not given back: {}", error.line())),
    }
}

/// Shows a run that ended, and reports it.
async fn report(here: &Here<'_>, tracker: &Tracker<'_>, ran: Ran) -> Result<Done, Fault> {
    let end = |outcome, report, sent| {
        Done::Reported(Box::new(End {
            outcome,
            report,
            sent,
            repeats: tracker.repeats,
        }))
    };
    match ran {
        Ok((Ok(report), outcome)) => {
            let shown = show(here.outside.format, &report);
            let sent = tracker.end(&Ended::Report(&report)).await;
            let sent = sent.map_err(Fault::from).and(shown);
            Ok(end(outcome, Ok(report), sent))
        }
        Ok((Err(fault), outcome)) => {
            let sent = tracker.end(&Ended::Unreported(&outcome, &fault)).await;
            Ok(end(outcome, Err(fault), sent.map_err(Fault::from)))
        }
        Err(fault) => {
            if let Err(error) = tracker.end(&Ended::Fault(&fault)).await {
                warn(&format!("the fault was not reported: {error}"))?;
            }
            Err(fault)
        }
    }
}
