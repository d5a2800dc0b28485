//! Judges a preview with policy packs: Rego rules, compiled to WebAssembly, on every step, deletes and replacements included.
//!
//! INVARIANT: a rule passes a resource only when it found nothing and read nothing that the preview does not know. A rule that
//! reads an unknown value is undetermined there, unless it finds the same with every value that is tried in its place.
//! INVARIANT: a failing rule is an [`Error`], never a rule without findings; no pack and no rule are errors too.
//!
//! [`evaluate`] is pure: packs are loaded before, the clock only stops what does not end. It knows neither files nor
//! autonomy levels, and gives no verdict on whether to apply.

mod batch;
pub mod builtin;
mod builtins;
pub mod bundle;
pub mod calls;
mod compile;
pub mod digest;
mod document;
mod error;
pub mod example;
mod finding;
mod guest;
pub mod input;
mod judge;
mod literals;
mod machine;
pub mod metadata;
mod opa;
mod pack;
mod parameters;
mod projection;
mod pulumi;
mod reads;
mod report;
mod route;
mod rule;
mod scan;
mod scoped;
mod second;
pub mod selftest;
mod sprintf;
mod subject;
mod term;
mod tree;
pub mod waiver;
pub mod wasm;

use std::time::{Duration, Instant};

pub use error::{Error, RuleFault};
pub(super) use finding::plain;
pub use pack::{Compiler, Pack};
pub use parameters::{LevelChange, Settings, SettingsError};
pub use report::{Finding, History, PackRecord, PolicyReport, RuleResult, Undetermined, Verdict};
pub use rule::{Level, Severity};
pub use subject::{
    Difference, OldOptions, Options, PathSegment, PropertyPath, Request, Stack, Subject,
};
pub use waiver::{Waived, Waiver, Waivers};

use crate::names::Urn;
use document::{Step, Steps};
use judge::Judge;
use machine::Ticker;

/// LIMIT: all rules on all resources. Ten thousand resources take a fraction of a second.
const TIME_MAX: Duration = Duration::from_secs(300);
/// Steps that are worth a thread of their own: below, starting it takes longer than it saves.
const STEPS_OF_A_THREAD: usize = 1000;
/// LIMIT: threads of one evaluation.
const THREADS_MAX: usize = 8;

/// Judges every step of a preview with every rule of every pack.
///
/// # Errors
/// Nothing would judge, a step is not one of Pulumi's, or a rule failed.
pub fn evaluate(request: &Request, packs: &[Pack]) -> Result<PolicyReport, Error> {
    let json = serde_json::to_vec(request).map_err(|error| Error::Request(error.to_string()))?;
    evaluate_json(&json, packs)
}

/// The same for a [`Request`] as JSON, of which only what rules mention is read.
///
/// # Errors
/// It is no request, nothing would judge, a step is not one of Pulumi's, or a rule failed.
pub fn evaluate_json(json: &[u8], packs: &[Pack]) -> Result<PolicyReport, Error> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    evaluate_on(json, packs, threads.min(THREADS_MAX))
}

/// The same on so many threads at most; the report does not depend on how many.
///
/// # Errors
/// As [`evaluate_json`].
pub fn evaluate_on(json: &[u8], packs: &[Pack], threads: usize) -> Result<PolicyReport, Error> {
    check_packs(packs)?;
    let steps = Steps::read(json)?;
    let tickers: Vec<Ticker> = packs
        .iter()
        .map(|pack| Ticker::start(pack.module.engine()))
        .collect();
    let start = Instant::now();
    let urns: Vec<Urn> = (steps.subjects.iter().map(Step::check)).collect::<Result<_, _>>()?;
    let share = steps.subjects.len().div_ceil(threads.max(1));
    let mut rules: Vec<RuleResult> = Vec::new();
    for result in shares(&steps, &urns, packs, share.max(STEPS_OF_A_THREAD), start) {
        report::join(&mut rules, result?);
    }
    report::join(&mut rules, whole(&steps, &urns, packs)?);
    drop(tickers);
    Ok(PolicyReport {
        packs: packs.iter().map(Pack::record).collect(),
        rules,
        subjects: u64::try_from(steps.subjects.len()).unwrap_or(u64::MAX),
        history: None,
    })
}

/// What the rules about one resource said of a part of the steps.
type Share = Result<Vec<RuleResult>, Error>;

/// Judges the steps in parts of this size, each on a thread of its own.
fn shares<'a>(
    steps: &'a Steps<'a>,
    urns: &'a [Urn],
    packs: &'a [Pack],
    size: usize,
    start: Instant,
) -> Vec<Share> {
    let judge = |(nth, part): (usize, &'a [Step<'a>])| {
        let begin = nth.saturating_mul(size);
        let urns = urns.get(begin..).unwrap_or(&[]);
        judge_share(steps, (begin, part), urns, packs, start)
    };
    let mut parts = steps.subjects.chunks(size).enumerate();
    let first = parts.next().unwrap_or((0, &[]));
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || judge(part))).collect();
        let mut results = vec![judge(first)];
        results.extend(others.into_iter().map(|other| {
            let lost = |_| {
                Err(Error::Request(
                    "a thread of the evaluation ended".to_owned(),
                ))
            };
            other.join().unwrap_or_else(lost)
        }));
        results
    })
}

fn judge_share<'a>(
    steps: &'a Steps<'_>,
    (begin, part): (usize, &'a [Step<'a>]),
    urns: &'a [Urn],
    packs: &'a [Pack],
    start: Instant,
) -> Share {
    let mut judges: Vec<Judge<'_>> = packs.iter().map(|pack| Judge::new(pack, steps)).collect();
    for (nth, (step, urn)) in part.iter().zip(urns).enumerate() {
        for judge in &mut judges {
            judge.step((begin.saturating_add(nth), step, urn))?;
        }
        if start.elapsed() > TIME_MAX {
            return Err(Error::Slow {
                seconds: TIME_MAX.as_secs(),
                urn: urn.clone(),
            });
        }
    }
    let mut results = Vec::new();
    for judge in judges {
        results.extend(judge.finish()?);
    }
    Ok(results)
}

/// What the rules about the whole stack say.
fn whole(steps: &Steps<'_>, urns: &[Urn], packs: &[Pack]) -> Result<Vec<RuleResult>, Error> {
    let named: Vec<(&Step<'_>, &Urn)> = steps.subjects.iter().zip(urns).collect();
    let mut results = Vec::new();
    for pack in packs {
        let mut judge = Judge::new(pack, steps);
        judge.stack(&named)?;
        results.extend(judge.finish()?);
    }
    Ok(results)
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
