//! Command lines: how each runtime's program is started behind the walls.
//!
//! INVARIANT: the environment is written here and holds nothing of ours but the stack's configuration.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ProgramError, ProgramSandbox, Runtime};
use crate::engine::wire::pulumirpc::RunRequest;
use crate::perimeter::sandbox::{Command, Mount, Watch};

/// Where the program's tree is, inside.
pub const PROGRAM_ROOT: &str = "/work/program";
/// Where a Node program finds its packages, inside.
pub const NODE_MODULES: &str = "/work/node_modules";
/// Where a Python program finds its packages, inside.
pub const SITE_PACKAGES: &str = "/work/site";
/// Where our launcher of Python programs is, inside.
const PYTHON_LAUNCHER: &str = "/work/launch.py";

const LAUNCH_PY: &str = include_str!("launch.py");

/// Bytes of the configuration as one environment variable. LIMIT: the kernel's for one string is 128 KiB.
const CONFIG_BYTES_MAX: usize = 120 << 10;

/// Where the program finds its proxies, inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proxies {
    pub(super) monitor: SocketAddr,
    pub(super) engine: SocketAddr,
    pub(super) loader: Option<SocketAddr>,
}

/// A file of ours that is shown inside; removed when dropped.
pub(super) struct Launcher(tempfile::NamedTempFile);

impl Launcher {
    pub(super) fn write() -> Result<Self, ProgramError> {
        let write = || {
            let mut file = tempfile::NamedTempFile::new()?;
            file.write_all(LAUNCH_PY.as_bytes())?;
            file.flush()?;
            // The program runs as another user.
            let readable = std::fs::Permissions::from_mode(0o644);
            file.as_file().set_permissions(readable)?;
            Ok(Self(file))
        };
        write().map_err(ProgramError::Launcher)
    }

    pub(super) fn mount(&self) -> Mount {
        Mount::ReadOnly {
            source: self.0.path().to_owned(),
            target: PathBuf::from(PYTHON_LAUNCHER),
        }
    }
}

/// The program's folder, inside.
pub(super) fn folder(program: &ProgramSandbox) -> PathBuf {
    Path::new(PROGRAM_ROOT).join(&program.folder)
}

/// How the program is started; for YAML, how its language host is.
pub(super) fn command(
    program: &ProgramSandbox,
    request: &RunRequest,
    proxies: Proxies,
) -> Result<Command, ProgramError> {
    let folder = folder(program);
    let entry = match request.info.as_ref().map(|info| info.entry_point.as_str()) {
        Some("") | None => ".",
        Some(entry) => entry,
    };
    let mut env = vec![
        variable("PATH", "/usr/local/bin:/usr/bin:/bin"),
        variable("HOME", "/home/user"),
        variable("LANG", "C.UTF-8"),
    ];
    let argv = match &program.runtime {
        Runtime::Node {
            interpreter,
            typescript,
        } => {
            env.extend(configuration(request)?);
            env.push(variable(
                "PULUMI_NODEJS_TYPESCRIPT",
                &typescript.to_string(),
            ));
            let mut argv = vec![
                interpreter.clone().into_os_string(),
                format!("{NODE_MODULES}/@pulumi/pulumi/cmd/run").into(),
            ];
            argv.extend(options(request, proxies, &folder));
            if request.dry_run {
                argv.push("--dry-run".into());
            }
            argv.push(entry.into());
            argv
        }
        Runtime::Python { interpreter } => {
            env.extend(configuration(request)?);
            // Isolated: neither the environment nor the user's folders add to the module path.
            let flags = ["-I", "-B", "-u", PYTHON_LAUNCHER].map(OsString::from);
            let mut argv = vec![interpreter.clone().into_os_string()];
            argv.extend(flags);
            argv.extend(options(request, proxies, &folder));
            argv.extend(
                ["--dry_run", if request.dry_run { "true" } else { "false" }].map(OsString::from),
            );
            argv.push(entry.into());
            argv
        }
        Runtime::Yaml { host } => vec![
            host.clone().into_os_string(),
            proxies.engine.to_string().into(),
        ],
    };
    Ok(Command {
        argv,
        env,
        cwd: folder,
        stdin: Vec::new(),
        deadline: program.deadline,
        output_bytes_max: program.output_bytes_max,
        watch: Watch::Unwatched,
    })
}

/// What Node's runner and our launcher both take.
fn options(request: &RunRequest, proxies: Proxies, folder: &Path) -> Vec<OsString> {
    let pairs: [(&str, OsString); 7] = [
        ("--monitor", proxies.monitor.to_string().into()),
        ("--engine", proxies.engine.to_string().into()),
        ("--organization", request.organization.clone().into()),
        ("--project", request.project.clone().into()),
        ("--stack", request.stack.clone().into()),
        ("--pwd", folder.as_os_str().to_owned()),
        ("--parallel", request.parallel.to_string().into()),
    ];
    pairs
        .into_iter()
        .flat_map(|(option, value)| [OsString::from(option), value])
        .collect()
}

fn configuration(request: &RunRequest) -> Result<[(OsString, OsString); 2], ProgramError> {
    let json = |value: serde_json::Result<String>| {
        value
            .map_err(|error| ProgramError::Request(error.to_string()))
            .and_then(|text| {
                if text.len() > CONFIG_BYTES_MAX {
                    return Err(ProgramError::Request(format!(
                        "the stack's configuration is larger than {CONFIG_BYTES_MAX} bytes"
                    )));
                }
                Ok(text)
            })
    };
    let config = json(serde_json::to_string(&request.config))?;
    let secret_keys = json(serde_json::to_string(&request.config_secret_keys))?;
    Ok([
        variable("PULUMI_CONFIG", &config),
        variable("PULUMI_CONFIG_SECRET_KEYS", &secret_keys),
    ])
}

fn variable(name: &str, value: &str) -> (OsString, OsString) {
    (name.into(), value.into())
}

/// What the walls of a program need besides what the caller gave: how many sockets, and time to print a port.
pub(super) const fn listeners(runtime: &Runtime) -> usize {
    match runtime {
        Runtime::Node { .. } | Runtime::Python { .. } => 2,
        Runtime::Yaml { .. } => 3,
    }
}

/// Time until the YAML language host must have said its port.
pub(super) const PORT_DEADLINE: Duration = Duration::from_secs(30);
