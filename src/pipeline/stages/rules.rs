//! The policy packs of the base commit, for a preview and for resolved values.

use std::sync::Arc;

use crate::fault::Fault;
use crate::ledger::Recorded;
use crate::pipeline::gate::Judged;
use crate::pipeline::policy::{self, Compiler, Pack, PolicyReport};
use crate::pipeline::preview::Preview;
use crate::pipeline::resolved::Rules;
use crate::pipeline::run::{Run, pack};
use crate::pipeline::subjects;

/// The packs of the base commit; they are written below the run's folder under this name.
async fn packs(run: &Run<'_>, name: &str) -> Result<Vec<Pack>, Fault> {
    let compiler = Compiler {
        opa: run.kit.opa.clone(),
        cache: run.perimeter.home.join("policies"),
    };
    let mut packs = Vec::new();
    for (number, path) in run.job.stack.policies.iter().enumerate() {
        let tree = pack(run.perimeter, &run.base, path)?;
        let folder = run.materialise(&format!("{name}-{number}"), &tree)?;
        packs.push(Pack::load(&folder, &compiler).await?);
    }
    Ok(packs)
}

/// What the packs of the base commit say of a preview.
pub(super) async fn judge(
    run: &Run<'_>,
    preview: &Preview,
    name: &str,
) -> Result<PolicyReport, Fault> {
    let packs = packs(run, name).await?;
    Ok(policy::evaluate(&subjects::request(preview)?, &packs)?)
}

/// The rules that judged a preview, to be asked again about resolved values.
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
    if policy.preview != preview.hash() || policy.report.packs != records {
        return Err(Fault::Usage(
            "the policies that judged the preview are not those of the base commit; run again"
                .to_owned(),
        ));
    }
    let request = subjects::request(preview.value())?;
    Ok(Arc::new(Rules::new(packs, request, &policy.report)))
}
