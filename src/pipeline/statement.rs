//! A decision as an in-toto statement, in the form that other people's verifiers read.

use crate::ledger::statement::{
    Claim, Digest, Resource, Subject, VSA_TYPE, Verifier, Vsa, VsaResult,
};
use crate::names::Sha256;
use crate::pipeline::gate::DecisionRecord;
use crate::pipeline::run::Run;

/// Says what was decided about which change, against which rules, on which evidence.
#[must_use]
pub fn claim(run: &Run<'_>, decision: &DecisionRecord, evidence: &[Sha256]) -> Claim<Vsa> {
    let basis = &run.mandate.value().basis;
    let resource = |uri: String, hash: Sha256| Resource {
        uri,
        digest: Digest { sha256: hash },
    };
    let rules = Sha256::of(
        format!(
            "{}\n{:?}\n{:?}",
            basis.config, basis.policies, basis.holdouts
        )
        .as_bytes(),
    );
    let (result, levels) = match decision {
        DecisionRecord::Cleared { .. } => (VsaResult::Passed, vec!["LIGHTSOUT_CLEARED".to_owned()]),
        DecisionRecord::Held(_) => (
            VsaResult::Failed,
            vec!["LIGHTSOUT_HELD_FOR_A_PERSON".to_owned()],
        ),
        DecisionRecord::Refused(_) => (VsaResult::Failed, Vec::new()),
    };
    Claim {
        subjects: vec![Subject::new(
            format!("mandate of {}", run.id),
            run.mandate.hash(),
        )],
        predicate_type: VSA_TYPE,
        predicate: Vsa {
            verifier: Verifier {
                id: format!("urn:lightsout:gate:{}", env!("CARGO_PKG_VERSION")),
            },
            time_verified: crate::perimeter::now(),
            resource_uri: format!("urn:lightsout:stack:{}", run.mandate.value().stack),
            policy: resource("urn:lightsout:basis".to_owned(), rules),
            input_attestations: evidence
                .iter()
                .map(|hash| resource(format!("urn:lightsout:evidence:{hash}"), *hash))
                .collect(),
            verification_result: result,
            verified_levels: levels,
        },
    }
}
