//! Whether a scenario holds of a deployed state.
//!
//! INVARIANT: `evaluate` is pure, total and bounded: every way that is not a proof that each step holds ends in `Failed`. Nothing
//! is true of an empty set: "each bucket" with no bucket fails.
//!
//! It does not know runs, quorums or rates.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::scenario::Scenario;
use super::state::{Resource, State};
use super::value::{Found, Opaque, Path, Value};
use super::vocabulary::{Kind, Quantity, Step, Subject, Test};
use compare::test_one;

mod compare;

/// What one run of one scenario gave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum RunOutcome {
    /// Every step held.
    Passed,
    /// A step did not hold, or could not be judged.
    Failed {
        /// The step, counted from 0, the background's first.
        step: usize,
        /// Why.
        kind: FailureKind,
        /// What was found, for the operator only.
        detail: Detail,
    },
}

/// Why a scenario did not hold. The set is closed: it is what the ledger may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// A step is not in the vocabulary.
    NotUnderstood,
    /// The state has no stack, no resource, or something half done.
    NotDeployed,
    /// A resource that is spoken of does not exist.
    ResourceMissing,
    /// More than one resource fits where one is meant.
    Ambiguous,
    /// There are more or fewer than asked for.
    WrongCount,
    /// A resource exists that should not.
    Unexpected,
    /// A property, tag or output is not there.
    Absent,
    /// A value is secret.
    Secret,
    /// A value is not known, or wrapped in a way that is not understood.
    Unreadable,
    /// A value is of another type than the test needs.
    WrongShape,
    /// A value is not what was asked for.
    Differs,
    /// A resource has nothing that refers to it.
    Unrelated,
}

/// What was found, for the operator: it may hold names and values, so it prints only on request.
#[derive(Clone, PartialEq, Eq)]
pub struct Detail(String);

impl Detail {
    /// The text, for a place that only the operator reads.
    #[must_use]
    pub fn for_operator(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[withheld]")
    }
}

/// Judges one scenario on the state of one trial.
pub fn evaluate(scenario: &Scenario, state: &State) -> RunOutcome {
    // INVARIANT: a scenario with a step that nobody understands passes on no state, whatever the steps before it say.
    let unknown = scenario
        .steps()
        .position(|step| matches!(step, Step::NotUnderstood));
    if let Some(step) = unknown {
        return failed(
            step,
            miss(
                FailureKind::NotUnderstood,
                "the step is not in the vocabulary",
            ),
        );
    }
    if let Err(miss) = deployed(state) {
        return failed(0, miss);
    }
    let mut judged = false;
    for (at, step) in scenario.steps().enumerate() {
        if let Err(miss) = holds(step, state) {
            return failed(at, miss);
        }
        judged = true;
    }
    if judged {
        RunOutcome::Passed
    } else {
        failed(
            0,
            miss(FailureKind::NotUnderstood, "the scenario has no step"),
        )
    }
}

fn failed(step: usize, miss: Miss) -> RunOutcome {
    RunOutcome::Failed {
        step,
        kind: miss.kind,
        detail: Detail(miss.detail),
    }
}

/// Why a step does not hold.
struct Miss {
    kind: FailureKind,
    detail: String,
}

fn miss(kind: FailureKind, detail: impl Into<String>) -> Miss {
    Miss {
        kind,
        detail: detail.into(),
    }
}

impl Miss {
    fn of(mut self, resource: &Resource) -> Self {
        self.detail = format!(
            "{} `{}`: {}",
            crate::names::excerpt(resource.kind()),
            crate::names::excerpt(resource.name()),
            self.detail
        );
        self
    }

    fn at(mut self, place: &str) -> Self {
        self.detail = format!("`{}`: {}", crate::names::excerpt(place), self.detail);
        self
    }
}

impl From<Opaque> for Miss {
    fn from(why: Opaque) -> Self {
        match why {
            Opaque::Secret => miss(FailureKind::Secret, "secret"),
            Opaque::Unknown => miss(FailureKind::Unreadable, "not known to the engine"),
            Opaque::Foreign => miss(FailureKind::Unreadable, "wrapped in an unknown way"),
        }
    }
}

fn deployed(state: &State) -> Result<(), Miss> {
    if state.unfinished {
        return Err(miss(
            FailureKind::NotDeployed,
            "the state has something half done",
        ));
    }
    if state.stack.is_none() || state.made().next().is_none() {
        return Err(miss(
            FailureKind::NotDeployed,
            "the state has no stack or no resource",
        ));
    }
    Ok(())
}

