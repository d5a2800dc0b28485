//! What policies do: the packs that ship, the packs that judge nothing, and previews that nobody foresaw.
//!
//! The real OPA compiles here.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test's helper fails the test"
)]

mod commands;
mod mistakes;
mod packs;
mod pulumi;
mod resolved;
mod selftest;
mod things;
mod unknown;
