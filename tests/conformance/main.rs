//! What we do is what OPA does: its own test cases on our host, and the packs that ship before four engines.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test's helper fails the test, and its counts are its result"
)]

use std::io::Write as _;

#[expect(dead_code, reason = "all targets share it, each uses a part")]
#[path = "../support/mod.rs"]
mod support;

/// The cases, made ready once for a version of OPA.
mod cases;
/// Our host, regorus, OPA and the crate `opa-wasm` on the same rules and the same inputs.
mod differential;
/// What is out of scope, and why.
mod exclusions;
/// Every case through our host.
mod suite;
/// Values, read without our host's help.
mod value;

/// Everything in scope passes; what is not in scope is listed with its reason.
#[test]
fn the_host_is_opas() {
    let folder = cases::folder();
    let exclusions = exclusions::Exclusions::read();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let report = suite::run(&folder, &exclusions, threads);
    // Past the harness, which would show it only after a failure.
    writeln!(std::io::stdout(), "{report}").expect("somebody listens");
    assert!(report.total > 4000, "cases are missing");
    assert!(report.faults.is_empty(), "see above");
}