fn holds(step: &Step, state: &State) -> Result<(), Miss> {
    match step {
        Step::NotUnderstood => Err(miss(
            FailureKind::NotUnderstood,
            "the step is not in the vocabulary",
        )),
        Step::Deployed => deployed(state),
        Step::Count(quantity, kind) => count(*quantity, of_kind(state, kind).len()),
        Step::CountWhere(quantity, kind, path, test) => {
            count_where(state, *quantity, kind, path, test)
        }
        Step::Total(quantity) => count(*quantity, state.made().count()),
        Step::OnlyKinds(kinds) => only_kinds(state, kinds),
        Step::Exists(subject) => on(state, subject, |_| Ok(())),
        Step::Property(subject, path, test) => {
            on(state, subject, |r| property(state, &r.outputs, path, test))
        }
        Step::Json(subject, path, at, test) => {
            on(state, subject, |r| json(state, r, path, at, test))
        }
        Step::Properties(subject, pairs) => on(state, subject, |r| {
            pairs.iter().try_for_each(|(path, value)| {
                property(state, &r.outputs, path, &Test::Equal(value.clone()))
            })
        }),
        Step::Tag(subject, name, test) => on(state, subject, |r| tag(state, r, name, test)),
        Step::Untagged(subject, name) => on(state, subject, |r| tag(state, r, name, &Test::NotSet)),
        Step::Tags(subject, pairs) => on(state, subject, |r| {
            pairs
                .iter()
                .try_for_each(|(name, value)| tag(state, r, name, &Test::Equal(value.clone())))
        }),
        Step::Protected(subject, wanted) => on(state, subject, |r| {
            if r.protect == *wanted {
                Ok(())
            } else {
                Err(miss(
                    FailureKind::Differs,
                    format!("protect is {}", r.protect),
                ))
            }
        }),
        Step::Output(name, test) => output(state, name, test),
        Step::Related {
            each,
            by,
            property,
            and,
        } => related(state, each, by, property, and.as_ref()),
    }
}

fn of_kind<'s>(state: &'s State, kind: &Kind) -> Vec<&'s Resource> {
    state
        .resources
        .iter()
        .filter(|r| kind.is(r.kind()))
        .collect()
}

fn count(quantity: Quantity, found: usize) -> Result<(), Miss> {
    // A count that does not fit is larger than any that is asked for; no platform has one.
    let found = u64::try_from(found).unwrap_or(u64::MAX);
    if quantity.holds(found) {
        Ok(())
    } else {
        Err(miss(FailureKind::WrongCount, format!("there are {found}")))
    }
}

fn count_where(
    state: &State,
    quantity: Quantity,
    kind: &Kind,
    path: &Path,
    test: &Test,
) -> Result<(), Miss> {
    let mut found = 0;
    for resource in of_kind(state, kind) {
        match property(state, &resource.outputs, path, test) {
            Ok(()) => found += 1,
            Err(miss) if miss.decides_a_filter() => {}
            Err(miss) => return Err(miss.of(resource)),
        }
    }
    count(quantity, found)
}

impl Miss {
    /// The value was seen and is not the one, as against: it could not be seen, so that nobody knows.
    const fn decides_a_filter(&self) -> bool {
        match self.kind {
            FailureKind::Absent | FailureKind::Differs => true,
            FailureKind::NotUnderstood
            | FailureKind::NotDeployed
            | FailureKind::ResourceMissing
            | FailureKind::Ambiguous
            | FailureKind::WrongCount
            | FailureKind::Unexpected
            | FailureKind::Secret
            | FailureKind::Unreadable
            | FailureKind::WrongShape
            | FailureKind::Unrelated => false,
        }
    }
}

fn only_kinds(state: &State, kinds: &[Kind]) -> Result<(), Miss> {
    match state
        .made()
        .find(|r| !kinds.iter().any(|kind| kind.is(r.kind())))
    {
        Some(other) => Err(miss(FailureKind::Unexpected, "not among the types").of(other)),
        None => Ok(()),
    }
}

