//! What an adversary tries, one module a wall, each attack beside its honest twin.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test's helper fails the test"
)]

#[expect(dead_code, reason = "both targets share it, each uses a part")]
#[path = "../support/mod.rs"]
mod support;

/// Agents that do not behave.
mod agents;
/// Programs, changes and machines that do not behave.
mod hostile;
/// The ledger's folder in the hands of somebody else.
mod ledger;
/// What a program can find where it runs.
mod perimeter;
/// Packs that judge nothing, previews that want not to be judged.
mod policy;
/// The kernel's walls.
mod sandbox;
