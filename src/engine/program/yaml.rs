//! YAML programs: their language host runs in the sandbox, and our `Run` is forwarded to it.
//!
//! INVARIANT: the host is told of no address but the proxies', and of no path but the sandbox's.

use std::path::PathBuf;

use super::ProgramError;
use super::launch::{PORT_DEADLINE, PROGRAM_ROOT, Proxies};
use crate::engine::wire::pulumirpc::language_runtime_client::LanguageRuntimeClient;
use crate::engine::wire::pulumirpc::{ProgramInfo, RunRequest, RunResponse};
use crate::engine::wire::{channel, limited};
use crate::perimeter::sandbox::{Command, Finished, Running, Sandbox};

/// Starts the host, forwards the request, and ends the host when it has answered.
pub(super) async fn run(
    sandbox: &Sandbox,
    command: Command,
    folder: PathBuf,
    request: RunRequest,
    proxies: Proxies,
) -> Result<(Option<RunResponse>, Finished), ProgramError> {
    let deadline = command.deadline;
    let mut running = sandbox.start(command).await?;
    let port = port(&mut running).await?;
    let stream = sandbox.dialer().dial(port).await?;
    let channel = channel("the YAML language host", stream).await?;
    let mut client = limited!(LanguageRuntimeClient::new(channel));
    let asked = tokio::time::timeout(deadline, client.run(inside(request, folder, proxies)?));
    let answer = match asked.await {
        Ok(Ok(answer)) => Some(answer.into_inner()),
        Ok(Err(status)) => Some(RunResponse {
            error: format!("the YAML language host: {}", status.message()),
            bail: false,
        }),
        // The deadline is the command's own: it ends by itself.
        Err(_) => None,
    };
    if answer.is_some() {
        running.interrupt();
    }
    Ok((answer, running.wait().await?))
}

/// The port that the host prints first.
async fn port(running: &mut Running) -> Result<u16, ProgramError> {
    let line = tokio::time::timeout(PORT_DEADLINE, running.next_line())
        .await
        .map_err(|_| ProgramError::YamlHost("it did not print its port in time".to_owned()))?
        .ok_or_else(|| ProgramError::YamlHost("it ended before it printed its port".to_owned()))?;
    let not_a_port = || ProgramError::YamlHost("its first line is not a port".to_owned());
    let text = std::str::from_utf8(&line).map_err(|_| not_a_port())?;
    text.trim().parse().map_err(|_| not_a_port())
}

/// The engine's request in the terms of the sandbox.
fn inside(
    request: RunRequest,
    folder: PathBuf,
    proxies: Proxies,
) -> Result<RunRequest, ProgramError> {
    let loader = proxies.loader.ok_or(ProgramError::Sockets)?;
    let folder = folder.display().to_string();
    let given = request.info.unwrap_or_default();
    Ok(RunRequest {
        args: Vec::new(),
        monitor_address: proxies.monitor.to_string(),
        loader_target: loader.to_string(),
        mapper_target: String::new(),
        pwd: folder.clone(),
        info: Some(ProgramInfo {
            root_directory: PROGRAM_ROOT.to_owned(),
            program_directory: folder,
            entry_point: given.entry_point,
            options: given.options,
        }),
        ..request
    })
}