/// Checks what the subject stands for: one, all (at least one), or any.
fn on(
    state: &State,
    subject: &Subject,
    check: impl Fn(&Resource) -> Result<(), Miss>,
) -> Result<(), Miss> {
    let check = |resource: &Resource| check(resource).map_err(|miss| miss.of(resource));
    match subject {
        Subject::Named(..) | Subject::Only(_) => check(one(state, subject)?),
        Subject::Each(kind) => {
            let resources = of_kind(state, kind);
            if resources.is_empty() {
                return Err(miss(
                    FailureKind::ResourceMissing,
                    "there is none of the kind",
                ));
            }
            resources.into_iter().try_for_each(check)
        }
        Subject::Some(kind) => {
            let mut last = miss(FailureKind::ResourceMissing, "there is none of the kind");
            for resource in of_kind(state, kind) {
                match check(resource) {
                    Ok(()) => return Ok(()),
                    Err(miss) => last = miss,
                }
            }
            Err(last)
        }
    }
}

/// The one resource that the subject means.
fn one<'s>(state: &'s State, subject: &Subject) -> Result<&'s Resource, Miss> {
    let found: Vec<_> = match subject {
        Subject::Named(kind, name) => of_kind(state, kind)
            .into_iter()
            .filter(|r| r.name() == name)
            .collect(),
        Subject::Only(kind) | Subject::Each(kind) | Subject::Some(kind) => of_kind(state, kind),
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(miss(
            FailureKind::ResourceMissing,
            "there is no such resource",
        )),
        [_, _, ..] => Err(miss(
            FailureKind::Ambiguous,
            format!("{} resources fit", found.len()),
        )),
    }
}

fn property(state: &State, root: &Value, path: &Path, test: &Test) -> Result<(), Miss> {
    path.resolve(root)
        .into_iter()
        .try_for_each(|found| test_one(state, found, test))
        .map_err(|miss| miss.at(&path.to_string()))
}

fn json(
    state: &State,
    resource: &Resource,
    path: &Path,
    at: &Path,
    test: &Test,
) -> Result<(), Miss> {
    for found in path.resolve(&resource.outputs) {
        let text = compare::readable(found)?
            .text()
            .ok_or_else(|| miss(FailureKind::WrongShape, "not text that holds JSON"))?;
        let document = Value::parse(text.as_bytes()).map_err(|_| {
            miss(
                FailureKind::WrongShape,
                "not JSON, or JSON with a key that occurs twice",
            )
        })?;
        property(state, &document, at, test).map_err(|miss| miss.at(&path.to_string()))?;
    }
    Ok(())
}

fn tag(state: &State, resource: &Resource, name: &str, test: &Test) -> Result<(), Miss> {
    let found = match resource.tag(name)? {
        Some(Value::Opaque(why)) => Found::Opaque(*why),
        Some(value) => Found::Value(value),
        None => Found::Absent,
    };
    test_one(state, found, test).map_err(|miss| miss.at(name))
}

fn output(state: &State, name: &str, test: &Test) -> Result<(), Miss> {
    let found = match state.stack.as_ref().and_then(|outputs| outputs.get(name)) {
        Some(Value::Opaque(why)) => Found::Opaque(*why),
        Some(Value::Null) | None => Found::Absent,
        Some(value) => Found::Value(value),
    };
    test_one(state, found, test).map_err(|miss| miss.at(name))
}

fn related(
    state: &State,
    each: &Kind,
    by: &Kind,
    path: &Path,
    and: Option<&(Path, Test)>,
) -> Result<(), Miss> {
    // LIMIT: what is pointed to is gathered once, so that the work grows with the sum of both kinds and not with the product.
    let mut pointed = BTreeSet::new();
    for pointer in of_kind(state, by) {
        if let Some((path, test)) = and
            && property(state, &pointer.outputs, path, test).is_err()
        {
            continue;
        }
        for found in path.resolve(&pointer.outputs) {
            match found {
                Found::Value(Value::Text(text)) => {
                    pointed.insert(text.as_str());
                }
                Found::Value(reference) => {
                    pointed.extend(reference.get("urn").and_then(Value::text));
                }
                Found::Absent | Found::Opaque(_) | Found::WrongShape => {}
            }
        }
    }
    let resources = of_kind(state, each);
    if resources.is_empty() {
        return Err(miss(
            FailureKind::ResourceMissing,
            "there is none of the kind",
        ));
    }
    match resources
        .into_iter()
        .find(|r| !r.identities().any(|identity| pointed.contains(identity)))
    {
        Some(alone) => Err(miss(FailureKind::Unrelated, "nothing refers to it").of(alone)),
        None => Ok(()),
    }
}
