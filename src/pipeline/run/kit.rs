//! The programs that one stack needs, found and checked.

use std::collections::BTreeMap;

use crate::config::{Job, PackKind, Provider};
use crate::engine::project::{Project, Runtime};
use crate::fault::Fault;
use crate::perimeter::Perimeter;
use crate::perimeter::tools::{Tool, UserProgram, UserTool};
use crate::pipeline::order::ToolRecord;

/// The programs that one stack needs.
#[derive(Debug)]
pub struct Kit {
    /// The engine.
    pub pulumi: Tool,
    /// The policy compiler.
    pub opa: Tool,
    /// What runs the program.
    pub host: Host,
    /// The real providers.
    pub plugins: Vec<Tool>,
    /// What runs CrossGuard packs, when the stack has one, and what installs their packages.
    pub guards: Option<(UserTool, UserTool)>,
}

/// What runs the program.
#[derive(Debug)]
pub enum Host {
    /// Pulumi's YAML language host.
    Yaml(Tool),
    /// The user's Node, and the npm that installs the program's packages.
    Node {
        /// What runs the program.
        node: UserTool,
        /// What installs its packages.
        npm: UserTool,
    },
    /// The user's Python.
    Python(UserTool),
}

impl Kit {
    /// Finds and checks the programs that a project needs.
    ///
    /// # Errors
    /// One is missing or not what the lock says.
    pub async fn find(perimeter: &Perimeter, project: &Project, job: &Job) -> Result<Self, Fault> {
        let tools = &perimeter.tools;
        let mut plugins = Vec::new();
        for (name, package) in &job.stack.packages {
            if package.provider == Provider::Plugin {
                plugins.push(tools.locate(&format!("pulumi-resource-{name}")).await?);
            }
        }
        let host = match project.runtime {
            Runtime::Yaml => Host::Yaml(tools.locate("pulumi-language-yaml").await?),
            Runtime::Node { .. } => Host::Node {
                node: tools.user_tool(UserProgram::Node).await?,
                npm: tools.user_tool(UserProgram::Npm).await?,
            },
            Runtime::Python => Host::Python(tools.user_tool(UserProgram::Python).await?),
        };
        let mut policies = job.stack.policies.iter();
        let guards = if policies.any(|policy| policy.kind == PackKind::CrossGuard) {
            let node = tools.user_tool(UserProgram::Node).await?;
            Some((node, tools.user_tool(UserProgram::Npm).await?))
        } else {
            None
        };
        Ok(Self {
            guards,
            pulumi: tools.locate("pulumi").await?,
            opa: tools.locate("opa").await?,
            host,
            plugins,
        })
    }

    /// What of them stands in the mandate: version, hash and source of each.
    #[must_use]
    pub fn record(&self) -> BTreeMap<String, ToolRecord> {
        let locked = |tool: &Tool| {
            let record = ToolRecord {
                version: tool.version().to_owned(),
                sha256: tool.sha256(),
                source: tool.source().to_string(),
            };
            (tool.name().to_owned(), record)
        };
        let users = |tool: &UserTool| {
            let record = ToolRecord {
                version: tool.version().to_owned(),
                sha256: tool.script().map_or(tool.sha256(), |script| script.sha256),
                source: "user".to_owned(),
            };
            (tool.program().name().to_owned(), record)
        };
        let mut tools = BTreeMap::from([locked(&self.pulumi), locked(&self.opa)]);
        tools.extend(self.plugins.iter().map(locked));
        if let Some((node, npm)) = &self.guards {
            tools.extend([users(node), users(npm)]);
        }
        match &self.host {
            Host::Yaml(tool) => tools.extend([locked(tool)]),
            Host::Node { node, npm } => tools.extend([users(node), users(npm)]),
            Host::Python(python) => tools.extend([users(python)]),
        }
        tools
    }
}
