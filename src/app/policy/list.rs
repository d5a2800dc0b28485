//! `lightsout policy list`: rules in one line each, or as the documentation of their pack.

use super::{doc, print, print_json};
use crate::app::Outside;
use crate::cli::{Format, List};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::pipeline::policy::builtin;
use crate::pipeline::policy::metadata::PackDoc;
use crate::report::policy::word;
use crate::report::rules::{level, markdown};

/// Lists rules. OPA is not asked.
///
/// # Errors
/// A pack cannot be read.
pub(super) fn run(outside: &Outside, arguments: &List) -> Result<Exit, Fault> {
    let names = if arguments.packs.is_empty() {
        builtin::names().collect()
    } else {
        arguments.packs.clone()
    };
    let docs = names.iter().map(|name| doc(name));
    let docs: Vec<PackDoc> = docs.collect::<Result<_, _>>()?;
    match (arguments.markdown, outside.format) {
        (true, _) => {
            let texts: Vec<String> = docs.iter().map(markdown).collect();
            print(&texts.join("\n"))?;
        }
        (false, Format::Json) => print_json(&docs)?,
        (false, Format::Human) => {
            for pack in &docs {
                print(&human(pack))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn human(pack: &PackDoc) -> String {
    let mut lines = vec![format!(
        "{} {}, {} rules: {}",
        pack.name,
        pack.version,
        pack.rules.len(),
        pack.description
    )];
    let ids = pack.rules.iter().map(|rule| rule.id.as_str().len());
    let width = ids.max().unwrap_or(0);
    for rule in &pack.rules {
        lines.push(format!(
            "  {:<width$}  {:<8}  {:<9}  {}",
            rule.id.as_str(),
            word(rule.severity),
            level(rule.level),
            rule.title
        ));
    }
    lines.join("\n")
}
