//! Judges a preview with policy packs: Rego rules, compiled to WebAssembly, on every step, deletes and replacements included.
//!
//! INVARIANT: a rule passes a resource only when it found nothing and read nothing that the preview does not know. A rule that
//! reads an unknown value is undetermined there, unless it finds something whatever the value is.
//! INVARIANT: a failing rule is an [`Error`], never a rule without findings; no pack and no rule are errors too.
//!
//! [`evaluate`] is pure: packs are loaded before, the clock only stops what does not end. It knows neither files nor
//! autonomy levels, and gives no verdict on whether to apply.

pub mod builtin;
mod builtins;
mod compile;
mod error;
mod finding;
mod guest;
mod judge;
mod machine;
mod opa;
mod pack;
mod reads;
mod report;
mod rule;
mod scoped;
mod sprintf;
mod subject;
mod term;
mod wasm;

use std::time::{Duration, Instant};

pub use error::{Error, RuleFault};
pub use pack::{Compiler, Pack};
pub use report::{Finding, PackRecord, PolicyReport, RuleResult, Undetermined, Verdict};
pub use rule::{Level, Severity};
pub use subject::{Difference, Options, PathSegment, PropertyPath, Request, Stack, Subject};

use judge::{Index, Judge, Judged};
use reads::Document;
use rule::{Rule, Scope};

/// LIMIT: all rules on all resources. Ten thousand resources take about a second.
const TIME_MAX: Duration = Duration::from_secs(300);

/// Judges every step of a preview with every rule of every pack.
///
/// # Errors
/// Nothing would judge, a step is not one of Pulumi's, or a rule failed.
pub fn evaluate(request: &Request, packs: &[Pack]) -> Result<PolicyReport, Error> {
    check_packs(packs)?;
    let start = Instant::now();
    let subjects: Vec<Subject> = request
        .subjects
        .iter()
        .map(Subject::checked)
        .collect::<Result<_, _>>()?;
    let subjects: Vec<Judged> = subjects
        .into_iter()
        .map(|subject| Judged::new(subject, &request.stack))
        .collect();
    let mut rules = Vec::new();
    for pack in packs {
        let mut judge = Judge::start(pack)?;
        for rule in &pack.rules {
            let result;
            (judge, result) = run(judge, rule, &subjects, request)?;
            rules.push(result);
            if start.elapsed() > TIME_MAX {
                return Err(Error::Slow {
                    seconds: TIME_MAX.as_secs(),
                    rule: rule.id.clone(),
                });
            }
        }
    }
    Ok(PolicyReport {
        packs: packs.iter().map(Pack::record).collect(),
        rules,
        subjects: u64::try_from(subjects.len()).unwrap_or(u64::MAX),
    })
}

fn check_packs(packs: &[Pack]) -> Result<(), Error> {
    if packs.is_empty() {
        return Err(Error::NoPacks);
    }
    for (at, pack) in packs.iter().enumerate() {
        let before = packs.iter().take(at);
        if pack.rules.is_empty() {
            return Err(Error::NoRules {
                pack: pack.name().to_owned(),
            });
        }
        for other in before {
            if other.name() == pack.name() {
                return Err(Error::DuplicatePack {
                    pack: pack.name().to_owned(),
                });
            }
            if let Some(rule) = pack
                .rules()
                .find(|id| other.rules().any(|known| known == *id))
            {
                return Err(Error::DuplicateRule {
                    rule: rule.clone(),
                    at: pack.name().to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn run<'a>(
    judge: Judge<'a>,
    rule: &Rule,
    subjects: &[Judged],
    request: &Request,
) -> Result<(Judge<'a>, RuleResult), Error> {
    let mut judge = judge;
    let mut result = RuleResult {
        rule: rule.id.clone(),
        pack: judge.pack().name().to_owned(),
        title: rule.title.clone(),
        severity: rule.severity,
        level: rule.level,
        evaluated: 0,
        findings: Vec::new(),
        undetermined: Vec::new(),
    };
    let concerned: Vec<&Judged> = subjects
        .iter()
        .filter(|judged| rule.concerns(&judged.subject))
        .collect();
    match rule.scope {
        Scope::Resource => {
            let deadline = Instant::now() + TIME_MAX;
            for judged in concerned {
                judge = judge.resource(rule, judged, &mut result)?;
                result.evaluated = result.evaluated.saturating_add(1);
                if Instant::now() > deadline {
                    return Err(Error::Slow {
                        seconds: TIME_MAX.as_secs(),
                        rule: rule.id.clone(),
                    });
                }
            }
        }
        Scope::Stack => {
            let index = Index::new(rule, &concerned, &request.stack);
            judge = judge.stack(rule, &index, &mut result)?;
            result.evaluated = 1;
        }
    }
    Ok((judge, result))
}
