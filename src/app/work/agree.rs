//! A comment on GitHub that approves.

use super::{Done, Here, finish, held, release};
use crate::app::{approve, ledger, new_outcome, person};
use crate::config::Config;
use crate::fault::Fault;
use crate::ledger::{Ledger, Recorded};
use crate::names::RunId;
use crate::pipeline::gate::Way;
use crate::pipeline::order::{Mandate, Origin, Place, WorkOrder};
use crate::pipeline::run::Run;
use crate::tracker::claim;
use crate::tracker::route::{Agreement, Kind, Nothing, Work};

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
        Origin::PullRequest { at, head, .. } if is_here(at) => Some(Kind::PullRequest {
            head: head.clone(),
            merge: None,
        }),
        Origin::File { .. } | Origin::Issue { .. } | Origin::PullRequest { .. } => None,
    };
    Ok(kind.map(|kind| Work {
        order: order.value().clone(),
        stack: mandate.value().stack.clone(),
        path: String::new(),
        number,
        branch,
        kind,
    }))
}

/// A comment that approves: records it, decides again, applies, reports.
pub(super) async fn agree(
    here: &Here<'_>,
    config: &Config,
    agreement: Agreement,
) -> Result<Done, Fault> {
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
    let claimed = claim::take(here.github, number, &here.base, &here.who()).await?;
    let claim = match held(claimed, &work)? {
        Ok(claim) => claim,
        Err(why) => return Ok(Done::Nothing(why)),
    };
    let way = Way::Comment {
        comment,
        account: by.id,
        role: by.role,
        at,
    };
    let remote = here.remote(&work);
    let begun = async {
        let mut run = Run::resume(id, &job, here.perimeter, &mut ledger).await?;
        run.remote = Some(remote);
        approve::agree(&mut run, person(&by.login)?, way)?;
        Ok(run)
    };
    let mut run = match begun.await {
        Ok(run) => run,
        // What does not wait has a report of its own already.
        Err(fault) => {
            release(&claim).await?;
            return Err(fault);
        }
    };
    let ran = approve::go_on(&mut run)
        .await
        .map(|outcome| (new_outcome(&run, &outcome), outcome));
    finish(here, &here.tracker(&work, false), &claim, ran).await
}
