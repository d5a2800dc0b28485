//! What policies do: the packs that ship, the packs that judge nothing, and previews that nobody foresaw.
//!
//! The real `opa` compiles here; `LIGHTSOUT_TEST_OPA` says where it is.

mod hollow;
mod oracle;
mod packs;
mod support;
mod unknown;
