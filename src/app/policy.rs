//! `lightsout policy`: what writers of packs use. No repository is needed; OPA is installed when it is missing.

mod build;
mod eval;
mod explain;
mod list;
mod new;
mod test;

use std::path::{Path, PathBuf};

use crate::app::{Outside, print, tools, waive};
use crate::cli::{FormatArg, PolicyCommand};
use crate::exit::Exit;
use crate::fault::Fault;
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
            PolicyCommand::Waive(arguments) => waive::run(outside, arguments),
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
async fn compiler(outside: &Outside) -> Result<Compiler, Fault> {
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

/// A pack that was named on the command line.
struct Named {
    /// Its folder.
    folder: PathBuf,
    /// A folder that lives as long as this, for a pack of the binary.
    _held: Option<tempfile::TempDir>,
}

impl Named {
    /// Finds a pack: a folder, or one of the binary, which is written out.
    fn find(name: &str) -> Result<Self, Fault> {
        let pack = builtin::pack(name).map_err(|error| Fault::Usage(error.to_string()))?;
        let Some(tree) = pack else {
            return Ok(Self {
                folder: plain(Path::new(name)),
                _held: None,
            });
        };
        let held = tempfile::Builder::new()
            .prefix("lightsout-pack-")
            .tempdir()
            .map_err(Fault::file("making", Path::new("a temporary folder")))?;
        for (path, file) in tree.files() {
            let target = held.path().join(path.as_str());
            std::fs::write(&target, file.bytes()).map_err(Fault::file("writing", &target))?;
        }
        Ok(Self {
            folder: held.path().to_owned(),
            _held: Some(held),
        })
    }
}

/// The documentation of a pack: of a folder, or of one of the binary.
fn doc(name: &str) -> Result<PackDoc, Fault> {
    let found = builtin::find(name).map_err(|error| Fault::Usage(error.to_string()))?;
    let doc = match found {
        Some(dir) => PackDoc::of_dir(name, dir),
        None => PackDoc::of_folder(&plain(Path::new(name))),
    };
    doc.map_err(|error| Fault::Usage(error.to_string()))
}
