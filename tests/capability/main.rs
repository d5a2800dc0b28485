//! What lightsout does, one module a capability.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helper fails the test"
)]

#[expect(dead_code, reason = "both targets share it, each uses a part")]
#[path = "../support/mod.rs"]
mod support;

/// `action.yml` under a runner.
mod action;
/// Real agents behind the broker.
mod agents;
/// What stands between a decision and its apply.
mod apply;
/// Short-lived credentials.
mod credentials;
/// Packs of Pulumi's CrossGuard.
mod crossguard;
/// Packages from lock files.
mod dependencies;
/// Hidden scenarios: steps, files, verdicts, silence.
mod holdout;
/// What a run knows beside its preview: settings, waivers, earlier runs.
mod memory;
/// Policies: the packs that ship, and packs that judge nothing.
mod policy;
/// README.md says what is true.
mod readme;
/// Policies on resolved values, in trials and inside `up`.
mod resolved;
/// Whole runs: every language, the twin and a real provider.
mod runs;
/// What a reader of the code relies on.
mod tidy;
/// External programs: installations, and what must not get through.
mod tools;
/// Work orders from GitHub, reports and changes to it.
mod tracker;
/// The twin under the real engine.
mod twin;
/// Errors of the operator: the right exit code and a clear message.
mod usage;
/// Our protocol declarations against the vendor's.
mod wire;
