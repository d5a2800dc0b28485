//! What lightsout does, one module a capability.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helper fails the test"
)]

#[path = "../support/mod.rs"]
mod support;

/// What stands between a decision and its apply.
mod apply;
mod factory;
/// Programs, changes and machines that do not behave.
mod hostile;
/// What a program can find where it runs.
mod perimeter;
/// Whole runs: every language, the twin and a real provider.
mod runs;
/// Errors of the operator: the right exit code and a clear message.
mod usage;
