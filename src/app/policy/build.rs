//! `lightsout policy build`: a pack, compiled and checked.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Named, compiler, print, print_json};
use crate::app::Outside;
use crate::cli::{Build, Format};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::names::Sha256;
use crate::pipeline::policy::bundle::bundle;
use crate::pipeline::policy::calls::{self, Calls};
use crate::pipeline::policy::{Pack, PackRecord};

#[derive(Serialize)]
struct Built {
    #[serde(flatten)]
    pack: PackRecord,
    /// The builtins of each rule.
    rules: Calls,
    /// Where the bundle is, and its hash.
    bundle: Option<(String, Sha256)>,
}

/// Builds a pack.
///
/// # Errors
/// It does not compile, or the bundle cannot be written.
pub(super) async fn run(outside: &Outside, arguments: &Build) -> Result<Exit, Fault> {
    let compiler = compiler(outside).await?;
    let named = Named::find(&arguments.pack)?;
    let folder = &named.folder;
    let pack = Pack::load(folder, &compiler).await?;
    let rules = calls::builtins(folder, &pack, &compiler).await?;
    let mut built = Built {
        pack: pack.record(),
        rules,
        bundle: None,
    };
    if let Some(out) = &arguments.out {
        let bytes = bundle(folder, &pack, &compiler).await?;
        std::fs::write(out, &bytes).map_err(Fault::file("writing the bundle", out))?;
        built.bundle = Some((out.display().to_string(), Sha256::of(&bytes)));
    }
    match outside.format {
        Format::Json => print_json(&built)?,
        Format::Human => print(&human(&built))?,
    }
    Ok(Exit::Done)
}

fn human(built: &Built) -> String {
    let pack = &built.pack;
    let mut lines = vec![
        format!("{} {}", pack.name, pack.version),
        format!("      hash  {}", pack.hash),
        format!("    module  {}", pack.wasm),
    ];
    for (rule, builtins) in &built.rules {
        let names: Vec<&str> = builtins.iter().map(String::as_str).collect();
        let names = if names.is_empty() {
            "no builtin".to_owned()
        } else {
            names.join(", ")
        };
        lines.push(format!("      rule  {rule}: {names}"));
    }
    let all: BTreeSet<&String> = built.rules.values().flatten().collect();
    lines.push(format!(
        "     rules  {}, of builtins they call {}",
        built.rules.len(),
        all.len()
    ));
    if let Some((out, hash)) = &built.bundle {
        lines.push(format!("    bundle  {out}, sha256 {hash}"));
    }
    lines.join("\n")
}
