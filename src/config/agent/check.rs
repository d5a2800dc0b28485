//! What an agent's configuration must hold beyond its form. Each message says what to change.

use super::{Agent, AgentKind, KeySource, Model, ModelBudget};
use crate::config::check::{check_folder, check_range};
use crate::config::stack::Stack;
use crate::perimeter::broker::budget::{Limits, Prices};
use crate::perimeter::tools::is_loopback_url;

/// LIMIT: variables, and toolchains, of one agent.
const MANY: usize = 32;

pub(in crate::config) fn check(stack: &Stack) -> Result<(), String> {
    check_budget("budget.model", &stack.budget.model)?;
    let Some(agent) = &stack.agent else {
        return Ok(());
    };
    check_command(agent)?;
    if let Some(files) = &agent.files {
        check_folder("agent.files", files)?;
    }
    if let Some(prompt) = &agent.prompt {
        check_folder("agent.prompt", prompt)?;
    }
    check_range("agent.minutes", agent.minutes, 1..=120)?;
    check_range("agent.checks", agent.checks, 0..=100)?;
    check_budget("agent.budget", &agent.budget)?;
    check_toolchains(agent)?;
    match (&agent.model, agent.kind) {
        (Some(model), _) => check_model(stack, agent, model),
        (None, AgentKind::Command | AgentKind::Acp) => Ok(()),
        (None, kind) => Err(format!(
            "`agent.kind: {kind}` needs a `model`: its name and where its key comes from"
        )),
    }
}

fn check_command(agent: &Agent) -> Result<(), String> {
    match (agent.kind, agent.command.first()) {
        (AgentKind::Command | AgentKind::Acp, Some(first)) if first.starts_with('/') => {}
        (AgentKind::Command | AgentKind::Acp, Some(first)) => {
            return Err(format!(
                "`agent.command` must begin with an absolute path inside the sandbox, not `{}`",
                crate::names::excerpt(first)
            ));
        }
        (AgentKind::Command | AgentKind::Acp, None) => {
            return Err("`agent.command` is empty".to_owned());
        }
        (kind, Some(_)) => {
            return Err(format!(
                "`agent.command` is for the kinds `command` and `acp`: how `{kind}` is started is known"
            ));
        }
        (kind, None) if !agent.environment.is_empty() => {
            return Err(format!(
                "`agent.environment` is for the kinds `command` and `acp`: what `{kind}` needs is known"
            ));
        }
        (_, None) => {}
    }
    let is_name = |name: &String| {
        !name.is_empty()
            && name.len() <= 128
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    if let Some(name) = agent.environment.keys().find(|name| !is_name(name)) {
        return Err(format!(
            "`agent.environment` has `{}`: names are capital letters, digits and `_`",
            crate::names::excerpt(name)
        ));
    }
    if agent.environment.len() > MANY
        || agent.environment.values().any(|value| value.contains('\0'))
    {
        return Err(format!(
            "`agent.environment` may have {MANY} variables, none of them with a zero byte"
        ));
    }
    Ok(())
}

fn check_toolchains(agent: &Agent) -> Result<(), String> {
    if agent.toolchains.len() > MANY {
        return Err(format!("`agent.toolchains` may have {MANY} folders"));
    }
    for toolchain in &agent.toolchains {
        let path = &toolchain.path;
        let is_plain = path.is_absolute()
            && path.components().count() > 2
            && path.to_str().is_some_and(|text| {
                !text.ends_with('/')
                    && text
                        .split('/')
                        .skip(1)
                        .all(|part| !part.is_empty() && part != "." && part != "..")
            })
            && !path.starts_with("/usr");
        if !is_plain {
            return Err(format!(
                "`agent.toolchains` has `{}`: it must be an absolute folder such as `/opt/node-22`, not below `/usr`, which is always there",
                path.display()
            ));
        }
    }
    Ok(())
}

fn check_model(stack: &Stack, agent: &Agent, model: &Model) -> Result<(), String> {
    let is_name = (1..=200).contains(&model.name.len())
        && model
            .name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.:/@".contains(c));
    if !is_name {
        return Err(format!(
            "`agent.model.name` is not a model's name: `{}`",
            crate::names::excerpt(&model.name)
        ));
    }
    match model.api {
        Some(api) if !agent.kind.speaks(api) => {
            return Err(format!(
                "`agent.kind: {}` does not speak `api: {api}`",
                agent.kind
            ));
        }
        None if agent.kind.api().is_none() => {
            return Err(format!(
                "`agent.kind: {}` needs `agent.model.api`: responses, chat, messages or gemini",
                agent.kind
            ));
        }
        Some(_) | None => {}
    }
    if let Some(url) = &model.url {
        check_url(url)?;
    }
    check_range(
        "agent.model.output_tokens",
        model.output_tokens,
        256..=1_000_000,
    )?;
    check_range(
        "agent.model.silence_seconds",
        model.silence_seconds,
        1..=1800,
    )?;
    match &model.key {
        KeySource::File(path) if !path.is_absolute() => {
            return Err("`agent.model.key.file` must be an absolute path".to_owned());
        }
        KeySource::Descriptor(number) => {
            check_range("agent.model.key.descriptor", *number, 3..=1023)?;
        }
        KeySource::File(_) | KeySource::Oidc { .. } => {}
    }
    match &model.price {
        Some(price) if Prices::new(price).is_none() => {
            Err("`agent.model.price` must be amounts of dollars for a million tokens".to_owned())
        }
        None if stack.budget.model.usd.is_some() || agent.budget.usd.is_some() => {
            Err("a budget in `usd` needs `agent.model.price`".to_owned())
        }
        Some(_) | None => Ok(()),
    }
}

fn check_url(url: &str) -> Result<(), String> {
    // What is wrong is not repeated: it may be a password.
    if url.contains(['@', '?', '#']) || url.len() > 500 {
        return Err(
            "`agent.model.url` must be an address without a password, a query or a mark".to_owned(),
        );
    }
    if url.starts_with("https://") || is_loopback_url(url) {
        Ok(())
    } else {
        Err(format!(
            "`agent.model.url` must begin with `https://`, not `{}`; `http://` is for this machine only",
            crate::names::excerpt(url)
        ))
    }
}

fn check_budget(key: &str, budget: &ModelBudget) -> Result<(), String> {
    if Limits::new(budget).is_none() {
        return Err(format!("`{key}.usd` must be an amount of dollars"));
    }
    let figures = [budget.tokens, budget.requests, budget.bytes];
    if figures.into_iter().flatten().any(|figure| figure > 1 << 50) {
        return Err(format!("`{key}` is larger than anything"));
    }
    Ok(())
}
