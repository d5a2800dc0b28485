//! The program of each kind of agent: from the lock, or the user's own.

use std::path::PathBuf;

use crate::config::{Agent, AgentKind};
use crate::fault::Fault;
use crate::perimeter::tools::{Tool, Tools, UserProgram};
use crate::pipeline::generate::kind::AgentProgram;
use crate::pipeline::order::ToolRecord;

/// An agent's program, found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What the sandbox shows and starts.
    pub program: AgentProgram,
    /// Its version and hash.
    pub record: ToolRecord,
}

/// Finds the agent's program; nothing for those of the repository or of the system.
///
/// # Errors
/// It is not installed, or not what was installed.
pub async fn find(tools: &Tools, agent: &Agent) -> Result<Option<Found>, Fault> {
    let locked = |tool: &Tool| -> Result<Found, Fault> {
        let program = tool
            .path()
            .strip_prefix(tool.folder())
            .map_err(|_| Fault::Usage(format!("`{}` lies outside its folder", tool.name())))?;
        Ok(Found {
            program: AgentProgram {
                shown: tool.folder().to_owned(),
                program: program.to_owned(),
                interpreter: None,
                shows: Vec::new(),
            },
            record: ToolRecord {
                version: tool.version().to_owned(),
                sha256: tool.sha256(),
                source: tool.source().to_string(),
            },
        })
    };
    Ok(match agent.kind {
        AgentKind::Command | AgentKind::Acp => None,
        AgentKind::Codex | AgentKind::Opencode => {
            Some(locked(&tools.locate(agent.kind.as_str()).await?)?)
        }
        AgentKind::Gemini => {
            let mut found = locked(&tools.locate(agent.kind.as_str()).await?)?;
            let node = tools.user_tool(UserProgram::Node).await?;
            found.program.shows = node.shows().to_vec();
            found.program.interpreter = Some(node.path().to_owned());
            Some(found)
        }
        AgentKind::Claude => {
            let tool = tools.user_tool(UserProgram::Claude).await?;
            let (shown, interpreter) = match tool.script() {
                Some(script) => (script.path.clone(), Some(tool.path().to_owned())),
                None => (tool.path().to_owned(), None),
            };
            Some(Found {
                program: AgentProgram {
                    shown,
                    program: PathBuf::new(),
                    interpreter,
                    shows: tool.shows().to_vec(),
                },
                record: ToolRecord {
                    version: tool.version().to_owned(),
                    sha256: tool.script().map_or(tool.sha256(), |script| script.sha256),
                    source: "user".to_owned(),
                },
            })
        }
    })
}
