//! How long it takes from nothing to a verdict: our command line as a user starts it.

use std::path::Path;

use super::measure::{self, Usage};
use super::peers::{self, Workshop};
use super::support;
use super::table::median;

/// Processes of each kind; the first warm the caches and are not counted.
const ROUNDS: usize = 40;
const WARMING: usize = 5;

/// The time of `lightsout policy eval` above that of `lightsout --version`, in turn.
pub(crate) fn report(workshop: &Workshop, pack: &Path, preview: &Path, rules: usize) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_lightsout"));
    let run = |arguments: &[&str]| -> Usage {
        let mut command = peers::command(program);
        command
            .args(arguments)
            .env("LIGHTSOUT_HOME", support::home());
        measure::run(&mut command, &workshop.folder)
    };
    let eval = [
        "policy",
        "eval",
        "--pack",
        pack.to_str().unwrap(),
        "--preview",
        preview.to_str().unwrap(),
    ];
    let first = run(&eval);
    // The rules find something, so the command denies.
    if first.code != 10 {
        let said = std::fs::read_to_string(workshop.folder.join("err")).unwrap();
        let said = said.lines().next().unwrap_or("nothing");
        return format!(
            "Not measured: `lightsout policy eval` ended with {} ({said}).\n",
            first.code
        );
    }
    let (mut start, mut verdict) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (nothing, judged) = (run(&["--version"]).wall, run(&eval).wall);
        if round >= WARMING {
            start.push(nothing);
            verdict.push(judged);
        }
    }
    let (start, verdict) = (median(&start) * 1e3, median(&verdict) * 1e3);
    format!(
        "From nothing to a verdict, 100 resources and {rules} rules: {verdict:.1} ms; `lightsout --version` takes {start:.1} ms; the difference is {:.1} ms.\n",
        verdict - start
    )
}
