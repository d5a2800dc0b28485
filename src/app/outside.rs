//! What the process was given, gathered once.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use crate::app::tools;
use crate::cli::{Cli, Format};
use crate::config::environment::Environment;
use crate::fault::Fault;
use crate::perimeter::Perimeter;
use crate::perimeter::interrupt::Interrupt;
use crate::perimeter::repository::Repository;

/// What the process was given, before any repository is opened.
#[derive(Debug)]
pub struct Outside {
    /// The repository's folder, as asked for.
    pub repository: PathBuf,
    /// How results are printed.
    pub format: Format,
    /// The folder of tools, caches and keys.
    pub home: PathBuf,
    /// What the process was started with.
    pub environment: Environment,
    /// Whether tools come from the search path.
    pub system_tools: bool,
    /// Whether somebody wants the run to end.
    pub interrupt: Interrupt,
}

impl Outside {
    /// Gathers it.
    ///
    /// # Errors
    /// There is no folder for tools, or signals cannot be watched.
    pub fn new(cli: &Cli, environment: Environment) -> Result<Self, Fault> {
        let home = environment.home().ok_or_else(|| {
            Fault::Usage("there is no folder for tools: set LIGHTSOUT_HOME or HOME".to_owned())
        })?;
        let home = std::path::absolute(&home).map_err(Fault::file("resolving", &home))?;
        // Programs and machine code are kept there: nobody else may write it, whatever the umask is.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&home)
            .map_err(Fault::file("making", &home))?;
        Ok(Self {
            repository: cli.repository.clone(),
            format: cli.format.plain(),
            home,
            environment,
            system_tools: cli.system_tools,
            interrupt: Interrupt::from_signals()
                .map_err(|error| Fault::Usage(format!("watching for Ctrl-C: {error}")))?,
        })
    }

    /// Reads something that may keep us waiting.
    ///
    /// # Errors
    /// Its own, or that it was interrupted.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let reading = tokio::task::spawn_blocking(read);
        match self.interrupt.before(reading).await {
            Some(Ok(read)) => read,
            Some(Err(_)) | None => Err(Fault::Interrupted),
        }
    }

    /// Opens the repository.
    ///
    /// # Errors
    /// There is none.
    pub fn perimeter(&self) -> Result<Perimeter, Fault> {
        let repository = Repository::open(&self.repository)?;
        let top = repository
            .work_tree()
            .ok_or_else(|| Fault::Usage("a bare repository has no work tree".to_owned()))?;
        let top = std::path::absolute(top).map_err(Fault::file("resolving", top))?;
        let base = repository.base()?;
        Ok(Perimeter {
            tools: tools::open(self, Some((&repository, &base)))?,
            repository,
            top,
            home: self.home.clone(),
            environment: self.environment.clone(),
            interrupt: self.interrupt.clone(),
        })
    }
}
