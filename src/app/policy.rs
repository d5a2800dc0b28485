//! `lightsout policy`: what writers of packs use. No repository is needed; OPA is installed when it is missing.

mod test;

use std::path::{Path, PathBuf};

use crate::app::{Outside, tools};
use crate::cli::{FormatArg, PolicyCommand};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::pipeline::policy::Compiler;

/// Does what is asked for.
///
/// # Errors
/// It cannot be done.
pub async fn run(
    outside: &Outside,
    command: &PolicyCommand,
    _format: FormatArg,
) -> Result<Exit, Fault> {
    let work = async {
        match command {
            PolicyCommand::Test(arguments) => test::run(outside, arguments).await,
            other => Err(Fault::Usage(format!("not yet: {other:?}"))),
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
    tools::install_one(&tools, "opa").await?;
    Ok(Compiler {
        opa: tools.locate("opa").await?,
        cache: outside.home.join("policies"),
    })
}

/// A folder without a trailing slash, as messages name it.
fn plain(folder: &Path) -> PathBuf {
    folder.components().collect()
}
