//! Parse, run, report, return the exit code.

fn main() {}
