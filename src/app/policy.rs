//! `lightsout policy`: what writers of packs use. No repository is needed; OPA is installed when it is missing.

mod build;
mod eval;
mod explain;
mod list;
mod new;
mod test;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::{Outside, tools, waive};
use crate::cli::{FormatArg, PolicyCommand};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::perimeter::import::Tree;
use crate::perimeter::import::materialise::materialise;
use crate::pipeline::policy::metadata::PackDoc;
use crate::pipeline::policy::{Compiler, builtin, input};

/// Does what is asked for.
///
/// # Errors
/// It cannot be done.
pub async fn run(
    outside: &Outside,
    command: &PolicyCommand,
    format: FormatArg,
) -> Result<Exit, Fault> {
    let work = async {
        match command {
            PolicyCommand::Test(arguments) => test::run(outside, arguments).await,
            PolicyCommand::New(arguments) => new::run(outside, arguments),
            PolicyCommand::Build(arguments) => build::run(outside, arguments).await,
            PolicyCommand::Eval(arguments) => eval::run(outside, arguments, format).await,
            PolicyCommand::List(arguments) => list::run(outside, arguments),
            PolicyCommand::Explain(arguments) => explain::run(outside, arguments).await,
            PolicyCommand::Waive(arguments) => waive::run(outside, arguments).await,
            PolicyCommand::Schema => {
                print(&input::schema_text())?;
                Ok(Exit::Done)
            }
        }
    };
    outside
        .interrupt
        .before(work)
        .await
        .ok_or(Fault::Interrupted)?
}

/// What compiles packs here: the OPA of our own lock.
pub(super) async fn compiler(outside: &Outside) -> Result<Compiler, Fault> {
    let tools = tools::open(outside, None)?;
    Ok(Compiler {
        opa: tools::installed(&tools, "opa").await?,
        cache: outside.home.join("policies"),
    })
}

/// A folder without a trailing slash, as messages name it.
fn plain(folder: &Path) -> PathBuf {
    folder.components().collect()
}

/// Prints text on standard output. Who closes it has seen enough: that is no fault, and no other exit code.
pub(super) fn print(text: &str) -> Result<(), Fault> {
    unless_closed(crate::app::print(text))
}

/// The same for a value as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Fault> {
    unless_closed(crate::app::print_json(value))
}

fn unless_closed(printed: Result<(), Fault>) -> Result<(), Fault> {
    match printed {
        Err(Fault::File { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(())
        }
        printed => printed,
    }
}

/// A pack that was named on the command line.
pub(super) struct Named {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// A folder that lives as long as this, for a pack of the binary.
    _held: Option<tempfile::TempDir>,
}

impl Named {
    /// Finds what decides of a pack: a folder, or one of the binary, which is written out.
    fn find(name: &str) -> Result<Self, Fault> {
        match builtin::pack(name).map_err(usage)? {
            Some(tree) => Self::written(&tree),
            None => Self::of_folder(name),
        }
    }

    /// The same with its tests and examples.
    fn whole(name: &str) -> Result<Self, Fault> {
        let Some(dir) = builtin::find(name).map_err(usage)? else {
            return Self::of_folder(name);
        };
        let mut tree = Tree::new();
        builtin::add(&mut tree, "", dir).map_err(usage)?;
        Self::written(&tree)
    }

    fn of_folder(name: &str) -> Result<Self, Fault> {
        Ok(Self {
            folder: folder(name)?,
            _held: None,
        })
    }

    /// Writes a pack out.
    pub(super) fn written(tree: &Tree) -> Result<Self, Fault> {
        let held = tempfile::Builder::new()
            .prefix("lightsout-pack-")
            .tempdir()
            .map_err(Fault::file("making", Path::new("a temporary folder")))?;
        let folder = held.path().join("pack");
        materialise(tree, &folder)?;
        Ok(Self {
            folder,
            _held: Some(held),
        })
    }
}

fn usage(error: impl std::fmt::Display) -> Fault {
    Fault::Usage(error.to_string())
}

/// The folder of a pack that is none of the binary's.
fn folder(name: &str) -> Result<PathBuf, Fault> {
    let folder = plain(Path::new(name));
    match std::fs::metadata(&folder) {
        Ok(found) if found.is_dir() => Ok(folder),
        Ok(_) => Err(Fault::Usage(format!(
            "`{name}` is a file, and a policy pack is a folder; if it is a compiled bundle, give the folder with its sources"
        ))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Fault::Usage(nowhere(name)))
        }
        Err(error) => Err(Fault::file("reading the policy pack", &folder)(error)),
    }
}

fn nowhere(name: &str) -> String {
    let known: Vec<String> = builtin::names().collect();
    let own = known
        .iter()
        .filter_map(|known| known.strip_prefix(builtin::PREFIX));
    let hint = match crate::config::nearest(name, own) {
        Some(near) => format!("did you mean `{}{near}`?", builtin::PREFIX),
        None => format!("the built-in ones are {}", known.join(", ")),
    };
    format!("there is no policy pack `{name}`: no such folder; {hint}")
}

/// The documentation of a pack: of a folder, or of one of the binary.
pub(super) fn doc(name: &str) -> Result<PackDoc, Fault> {
    let doc = match builtin::find(name).map_err(usage)? {
        Some(dir) => PackDoc::of_dir(name, dir),
        None => PackDoc::of_folder(&folder(name)?),
    };
    doc.map_err(usage)
}
