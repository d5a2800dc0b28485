//! `lightsout policy test`: a pack's own tests.

use std::path::PathBuf;

use super::{Named, compiler, print, print_json};
use crate::app::Outside;
use crate::cli::{Format, Packs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::pipeline::policy::selftest::{self, TestReport};

/// Tests each pack.
///
/// # Errors
/// A pack cannot be loaded.
pub(super) async fn run(outside: &Outside, arguments: &Packs) -> Result<Exit, Fault> {
    let compiler = compiler(outside).await?;
    let mut reports = Vec::new();
    for name in &arguments.packs {
        let named = Named::whole(name)?;
        let mut report = selftest::run(&named.folder, &compiler).await?;
        // A built-in one was written to a folder that is gone soon.
        report.folder = PathBuf::from(name);
        if outside.format == Format::Human {
            print(&human(&report))?;
        }
        reports.push(report);
    }
    if outside.format == Format::Json {
        print_json(&reports)?;
    }
    let is_well = !reports.is_empty() && reports.iter().all(TestReport::is_well);
    Ok(if is_well { Exit::Done } else { Exit::Fault })
}

fn human(report: &TestReport) -> String {
    let mut lines = vec![
        format!(
            "{} {}, hash {}",
            report.pack.name,
            report.pack.version,
            report.pack.hash.short()
        ),
        format!("     rules  {}", report.rules),
        format!(" opa tests  {} pass", report.opa_tests),
        format!(
            "  examples  {}, {} of them of resources at which their rule does not look",
            report.examples,
            report.unseen.len()
        ),
        format!(
            "     hosts  {} answers compared with opa-wasm, {} rules skipped",
            report.compared,
            report.skipped.len()
        ),
    ];
    for unseen in &report.unseen {
        lines.push(format!("            not looked at: {unseen}"));
    }
    for skipped in &report.skipped {
        lines.push(format!("            {}: {}", skipped.rule, skipped.why));
    }
    for problem in &report.problems {
        let what = problem.what.replace('\n', "\n            ");
        lines.push(format!(
            "    FAILED  {}: {}: {what}",
            problem.test, problem.at
        ));
    }
    let end = if report.is_well() {
        "everything is as it should be".to_owned()
    } else {
        format!("{} problems", report.problems.len())
    };
    lines.push(format!("    result  {end}"));
    lines.join("\n")
}
