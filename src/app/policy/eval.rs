//! `lightsout policy eval`: a preview that somebody made, judged here. Nothing is recorded and nothing is cleared by it.

use std::os::fd::AsFd as _;
use std::path::Path;

use serde::Serialize;

use super::{Named, compiler, doc, print, print_json};
use crate::app::{Outside, warn};
use crate::bounded;
use crate::cli::{Eval, FormatArg};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::names::StackName;
use crate::pipeline::policy::metadata::PackDoc;
use crate::pipeline::policy::{
    Error, Pack, PolicyReport, Stack, Verdict, builtin, digest, evaluate, evaluate_json,
};
use crate::report::policy::Told;
use crate::report::policy::table::verdict;

#[derive(Serialize)]
struct Judged<'a> {
    verdict: &'static str,
    exit: u8,
    #[serde(flatten)]
    report: &'a PolicyReport,
}

/// Judges a preview.
///
/// # Errors
/// The preview or a pack cannot be read, or a rule failed.
pub(super) async fn run(
    outside: &Outside,
    arguments: &Eval,
    format: FormatArg,
) -> Result<Exit, Fault> {
    let path = arguments.preview.clone();
    let text = outside.read(move || read(&path)).await?;
    let compiler = compiler(outside).await?;
    let mut packs = Vec::new();
    for name in &arguments.packs {
        packs.push(Pack::load(&Named::find(name)?.folder, &compiler).await?);
    }
    let (report, name) = judge(&text, arguments, &packs, format)?;
    let exit = match report.verdict() {
        Verdict::Denied => Exit::RefusedByPolicy,
        Verdict::Undetermined => Exit::Undetermined,
        Verdict::Clean => Exit::Done,
        Verdict::Hollow => Exit::Fault,
    };
    show(&report, exit, &name, arguments, format)?;
    Ok(exit)
}

/// What the packs say, and the stack's name where the format shows it.
fn judge(
    text: &[u8],
    arguments: &Eval,
    packs: &[Pack],
    format: FormatArg,
) -> Result<(PolicyReport, String), Fault> {
    let wrong = |why: &dyn std::fmt::Display| {
        let name = arguments.preview.display();
        Fault::Usage(format!("reading the preview `{name}`: {why}"))
    };
    let no_verdict = |error: Error| {
        if matches!(error, Error::Steps) {
            wrong(&error)
        } else {
            error.placed(packs).into()
        }
    };
    if arguments.stack.is_none() && digest::is_request(text) {
        let report = evaluate_json(text, packs).map_err(|error| {
            if matches!(error, Error::Request(_)) {
                wrong(&error)
            } else {
                no_verdict(error)
            }
        })?;
        let is_shown = matches!(format, FormatArg::Sarif | FormatArg::Junit);
        let name = is_shown.then(|| digest::stack_name(text)).flatten();
        return Ok((
            report,
            name.map_or_else(String::new, |name| name.to_string()),
        ));
    }
    let stack = arguments.stack.as_deref().map(stack).transpose()?;
    let mut read = digest::read(text, stack).map_err(|error| wrong(&error))?;
    // Rules may ask for the time; it ends in the year 2262.
    read.request.now_ns = i64::try_from(crate::perimeter::now().as_nanosecond()).map_or(None, Some);
    if read.sames_left_out > 0 {
        warn(&format!(
            "{} unchanged resources are not in the preview and were not judged: make it with `pulumi preview --json --show-sames --show-replacement-steps`",
            read.sames_left_out
        ))?;
    }
    let name = read.request.stack.name.to_string();
    let report = evaluate(&read.request, packs).map_err(no_verdict)?;
    Ok((report, name))
}

fn show(
    report: &PolicyReport,
    exit: Exit,
    stack: &str,
    arguments: &Eval,
    format: FormatArg,
) -> Result<(), Fault> {
    let docs: Vec<PackDoc> = match format {
        // Nobody would see it.
        FormatArg::Human | FormatArg::Json | FormatArg::Matrix | FormatArg::Junit => Vec::new(),
        FormatArg::Sarif => {
            let names = arguments.packs.iter();
            let documented = names.filter(|name| {
                name.starts_with(builtin::PREFIX) || PackDoc::is_in(Path::new(name))
            });
            let docs = documented.map(|name| doc(name));
            docs.collect::<Result<_, _>>()?
        }
    };
    let told = Told {
        report,
        docs: &docs,
        version: env!("CARGO_PKG_VERSION"),
        stack,
        file: "Pulumi.yaml",
    };
    match format {
        FormatArg::Human => print(&format!("{} (exit {})", told.table(), exit.code())),
        FormatArg::Json | FormatArg::Matrix => print_json(&Judged {
            verdict: verdict(report.verdict()),
            exit: exit.code(),
            report,
        }),
        FormatArg::Sarif => print_json(&told.sarif()),
        FormatArg::Junit => print(&told.junit()?),
    }
}

/// The preview's bytes; what is too large is refused before it is read whole.
fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let open = || -> std::io::Result<std::fs::File> {
        if path == Path::new("-") {
            let input = std::io::stdin().as_fd().try_clone_to_owned()?;
            return Ok(input.into());
        }
        std::fs::File::open(path)
    };
    let read = open().and_then(|file| bounded::read(file, digest::BYTES_MAX));
    read.map_err(Fault::file("reading the preview", path))?
        .ok_or_else(|| {
            let mebibytes = digest::BYTES_MAX >> 20;
            let name = path.display();
            Fault::Usage(format!(
                "reading the preview `{name}`: it is larger than {mebibytes} MiB"
            ))
        })
}

/// `PROJECT/NAME`
fn stack(text: &str) -> Result<Stack, Fault> {
    let wrong = || Fault::Usage("`--stack` must be PROJECT/NAME, such as `site/prod`".to_owned());
    let (project, name) = text.split_once('/').ok_or_else(wrong)?;
    let name = StackName::new(name).map_err(|_| wrong())?;
    if project.is_empty() {
        return Err(wrong());
    }
    let project = project.to_owned();
    Ok(Stack { project, name })
}
