//! From a pull request to work.

use serde::Deserialize;

use super::{Kind, Routed, Work, nothing, place, writer};
use crate::config::{Config, Stack};
use crate::fault::Fault;
use crate::names::{StackName, excerpt};
use crate::perimeter::github::GitHub;
use crate::pipeline::order::{Origin, Taint, WorkOrder, Writer};
use crate::tracker::event::{Event, Pull};
use crate::tracker::sanitise;

/// One changed file of a pull request.
#[derive(Deserialize)]
struct Changed {
    #[serde(default)]
    filename: String,
    #[serde(default)]
    previous_filename: Option<String>,
}

pub(super) async fn proposed(
    event: &Event,
    config: &Config,
    github: &GitHub,
    pull: &Pull,
) -> Result<Routed, Fault> {
    if pull.base.branch != event.default_branch {
        let line = format!("pull request {} is not for the default branch", pull.number);
        return Ok(nothing("other-branch", line));
    }
    if pull.draft {
        let line = format!("pull request {} is a draft", pull.number);
        return Ok(nothing("draft", line));
    }
    if !pull.head.is_in(&event.slug) {
        let line = "the pull request comes from a fork, whose workflows may neither write nor know secrets: bring its branch into this repository";
        return Ok(nothing("fork", line));
    }
    let files: Vec<Changed> = github
        .list(&format!("/pulls/{}/files", pull.number))
        .await?;
    let names: Vec<&str> = files
        .iter()
        .flat_map(|file| {
            [
                Some(file.filename.as_str()),
                file.previous_filename.as_deref(),
            ]
        })
        .flatten()
        .collect();
    let is_in = |stack: &&Stack| {
        let folder = format!("{}/", stack.path);
        names.iter().any(|name| name.starts_with(&folder))
    };
    let mut stacks = config.stacks().filter(is_in);
    let (Some(stack), more) = (stacks.next(), stacks.next()) else {
        return Ok(nothing("no-stack", "the pull request changes no stack"));
    };
    if more.is_some() {
        let line = "the pull request changes more than one stack: propose one at a time";
        return Ok(nothing("several-stacks", line));
    }
    let author = proposer(event, config, github, pull, &stack.name).await?;
    let head = pull.head.sha.clone();
    let mut text = sanitise::order(pull.title(), "");
    if text.is_empty() {
        text = format!("Pull request {}", pull.number);
    }
    Ok(Routed::Work(Box::new(Work {
        order: WorkOrder {
            text,
            origin: Origin::PullRequest {
                at: place(event, pull.number),
                head: excerpt(&head),
                author,
            },
        },
        stack: stack.name.clone(),
        path: stack.path.clone(),
        number: pull.number,
        branch: event.default_branch.clone(),
        kind: Kind::PullRequest {
            head,
            merge: pull.merge_commit_sha.clone(),
        },
    })))
}

/// Branches of our own, whose text may come from anybody.
const OWN_BRANCHES: &str = "lightsout/";

/// Whether a pull request is trusted: whoever opened it and whoever has caused this event must each be a person who may ask for this stack. What
/// lightsout itself has made for somebody else's issue is not, whoever opens the pull request.
async fn proposer(
    event: &Event,
    config: &Config,
    github: &GitHub,
    pull: &Pull,
    stack: &StackName,
) -> Result<Writer, Fault> {
    let login = pull
        .user
        .as_ref()
        .map_or_else(String::new, |it| excerpt(&it.login));
    let mut taint = Taint::Outside;
    let is_own = pull.head.branch.starts_with(OWN_BRANCHES);
    for route in config.routes().filter(|it| it.is_for(stack)) {
        let author = writer(github, pull.user.as_ref(), route).await?.taint;
        let sender = writer(github, Some(&event.sender), route).await?.taint;
        if !is_own && author == Taint::Inside && sender == Taint::Inside {
            taint = Taint::Inside;
        }
    }
    Ok(Writer { login, taint })
}
