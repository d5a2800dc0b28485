//! The record of one program's calls: counts, denials, resource options, diagnostics.
//!
//! INVARIANT: everything a program can make grow is bounded; what is over a bound is counted, and new kinds of calls are denied.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tonic::{Code, Status};

use super::options::ResourceOptions;
use crate::names::{Urn, excerpt};

/// Distinct counters. LIMIT: methods, resource types and tokens of one program; real ones have dozens.
const COUNTERS_MAX: usize = 4_096;
/// Registered resources. LIMIT: the largest known stacks have some ten thousands.
const RESOURCES_MAX: usize = 100_000;
/// Denials kept with their text.
const DENIALS_MAX: usize = 1_000;
/// Diagnostics kept.
const DIAGNOSTICS_MAX: usize = 2_000;
/// Bytes of one diagnostic that are kept and forwarded.
pub(crate) const DIAGNOSTIC_BYTES_MAX: usize = 16 << 10;

/// What a program asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// How often each was called: `monitor/METHOD`, `type/TYPE`, `invoke/TOKEN`, `engine/METHOD`, `loader/METHOD`.
    pub calls: BTreeMap<String, u64>,
    /// What was refused.
    pub denials: Vec<Denial>,
    /// Denials beyond those listed.
    pub denials_unlisted: u64,
    /// The options of every registered resource.
    pub options: BTreeMap<Urn, ResourceOptions>,
    /// Registrations that the engine did not answer with a URN.
    pub unanswered: Vec<ResourceOptions>,
    /// What the program said. Hostile text: escape before showing.
    pub diagnostics: Vec<Diagnostic>,
    /// Diagnostics beyond those listed.
    pub diagnostics_unlisted: u64,
}

/// One refused call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// The method that was called.
    pub method: String,
    /// Which rule it broke.
    pub rule: Rule,
    /// What the program was told.
    pub message: String,
}

/// The rules of the proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A name, type or reference that does not follow its grammar.
    Malformed,
    /// A place to download a plugin from, or checksums for one.
    Download,
    /// A package that is not on the allow-list, or another version of it.
    Package,
    /// A package that is made from parameters.
    Parameterized,
    /// A provider whose code the program supplies.
    Dynamic,
    /// A stack that is not on the allow-list.
    StackReference,
    /// An explicit provider with inputs or variables that are not on the allow-list.
    Provider,
    /// A component or method that runs inside a provider.
    Remote,
    /// A function that is not on the allow-list.
    Invoke,
    /// A look-up by id.
    Read,
    /// The adoption of an existing object.
    Import,
    /// An address that the engine would call back.
    Callback,
    /// A debugger.
    Debugger,
    /// A file or address that the engine would open.
    Asset,
    /// A field whose meaning we do not check.
    Field,
    /// What the cleared preview did not have.
    Uncleared,
    /// More than the program may ask for.
    TooMuch,
}

/// One text from a program, the engine's services or a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Where it came from.
    pub origin: Origin,
    /// How bad its author says it is.
    pub severity: Severity,
    /// The resource it is about, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub urn: String,
    /// The text, cut at a limit.
    pub text: String,
}

/// Where a diagnostic came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The engine's log service.
    Log,
    /// The program's standard output.
    Stdout,
    /// The program's standard error.
    Stderr,
    /// A provider plugin.
    Plugin,
}

/// How bad a diagnostic says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For developers.
    Debug,
    /// For users.
    Info,
    /// Should be looked at.
    Warning,
    /// Makes the update fail.
    Error,
}

/// Why a call is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) rule: Rule,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            message: message.into(),
        }
    }
}

/// A shared record. Clones write to the same one.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    observed: Observed,
    /// Registrations whose answer has not come.
    pending: BTreeMap<u64, ResourceOptions>,
    registrations: u64,
}

impl Recorder {
    /// What was recorded so far.
    #[must_use]
    pub fn observed(&self) -> Observed {
        let state = self.state();
        let mut observed = state.observed.clone();
        observed.unanswered.extend(state.pending.values().cloned());
        observed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below is one insertion; a panic in between leaves nothing half-written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one call.
    pub(crate) fn count(&self, kind: &str, name: &str) -> Result<(), Status> {
        let key = format!("{kind}/{name}");
        let mut state = self.state();
        if state.observed.calls.len() >= COUNTERS_MAX && !state.observed.calls.contains_key(&key) {
            drop(state);
            let refusal = Refusal::new(
                Rule::TooMuch,
                format!("more than {COUNTERS_MAX} kinds of calls: use fewer types and functions"),
            );
            return Err(self.deny(kind, refusal));
        }
        let count = state.observed.calls.entry(key).or_insert(0);
        *count = count.saturating_add(1);
        Ok(())
    }

    /// Records a denial and words it for the caller.
    pub(super) fn deny(&self, method: &str, refusal: Refusal) -> Status {
        let mut state = self.state();
        if state.observed.denials.len() < DENIALS_MAX {
            state.observed.denials.push(Denial {
                method: method.to_owned(),
                rule: refusal.rule,
                message: refusal.message.clone(),
            });
        } else {
            state.observed.denials_unlisted = state.observed.denials_unlisted.saturating_add(1);
        }
        Status::new(
            Code::PermissionDenied,
            format!("lightsout denies this: {}", refusal.message),
        )
    }

    /// Records a denial of another proxy's and words it for the caller.
    pub(crate) fn denied(&self, method: &str, rule: Rule, message: &str) -> Status {
        self.deny(method, Refusal::new(rule, message))
    }

    /// Keeps a diagnostic, cut at the limit; `false` when there are too many.
    pub(crate) fn diagnostic(&self, mut diagnostic: Diagnostic) -> bool {
        diagnostic.text = cut(diagnostic.text);
        diagnostic.urn = excerpt(&diagnostic.urn);
        let mut state = self.state();
        let has_room = state.observed.diagnostics.len() < DIAGNOSTICS_MAX;
        if has_room {
            state.observed.diagnostics.push(diagnostic);
        } else {
            state.observed.diagnostics_unlisted =
                state.observed.diagnostics_unlisted.saturating_add(1);
        }
        has_room
    }

    /// Records what a registration asks for, before it is forwarded.
    pub(super) fn registering(&self, options: ResourceOptions) -> Result<u64, Refusal> {
        let mut state = self.state();
        if state
            .pending
            .len()
            .saturating_add(state.observed.options.len())
            >= RESOURCES_MAX
        {
            return Err(Refusal::new(
                Rule::TooMuch,
                format!("more than {RESOURCES_MAX} resources"),
            ));
        }
        state.registrations = state.registrations.saturating_add(1);
        let ticket = state.registrations;
        state.pending.insert(ticket, options);
        Ok(ticket)
    }

    /// Files a registration under the URN that the engine gave it.
    pub(super) fn registered(&self, ticket: u64, urn: &str) -> Result<(), Status> {
        let urn = Urn::new(urn).map_err(|error| Status::internal(error.to_string()))?;
        let mut state = self.state();
        if state.observed.options.contains_key(&urn) {
            return Err(Status::internal(
                "the engine gave two resources the same URN",
            ));
        }
        let options = state
            .pending
            .remove(&ticket)
            .ok_or_else(|| Status::internal("the engine answered a registration twice"))?;
        state.observed.options.insert(urn, options);
        Ok(())
    }
}

/// A text cut at [`DIAGNOSTIC_BYTES_MAX`], at a character's edge.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > DIAGNOSTIC_BYTES_MAX {
        text.truncate(text.floor_char_boundary(DIAGNOSTIC_BYTES_MAX));
        text.push('…');
    }
    text
}
