//! What the policy stage knows beside the packs: the stack's settings, its waivers, and what earlier runs have left.

use jiff::{SignedDuration, Timestamp};

use crate::config::Policy;
use crate::fault::Fault;
use crate::ledger::{self, Kind, Recorded, View};
use crate::names::StackName;
use crate::pipeline::apply::ApplyStarted;
use crate::pipeline::cooling::{self, Cooling, When};
use crate::pipeline::policy::{History, Pack, PolicyReport, Stack};
use crate::pipeline::preview::Preview;
use crate::pipeline::run::{Run, waivers};

/// A pack with what the stack's configuration sets in it.
pub(super) fn set(run: &Run<'_>, policy: &Policy, pack: Pack) -> Result<Pack, Fault> {
    pack.with_parameters(&policy.parameters)
        .and_then(|pack| pack.with_levels(&policy.levels))
        .map_err(|error| {
            Fault::Usage(format!(
                "lightsout.yaml, stack `{}`, `policies`: {error}",
                run.job.stack.name
            ))
        })
}

/// Marks the findings that are waived at a time.
pub(super) fn mark(
    run: &Run<'_>,
    stack: &Stack,
    report: &mut PolicyReport,
    at: Timestamp,
) -> Result<(), Fault> {
    waivers(run.perimeter, &run.base, run.job)?.mark(report, stack, at);
    Ok(())
}

/// Adds what the gate must know besides: which waivers do not help, and what lost its protection lately.
pub(super) fn add(
    run: &Run<'_>,
    preview: &Preview,
    report: &mut PolicyReport,
    at: Timestamp,
) -> Result<(), Fault> {
    let waivers = waivers(run.perimeter, &run.base, run.job)?;
    let stack = Stack {
        project: preview.project.clone(),
        name: preview.stack.clone(),
    };
    waivers.audit(report, &stack, at)?;
    report.history = Some(History {
        at,
        waivers: waivers.hash(),
        cooling: cooling(run, preview, at)?,
    });
    Ok(())
}

/// What lost its protection within the cooling period, by earlier runs or by this preview itself.
fn cooling(run: &Run<'_>, preview: &Preview, at: Timestamp) -> Result<Vec<Cooling>, Fault> {
    let period = SignedDuration::from_hours(
        i64::from(run.job.stack.destructive.cooling_days).saturating_mul(24),
    );
    let mut known = Vec::new();
    if period.is_zero() {
        return Ok(known);
    }
    let until = |since: Timestamp| since.checked_add(period).unwrap_or(Timestamp::MAX);
    for (began, since) in applies(run.ledger.view(), &run.job.stack.name)? {
        if at >= until(since) {
            continue;
        }
        let applied: Option<Recorded<Preview>> = run.ledger.read(began.id())?;
        let applied = applied.ok_or_else(|| {
            Fault::Usage(format!(
                "the ledger has no preview of run `{}`, which began to apply",
                began.id()
            ))
        })?;
        let when = When {
            run: began.id().clone(),
            since,
            until: until(since),
        };
        cooling::remember(&mut known, &applied.value().record, &when);
    }
    let when = When {
        run: run.id.clone(),
        since: at,
        until: until(at),
    };
    cooling::remember(&mut known, &preview.record, &when);
    Ok(known)
}

/// The runs that began to apply to a stack, in their order, with the time when they ended or, if they did not, began. What was begun may have been
/// done, whatever its end says.
fn applies<'a>(
    view: &'a View,
    stack: &StackName,
) -> Result<Vec<(&'a ledger::Run, Timestamp)>, Fault> {
    let mut found = Vec::new();
    for run in view.runs() {
        let of = |kind: Kind| run.entries().iter().rfind(move |entry| entry.kind == kind);
        let Some(began) = of(Kind::ApplyStarted) else {
            continue;
        };
        let started: Option<Recorded<ApplyStarted>> = view.read(run.id())?;
        if started.is_some_and(|started| started.value().stack == *stack) {
            let end = of(Kind::Receipt).unwrap_or(began);
            found.push((began.seq, run, end.time));
        }
    }
    found.sort_by_key(|(seq, ..)| *seq);
    Ok(found
        .into_iter()
        .map(|(_, run, time)| (run, time))
        .collect())
}
