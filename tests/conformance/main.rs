//! What we do is what OPA does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test's helper fails the test, and says what it compared"
)]

#[expect(dead_code, reason = "the targets share it, each uses a part")]
#[path = "../support/mod.rs"]
mod support;

/// Our host, regorus, OPA and the crate `opa-wasm` on the same rules and the same inputs.
mod differential;
