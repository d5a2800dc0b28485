//! uv: turns `uv.lock` into the list with hashes that pip takes, in a sandbox without any network.

use std::ffi::OsString;

use super::installer::Installer;
use super::lock::LockFile;
use super::stage::{INSIDE, LOCKS, Stage, inside};
use super::{ASK_DEADLINE, Error};
use crate::perimeter::tools::UserTool;

/// The requirements that the lock file stands for.
pub(super) async fn export(
    tool: &UserTool,
    stage: &Stage,
    files: &[LockFile],
) -> Result<Vec<u8>, Error> {
    for file in files {
        stage.put(LOCKS, file.name, &file.bytes)?;
    }
    let mut installer = Installer::prepare(tool, stage, None).await?;
    let env = [
        ("HOME", format!("{INSIDE}/home")),
        ("TMPDIR", format!("{INSIDE}/tmp")),
        ("UV_OFFLINE", "1".to_owned()),
        ("UV_NO_CONFIG", "1".to_owned()),
        ("UV_PYTHON_DOWNLOADS", "never".to_owned()),
    ];
    installer.set_env(
        env.into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    );
    let args = [
        "export",
        // As it is locked; nothing is resolved.
        "--frozen",
        "--no-dev",
        "--no-emit-project",
        "--no-header",
        "--no-annotate",
        "--format",
        "requirements-txt",
    ];
    let args = args.map(OsString::from).to_vec();
    let text = installer.run(args, inside(LOCKS), Vec::new(), ASK_DEADLINE);
    let text = text.await?;
    installer.end().await?;
    Ok(text)
}
