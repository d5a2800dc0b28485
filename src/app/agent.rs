//! `lightsout agent`: what concerns agents and no run.

use crate::app::{Outside, doctor, print};
use crate::cli::Agent as Subcommand;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::perimeter::dependencies::{self, Manifest};

/// Does what is asked for.
///
/// # Errors
/// It cannot be done.
pub async fn run(outside: &Outside, command: &Subcommand) -> Result<Exit, Fault> {
    match command {
        Subcommand::Doctor(arguments) => doctor::run(outside, arguments).await,
        Subcommand::Hash { folder } => {
            let real = std::fs::canonicalize(folder).map_err(Fault::file("finding", folder))?;
            let hash = outside
                .read(move || {
                    Ok(Manifest::of(&real)
                        .map_err(dependencies::Error::from)?
                        .hash())
                })
                .await?;
            print(&hash.to_string())?;
            Ok(Exit::Done)
        }
    }
}
