//! What policies do: the packs that ship, the packs that judge nothing, and previews that nobody foresaw.
//!
//! The real OPA compiles here.

#[expect(dead_code, reason = "shared with test targets that need more of it")]
#[path = "../support/mod.rs"]
mod support;

mod hollow;
mod oracle;
mod packs;
mod things;
mod unknown;
