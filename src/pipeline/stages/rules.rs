//! The policy packs of the base commit, for a preview and for resolved values.

use std::sync::Arc;

use jiff::Timestamp;

use super::{guards, history};
use crate::config::PackKind;
use crate::fault::Fault;
use crate::ledger::Recorded;
use crate::pipeline::crossguard;
use crate::pipeline::gate::Judged;
use crate::pipeline::policy::{self, Compiler, Pack, PolicyReport};
use crate::pipeline::preview::Preview;
use crate::pipeline::resolved::Rules;
use crate::pipeline::run::{Run, pack, waivers};
use crate::pipeline::subjects;

/// The packs of the base commit; they are written below the run's folder under this name.
async fn packs(run: &Run<'_>, name: &str) -> Result<Vec<Pack>, Fault> {
    let compiler = Compiler {
        opa: run.kit.opa.clone(),
        cache: run.perimeter.home.join("policies"),
    };
    let mut packs = Vec::new();
    let policies = run.job.stack.policies.iter().enumerate();
    for (number, policy) in policies.filter(|(_, policy)| policy.kind == PackKind::Rego) {
        let tree = pack(run.perimeter, &run.base, &policy.pack)?;
        let folder = run.materialise(&format!("{name}-{number}"), &tree)?;
        let pack = Pack::load(&folder, &compiler).await?;
        packs.push(history::set(run, policy, pack)?);
    }
    Ok(packs)
}

/// A time as Rego counts it: it ends in the year 2262.
fn nanoseconds(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

/// What the packs of the base commit say of a preview, and what of it is waived at a time.
pub(super) async fn judge(
    run: &Run<'_>,
    preview: &Preview,
    name: &str,
    at: Timestamp,
) -> Result<PolicyReport, Fault> {
    let packs = packs(run, name).await?;
    let mut request = subjects::request(preview)?;
    request.now_ns = Some(nanoseconds(at));
    let mut report = if packs.is_empty() {
        // All packs are CrossGuard's; without any, the report is hollow.
        PolicyReport {
            packs: Vec::new(),
            rules: Vec::new(),
            subjects: u64::try_from(request.subjects.len()).unwrap_or(u64::MAX),
            history: None,
        }
    } else {
        policy::evaluate(&request, &packs).map_err(|error| error.placed(&packs))?
    };
    for said in guards::said(run, preview, name).await? {
        crossguard::add(&mut report, said)?;
    }
    history::mark(run, &request.stack, &mut report, at)?;
    Ok(report)
}

/// The rules that judged a preview, to be asked again about resolved values. Those of CrossGuard packs are not: where they could not know,
/// they have no answer, and a person is asked.
///
/// # Errors
/// A pack cannot be used, or is not the one that judged.
pub async fn rules(
    run: &Run<'_>,
    preview: &Recorded<Preview>,
    policy: &Judged<PolicyReport>,
    name: &str,
) -> Result<Arc<Rules>, Fault> {
    let packs = packs(run, name).await?;
    let records: Vec<_> = packs.iter().map(Pack::record).collect();
    let judged = policy.report.packs.iter();
    let (guards, judged): (Vec<_>, Vec<_>) = judged.partition(|pack| pack.crossguard.is_some());
    let guards: Vec<_> = guards.into_iter().map(|pack| pack.hash).collect();
    if policy.preview != preview.hash()
        || judged.into_iter().ne(&records)
        || guards != guards::hashes(run)?
    {
        return Err(Fault::Usage(
            "the policies that judged the preview are not those of the base commit; run again"
                .to_owned(),
        ));
    }
    let mut request = subjects::request(preview.value())?;
    // For rules it is the time at which the preview was judged, all through the run.
    let judged = policy.report.history.as_ref();
    request.now_ns = judged.map(|history| nanoseconds(history.at));
    let waivers = waivers(run.perimeter, &run.base, run.job)?;
    let waived = (waivers, crate::perimeter::now());
    Ok(Arc::new(Rules::new(packs, request, &policy.report, waived)))
}
