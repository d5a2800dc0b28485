//! `lightsout policy explain`: everything about one rule.

use std::path::Path;

use serde::Serialize;

use super::{Named, compiler, doc, print, print_json};
use crate::app::Outside;
use crate::cli::{Explain, Format};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::pipeline::policy::example::{self, Example, Kind};
use crate::pipeline::policy::metadata::{self, PackDoc, RuleDoc};
use crate::pipeline::policy::{Pack, builtin};
use crate::report::policy::word;
use crate::report::rules::{frameworks, level, looks_at, unknown};

/// How many letters of a misspelt id may differ.
const DISTANCE_MAX: usize = 3;

#[derive(Serialize)]
struct Explained<'a> {
    pack: &'a str,
    #[serde(flatten)]
    rule: &'a RuleDoc,
    /// The parts of the input on which its answer can depend.
    reads: Vec<String>,
    examples: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    kind: Kind,
    name: String,
}

/// Explains a rule.
///
/// # Errors
/// There is none of this id, or its pack cannot be loaded.
pub(super) async fn run(outside: &Outside, arguments: &Explain) -> Result<Exit, Fault> {
    let names: Vec<String> = arguments
        .packs
        .iter()
        .cloned()
        .chain(builtin::names())
        .collect();
    let docs = names.iter().map(|name| Ok((name.as_str(), doc(name)?)));
    let docs: Vec<(&str, PackDoc)> = docs.collect::<Result<_, Fault>>()?;
    let found = docs
        .iter()
        .find_map(|(name, pack)| Some((*name, pack, pack.rule(&arguments.rule)?)));
    let Some((name, pack, rule)) = found else {
        return Err(unheard_of(
            &arguments.rule,
            docs.iter().map(|(_, pack)| pack),
        ));
    };
    let named = Named::find(name)?;
    let compiled = Pack::load(&named.folder, &compiler(outside).await?).await?;
    let explained = Explained {
        pack: pack.name.as_str(),
        rule,
        reads: compiled.reads(&rule.id),
        examples: examples(name, rule)?,
    };
    match outside.format {
        Format::Json => print_json(&explained)?,
        Format::Human => print(&human(&explained))?,
    }
    Ok(Exit::Done)
}

fn unheard_of<'a>(id: &str, packs: impl Iterator<Item = &'a PackDoc>) -> Fault {
    let wanted = id.to_ascii_uppercase();
    let ids = packs
        .flat_map(|pack| &pack.rules)
        .map(|rule| rule.id.as_str());
    let distance = |id: &str| strsim::damerau_levenshtein(&id.to_ascii_uppercase(), &wanted);
    let nearest = ids
        .map(|id| (distance(id), id))
        .filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .min_by_key(|(distance, _)| *distance);
    let hint = match nearest {
        Some((_, id)) => format!("did you mean `{id}`?"),
        None => {
            "`lightsout policy list` lists those of the binary; `--pack DIR` names another pack"
                .to_owned()
        }
    };
    Fault::Usage(format!(
        "there is no rule `{}`; {hint}",
        crate::names::excerpt(id)
    ))
}

fn examples(pack: &str, rule: &RuleDoc) -> Result<Vec<Shown>, Fault> {
    let wrong = |error: example::Error| Fault::Usage(error.to_string());
    let found = builtin::find(pack).map_err(|error| Fault::Usage(error.to_string()))?;
    let examples: Vec<Example> = match found {
        Some(dir) => metadata::examples_of_dir(dir, &rule.id).map_err(wrong)?,
        // A pack without examples is one that is not finished: explaining it may help.
        None if !Path::new(pack).join(example::FOLDER).exists() => Vec::new(),
        None => example::read(Path::new(pack)).map_err(wrong)?,
    };
    let shown = examples
        .into_iter()
        .filter(|example| example.rule == rule.id);
    let shown = shown.map(|example| Shown {
        kind: example.kind,
        name: example.name,
    });
    Ok(shown.collect())
}

fn human(explained: &Explained<'_>) -> String {
    let rule = explained.rule;
    let mut lines = vec![format!("{}  {}", rule.id, rule.title)];
    if !rule.description.trim().is_empty() {
        lines.push(format!("\n{}\n", rule.description.trim()));
    }
    let mut line = |name: &str, value: &str| lines.push(format!("{name:>12}  {value}"));
    line("pack", explained.pack);
    line("severity", word(rule.severity));
    line("level", level(rule.level));
    line("looks at", &looks_at(rule, false));
    line("reads", &explained.reads.join(", "));
    line("if unknown", &format!("a value {}", unknown(rule)));
    for (name, parameter) in &rule.parameters {
        let value = format!(
            "{name} ({}), by default {}",
            parameter.kind, parameter.default
        );
        line("parameter", &value);
    }
    line("to do", rule.remediation.trim());
    if !rule.frameworks.is_empty() {
        line("frameworks", &frameworks(rule));
    }
    for at in &rule.related {
        line("see", at);
    }
    for kind in Kind::ALL {
        let of_kind = explained
            .examples
            .iter()
            .filter(|example| example.kind == kind);
        let names: Vec<&str> = of_kind.map(|example| example.name.as_str()).collect();
        if !names.is_empty() {
            let name = kind.file().trim_end_matches(".json");
            line(name, &names.join("; "));
        }
    }
    lines.join("\n")
}
