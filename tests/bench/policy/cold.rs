//! How long it takes from nothing to a verdict: our command line as a user starts it.

use std::path::Path;
use std::process::Command;

use super::measure::{self, Usage};
use super::peers::{self, Workshop};
use super::table::median;

/// Processes of each kind; the first warm the caches and are not counted.
const ROUNDS: usize = 40;
const WARMING: usize = 5;

/// The time of `lightsout policy eval` above that of `lightsout --version`, in turn.
pub(crate) fn report(workshop: &Workshop, rules: &Path, preview: &Path, count: usize) -> String {
    let run = |command: &mut Command, code: i32| -> Usage {
        let usage = measure::run(command, &workshop.folder);
        assert_eq!(usage.code, code, "{command:?}");
        usage
    };
    let (mut start, mut verdict) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let nothing = run(peers::lightsout().arg("--version"), 0).wall;
        // The rules find something, so the command denies.
        let judged = run(&mut Workshop::eval(rules, preview), 10).wall;
        if round >= WARMING {
            start.push(nothing);
            verdict.push(judged);
        }
    }
    let (start, verdict) = (median(&start) * 1e3, median(&verdict) * 1e3);
    format!(
        "From nothing to a verdict, 100 resources and {count} rules: {verdict:.1} ms; `lightsout --version` takes {start:.1} ms; the difference is {:.1} ms.\n",
        verdict - start
    )
}
