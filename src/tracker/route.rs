//! From an event to work: who asked, for which stack, with which text.
//!
//! INVARIANT: everything that is not clearly work is a named nothing; no default turns an event into work.

mod pull;

use serde::Deserialize;

use super::event::{Account, Comment, Event, Happening, Issue};
use super::sanitise;
use crate::config::{Config, Permission, Route};
use crate::fault::Fault;
use crate::names::{RunId, StackName, excerpt};
use crate::perimeter::github::{GitHub, segment};
use crate::pipeline::order::{Asker, Origin, Place, Taint, WorkOrder, Writer};

/// What an event comes to.
#[derive(Debug)]
pub enum Routed {
    /// A work order.
    Work(Box<Work>),
    /// Somebody agrees to a run that waits.
    Approval(Agreement),
    /// Nothing is to be done.
    Nothing(Nothing),
}

/// A work order with its place on GitHub.
#[derive(Debug)]
pub struct Work {
    /// What is asked for.
    pub order: WorkOrder,
    /// For which stack.
    pub stack: StackName,
    /// The stack's folder.
    pub path: String,
    /// The issue's or the pull request's number.
    pub number: u64,
    /// The branch that the change lands on.
    pub branch: String,
    /// What kind of thing asked.
    pub kind: Kind,
}

/// What asked for the work.
#[derive(Debug, Clone)]
pub enum Kind {
    /// An issue, by this route.
    Issue(Route),
    /// A pull request; the commit that it proposes.
    PullRequest {
        /// Its head.
        head: String,
        /// GitHub's merge of it, as the event says.
        merge: Option<String>,
    },
}

/// A comment that agrees to a run.
#[derive(Debug)]
pub struct Agreement {
    /// The run.
    pub run: RunId,
    /// Who agrees.
    pub by: Asker,
    /// The comment's number.
    pub comment: u64,
    /// When it was written, as GitHub says.
    pub at: String,
    /// On which issue or pull request.
    pub number: u64,
    /// The branch that the change lands on.
    pub branch: String,
    /// The stacks that they may ask for.
    pub stacks: Vec<StackName>,
}

/// Why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nothing {
    /// A stable word.
    pub code: &'static str,
    /// The same in one line.
    pub line: String,
}

impl Nothing {
    /// The branch that changes land on is not at the commit that is checked out.
    pub const MOVED: &'static str = "moved";
}

fn nothing(code: &'static str, line: impl Into<String>) -> Routed {
    Routed::Nothing(Nothing {
        code,
        line: line.into(),
    })
}

/// The answer about an account's permission.
#[derive(Deserialize)]
struct Collaborator {
    #[serde(default)]
    permission: String,
    #[serde(default)]
    role_name: String,
    #[serde(default)]
    user: Option<Account>,
}

/// What an account is in the repository now; nothing when it is less than `triage`.
///
/// # Errors
/// GitHub does not say.
pub async fn permission(github: &GitHub, account: &Account) -> Result<Option<Permission>, Fault> {
    if account.login.is_empty() {
        return Ok(None);
    }
    let path = format!("/collaborators/{}/permission", segment(&account.login));
    let Some(found) = github.find::<Collaborator>(&path).await? else {
        return Ok(None);
    };
    // A name that has changed hands since is somebody else.
    if found
        .user
        .as_ref()
        .is_some_and(|user| user.id != account.id)
    {
        return Ok(None);
    }
    // A role of the organization's own has a name of its own; `permission` says what it rests on.
    Ok(role(&found.role_name).or_else(|| role(&found.permission)))
}

fn role(name: &str) -> Option<Permission> {
    match name {
        "triage" => Some(Permission::Triage),
        "write" => Some(Permission::Write),
        "maintain" => Some(Permission::Maintain),
        "admin" => Some(Permission::Admin),
        _ => None,
    }
}

/// Whether an account may ask by a route, and as what.
async fn asker(github: &GitHub, account: &Account, route: &Route) -> Result<Option<Asker>, Fault> {
    let asker = |role: String| Asker {
        login: account.login.clone(),
        id: account.id,
        role,
    };
    if account.kind != "User" {
        let is_listed = route.bots.values().any(|id| *id == account.id);
        return Ok((is_listed && account.id != 0).then(|| asker("bot".to_owned())));
    }
    let permission = permission(github, account).await?;
    Ok(permission
        .filter(|it| route.allow.contains(it))
        .map(|it| asker(it.to_string())))
}

/// Decides what an event comes to.
///
/// # Errors
/// GitHub does not answer.
pub async fn route(event: &Event, config: &Config, github: &GitHub) -> Result<Routed, Fault> {
    match &event.happening {
        Happening::Other { what } => Ok(nothing(
            "other-event",
            format!("the event `{what}` asks for nothing"),
        )),
        Happening::Labelled { label, issue } => labelled(event, config, github, label, issue).await,
        Happening::Commented { comment, issue } => {
            commented(event, config, github, comment, issue).await
        }
        Happening::Proposed(pull) => pull::proposed(event, config, github, pull).await,
    }
}

