//! One run for one issue at a time: a branch that only one can make.
//!
//! GitHub makes a branch once; the second who asks is refused. The branch is there while the work lasts. A label is worked on once: it is taken
//! off the issue when the work begins, and a run that finds it gone has nothing to do.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::config::Route;
use crate::fault::Fault;
use crate::perimeter::github::{Error, GitHub, segment};
use crate::perimeter::repository::Base;

/// What a claim came to.
#[derive(Debug)]
#[must_use]
pub enum Claimed {
    /// The work is ours.
    Yes(Claim),
    /// Another run is at it.
    Taken {
        /// Which, as it says itself.
        by: String,
        /// The branch that says so.
        branch: String,
    },
    /// The label is not on the issue any more: it was worked on, or somebody thought better of it.
    Gone,
}

/// The right to work on one issue or pull request.
#[derive(Debug)]
pub struct Claim {
    github: GitHub,
    name: String,
    /// The commit that only this claim has.
    commit: String,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    sha: String,
}

#[derive(Deserialize)]
struct Holder {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Label {
    #[serde(default)]
    name: String,
}

/// Claims an issue, and takes the label off it that asked for the work.
///
/// # Errors
/// GitHub does not answer. What was begun is undone as far as it goes.
pub async fn issue(
    github: &GitHub,
    number: u64,
    route: &Route,
    base: &Base,
    who: &str,
) -> Result<Claimed, Fault> {
    let claim = match take(github, number, base, who).await? {
        Claimed::Yes(claim) => claim,
        other @ (Claimed::Taken { .. } | Claimed::Gone) => return Ok(other),
    };
    match begin(github, number, route).await {
        Ok(true) => Ok(Claimed::Yes(claim)),
        Ok(false) => {
            claim.release().await?;
            Ok(Claimed::Gone)
        }
        Err(error) => {
            // The error that came first says more.
            if let Err(second) = claim.release().await {
                tracing::warn!(error = %second.line(), "the claim stays");
            }
            Err(error.into())
        }
    }
}

/// The branch that says that somebody is at work.
#[must_use]
pub fn branch(number: u64) -> String {
    format!("lightsout-claim/{number}")
}

/// Claims a pull request, or an issue's first half.
///
/// The branch points to a commit that nobody else can have made, so that a run whose answer was lost knows its own claim, and others can read
/// whose it is.
///
/// # Errors
/// GitHub does not answer.
pub async fn take(github: &GitHub, number: u64, base: &Base, who: &str) -> Result<Claimed, Fault> {
    let name = branch(number);
    let unique = crate::random::hex().map_err(|error| Fault::Usage(error.to_string()))?;
    let body = json!({
        "message": format!("{who}\n\n{unique}"),
        "tree": base.tree.to_string(),
        "parents": [base.commit.to_string()],
    });
    let commit: Object = github.set(Method::POST, "/git/commits", &body).await?;
    let claim = Claim {
        github: github.clone(),
        name,
        commit: commit.sha,
    };
    let held = match github.make_branch(&claim.name, &claim.commit).await {
        Ok(held) => held,
        // Somebody has it, or this repository lets nobody make such a branch.
        Err(error @ Error::Conflict { .. }) => match github.head(&claim.name).await? {
            Some(held) => held,
            None => return Err(error.into()),
        },
        Err(error) => {
            // Perhaps it was made all the same.
            if let Err(second) = claim.release().await {
                tracing::warn!(error = %second.line(), "the claim may stay");
            }
            return Err(error.into());
        }
    };
    if held == claim.commit {
        return Ok(Claimed::Yes(claim));
    }
    let path = format!("/git/commits/{}", segment(&held));
    let by: Option<Holder> = github.find(&path).await?;
    let by = by.map_or_else(String::new, |it| it.message);
    let by = by.lines().next().unwrap_or("").chars().take(200);
    Ok(Claimed::Taken {
        by: by.filter(|c| !c.is_control()).collect(),
        branch: claim.name,
    })
}

/// Whether the label was there; then it is off.
async fn begin(github: &GitHub, number: u64, route: &Route) -> Result<bool, Error> {
    let labels = labels(github, number).await?;
    if !labels
        .iter()
        .any(|it| it.eq_ignore_ascii_case(&route.label))
    {
        return Ok(false);
    }
    change(
        github,
        number,
        route,
        &labels,
        &route.phase_label("running"),
    )
    .await?;
    Ok(true)
}

/// Says by its label how the work on an issue ended.
///
/// # Errors
/// GitHub does not answer.
pub async fn end(github: &GitHub, number: u64, route: &Route, phase: &str) -> Result<(), Error> {
    let label = match phase {
        // Judged again: as if it had just been asked for.
        "again" => route.label.clone(),
        phase => route.phase_label(phase),
    };
    let labels = labels(github, number).await?;
    change(github, number, route, &labels, &label).await
}

async fn labels(github: &GitHub, number: u64) -> Result<Vec<String>, Error> {
    let labels: Vec<Label> = github.list(&format!("/issues/{number}/labels")).await?;
    Ok(labels.into_iter().map(|label| label.name).collect())
}

/// Puts one of the route's labels on an issue, and takes the others off.
async fn change(
    github: &GitHub,
    number: u64,
    route: &Route,
    labels: &[String],
    wanted: &str,
) -> Result<(), Error> {
    if !labels.iter().any(|it| it.eq_ignore_ascii_case(wanted)) {
        put(github, number, wanted).await?;
    }
    let mut ours: Vec<String> = PHASES.map(|phase| route.phase_label(phase)).to_vec();
    ours.push(route.label.clone());
    for label in labels {
        let is_ours = ours.iter().any(|it| it.eq_ignore_ascii_case(label));
        if is_ours && !label.eq_ignore_ascii_case(wanted) {
            take_off(github, number, label).await?;
        }
    }
    Ok(())
}

/// The words of the labels that lightsout sets.
const PHASES: [&str; 4] = ["running", "review", "blocked", "done"];

async fn put(github: &GitHub, number: u64, label: &str) -> Result<(), Error> {
    let path = format!("/issues/{number}/labels");
    let body = json!({ "labels": [label] });
    // The labels of an issue are a set: put twice, it is there once.
    let _: serde::de::IgnoredAny = github.set(Method::POST, &path, &body).await?;
    Ok(())
}

async fn take_off(github: &GitHub, number: u64, label: &str) -> Result<(), Error> {
    github
        .remove(&format!("/issues/{number}/labels/{}", segment(label)))
        .await
}

impl Claim {
    /// Gives the claim back; another's in its place stays.
    ///
    /// # Errors
    /// GitHub does not answer; then the branch stays, and says so to the next run.
    pub async fn release(&self) -> Result<(), Fault> {
        if !self.is_held().await? {
            return Ok(());
        }
        match self
            .github
            .remove(&format!("/git/refs/heads/{}", self.name))
            .await
        {
            // GitHub says so of a branch that is gone, and of one that a rule protects.
            Err(Error::Conflict { .. }) if !self.is_held().await? => Ok(()),
            removed => Ok(removed?),
        }
    }

    async fn is_held(&self) -> Result<bool, Error> {
        let head = self.github.head(&self.name).await?;
        Ok(head.as_deref() == Some(self.commit.as_str()))
    }
}
