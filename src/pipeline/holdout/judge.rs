//! Whether a scenario holds of a deployed state.
//!
//! INVARIANT: `evaluate` is pure, total and bounded: every way that is not a proof that each step holds ends in `Failed`. Nothing
//! is true of an empty set: "each bucket" with no bucket fails.
//!
//! It does not know runs, quorums or rates.

use std::cell::Cell;

use super::scenario::Scenario;
use super::state::{Resource, State};
use super::value::{Found, Opaque, Path, Value};
use super::vocabulary::{Kind, Quantity, Step, Subject, Test};
use compare::test_one;
use many::{count_where, fits, only_kinds, related};
pub use outcome::{Detail, FailureKind, RunOutcome};

mod compare;
mod many;
mod outcome;

/// Resources looked at for one scenario: enough for each step to compare a few hundred with each other.
const LOOKS_MAX: usize = 3_000_000;

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
    let court = Court {
        state,
        looks_left: Cell::new(LOOKS_MAX),
    };
    let mut judged = false;
    for (at, step) in scenario.steps().enumerate() {
        if let Err(miss) = holds(step, &court) {
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

/// The state under judgement, and how much may still be looked at.
struct Court<'s> {
    state: &'s State,
    looks_left: Cell<usize>,
}

impl<'s> Court<'s> {
    /// LIMIT: every step that goes through resources pays for it here, nested ones again, so that no scenario and no state
    /// can make a judgement endless.
    fn of_kind(&self, kind: &Kind) -> Result<Vec<&'s Resource>, Miss> {
        match self
            .looks_left
            .get()
            .checked_sub(self.state.resources.len())
        {
            Some(left) => self.looks_left.set(left),
            None => {
                return Err(miss(
                    FailureKind::Unreadable,
                    "more to look at than one scenario may",
                ));
            }
        }
        Ok(self
            .state
            .resources
            .iter()
            .filter(|r| kind.is(r.kind()))
            .collect())
    }
}

fn holds(step: &Step, court: &Court<'_>) -> Result<(), Miss> {
    match step {
        Step::NotUnderstood => Err(miss(
            FailureKind::NotUnderstood,
            "the step is not in the vocabulary",
        )),
        Step::Deployed => deployed(court.state),
        Step::Count(quantity, kind) => count(*quantity, court.of_kind(kind)?.len()),
        Step::CountWhere(quantity, kind, path, test) => {
            count_where(court, *quantity, kind, path, test)
        }
        Step::Total(quantity) => count(*quantity, court.state.made().count()),
        Step::OnlyKinds(kinds) => only_kinds(court, kinds),
        Step::Exists(subject) => on(court, subject, |_| Ok(())),
        Step::Property(subject, path, test) => {
            on(court, subject, |r| property(court, &r.outputs, path, test))
        }
        Step::Json(subject, path, at, test) => {
            on(court, subject, |r| json(court, r, path, at, test))
        }
        Step::Properties(subject, pairs) => on(court, subject, |r| {
            pairs.iter().try_for_each(|(path, value)| {
                property(court, &r.outputs, path, &Test::Equal(value.clone()))
            })
        }),
        Step::Tag(subject, name, test) => on(court, subject, |r| tag(court, r, name, test)),
        Step::Untagged(subject, name) => on(court, subject, |r| tag(court, r, name, &Test::NotSet)),
        Step::Tags(subject, pairs) => on(court, subject, |r| {
            pairs
                .iter()
                .try_for_each(|(name, value)| tag(court, r, name, &Test::Equal(value.clone())))
        }),
        Step::Protected(subject, wanted) => on(court, subject, |r| {
            if r.protect == *wanted {
                Ok(())
            } else {
                Err(miss(
                    FailureKind::Differs,
                    format!("protect is {}", r.protect),
                ))
            }
        }),
        Step::Output(name, test) => output(court, name, test),
        Step::Related {
            each,
            by,
            property,
            and,
        } => related(court, each, by, property, and.as_ref()),
    }
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

/// Checks what the subject stands for: one, all (at least one), or any.
fn on(
    court: &Court<'_>,
    subject: &Subject,
    check: impl Fn(&Resource) -> Result<(), Miss>,
) -> Result<(), Miss> {
    let check = |resource: &Resource| check(resource).map_err(|miss| miss.of(resource));
    match subject {
        Subject::Named(..) | Subject::Only(_) | Subject::Where(..) => check(one(court, subject)?),
        Subject::Each(kind) => {
            let resources = court.of_kind(kind)?;
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
            for resource in court.of_kind(kind)? {
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
fn one<'s>(court: &Court<'s>, subject: &Subject) -> Result<&'s Resource, Miss> {
    let found: Vec<_> = match subject {
        Subject::Named(kind, name) => court
            .of_kind(kind)?
            .into_iter()
            .filter(|r| r.name() == name)
            .collect(),
        Subject::Where(kind, path, test) => {
            let mut found = Vec::new();
            for resource in court.of_kind(kind)? {
                if fits(court, resource, path, test)? {
                    found.push(resource);
                }
            }
            found
        }
        Subject::Only(kind) | Subject::Each(kind) | Subject::Some(kind) => court.of_kind(kind)?,
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

fn property(court: &Court<'_>, root: &Value, path: &Path, test: &Test) -> Result<(), Miss> {
    path.resolve(root)
        .into_iter()
        .try_for_each(|found| test_one(court, found, test))
        .map_err(|miss| miss.at(&path.to_string()))
}

fn json(
    court: &Court<'_>,
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
        property(court, &document, at, test).map_err(|miss| miss.at(&path.to_string()))?;
    }
    Ok(())
}

fn tag(court: &Court<'_>, resource: &Resource, name: &str, test: &Test) -> Result<(), Miss> {
    let found = match resource.tag(name)? {
        Some(Value::Opaque(why)) => Found::Opaque(*why),
        Some(value) => Found::Value(value),
        None => Found::Absent,
    };
    test_one(court, found, test).map_err(|miss| miss.at(name))
}

fn output(court: &Court<'_>, name: &str, test: &Test) -> Result<(), Miss> {
    let found = match court
        .state
        .stack
        .as_ref()
        .and_then(|outputs| outputs.get(name))
    {
        Some(Value::Opaque(why)) => Found::Opaque(*why),
        Some(Value::Null) | None => Found::Absent,
        Some(value) => Found::Value(value),
    };
    test_one(court, found, test).map_err(|miss| miss.at(name))
}