async fn labelled(
    event: &Event,
    config: &Config,
    github: &GitHub,
    label: &str,
    issue: &Issue,
) -> Result<Routed, Fault> {
    let same = |route: &&Route| route.label.eq_ignore_ascii_case(label);
    let Some(route) = config.routes().find(same) else {
        let line = format!("no route has the label `{}`", excerpt(label));
        return Ok(nothing("unknown-label", line));
    };
    if issue.state == "closed" {
        return Ok(nothing(
            "closed",
            format!("issue {} is closed", issue.number),
        ));
    }
    let Some(by) = asker(github, &event.sender, route).await? else {
        return Ok(not_allowed(&event.sender, route));
    };
    let stack = match stack_of(config, route, issue) {
        Ok(stack) => stack,
        Err(nothing) => return Ok(Routed::Nothing(nothing)),
    };
    let text = sanitise::order(issue.title(), issue.body());
    if text.is_empty() {
        let line = format!("issue {} says nothing", issue.number);
        return Ok(nothing("empty", line));
    }
    let author = writer(github, issue.user.as_ref(), route).await?;
    let origin = Origin::Issue {
        at: place(event, issue.number),
        label: route.label.clone(),
        by,
        author,
    };
    Ok(Routed::Work(Box::new(Work {
        order: WorkOrder { text, origin },
        path: folder_of(config, &stack),
        stack,
        number: issue.number,
        branch: event.default_branch.clone(),
        kind: Kind::Issue(route.clone()),
    })))
}

fn folder_of(config: &Config, name: &StackName) -> String {
    let mut stacks = config.stacks().filter(|stack| stack.name == *name);
    stacks
        .next()
        .map_or_else(String::new, |stack| stack.path.clone())
}

fn not_allowed(sender: &Account, route: &Route) -> Routed {
    let who = excerpt(&sender.login);
    if sender.kind == "User" {
        let allow: Vec<String> = route.allow.iter().map(ToString::to_string).collect();
        let line = format!(
            "`{who}` may not ask for work: the route allows {}",
            allow.join(", ")
        );
        return nothing("not-allowed", line);
    }
    let line = format!(
        "`{who}` is a bot (number {}) that the route does not list",
        sender.id
    );
    nothing("bot", line)
}

fn place(event: &Event, number: u64) -> Place {
    Place {
        repository: event.slug.to_string(),
        number,
        event: event.hash,
    }
}

/// Whoever wrote a text is trusted with it when they could have asked themselves.
async fn writer(
    github: &GitHub,
    account: Option<&Account>,
    route: &Route,
) -> Result<Writer, Fault> {
    let Some(account) = account else {
        return Ok(Writer {
            login: String::new(),
            taint: Taint::Outside,
        });
    };
    // A bot may ask; what it writes may be somebody else's words.
    let taint = match asker(github, account, route).await? {
        Some(_) if account.kind == "User" => Taint::Inside,
        Some(_) | None => Taint::Outside,
    };
    Ok(Writer {
        login: excerpt(&account.login),
        taint,
    })
}

/// The stack that an issue's labels and the route name together.
fn stack_of(config: &Config, route: &Route, issue: &Issue) -> Result<StackName, Nothing> {
    let candidates: Vec<&StackName> = config.names().filter(|name| route.is_for(name)).collect();
    let asked: Vec<&str> = issue
        .labels
        .iter()
        .filter_map(|label| label.name.strip_prefix("stack:"))
        .collect();
    let no = |code, line: String| Err(Nothing { code, line });
    match (asked.as_slice(), candidates.as_slice()) {
        ([], [only]) => Ok((*only).clone()),
        ([], _) => no(
            "which-stack",
            format!(
                "the label `{}` is for several stacks: add `stack:NAME`",
                route.label
            ),
        ),
        ([name], _) => match candidates.iter().find(|it| it.as_str() == *name) {
            Some(stack) => Ok((*stack).clone()),
            None => no(
                "unknown-stack",
                format!(
                    "the label `{}` is for no stack `{}`",
                    route.label,
                    excerpt(name)
                ),
            ),
        },
        _ => no(
            "two-stacks",
            "the issue has more than one label `stack:NAME`".to_owned(),
        ),
    }
}

/// The first line of a comment that approves: `/lightsout approve RUN`.
const APPROVE: &str = "/lightsout approve ";

async fn commented(
    event: &Event,
    config: &Config,
    github: &GitHub,
    comment: &Comment,
    issue: &Issue,
) -> Result<Routed, Fault> {
    let text = comment.body.as_deref().unwrap_or("").trim();
    let Some(run) = text.strip_prefix(APPROVE) else {
        return Ok(nothing("other-comment", "the comment is no command"));
    };
    if issue.state == "closed" {
        return Ok(nothing("closed", format!("#{} is closed", issue.number)));
    }
    let Ok(run) = RunId::new(run.trim()) else {
        return Ok(nothing("no-run", "the comment names no run"));
    };
    let mut by = None;
    let mut stacks = Vec::new();
    for route in config.routes() {
        // An approval needs a person.
        if event.sender.kind != "User" {
            continue;
        }
        if let Some(asker) = asker(github, &event.sender, route).await? {
            by = Some(asker);
            stacks.extend(config.names().filter(|name| route.is_for(name)).cloned());
        }
    }
    let Some(by) = by else {
        let who = excerpt(&event.sender.login);
        return Ok(nothing("not-allowed", format!("`{who}` may not approve")));
    };
    Ok(Routed::Approval(Agreement {
        run,
        by,
        comment: comment.id,
        at: excerpt(&comment.created_at),
        number: issue.number,
        branch: event.default_branch.clone(),
        stacks,
    }))
}
