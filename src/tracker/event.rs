//! What GitHub's runner says has happened: the event's name, and its payload in a file.
//!
//! Everything in it but the numbers and the repository's name is foreign text. The payload is frozen: what is edited later is not in it.

use std::path::Path;

use serde::Deserialize;

use crate::config::environment::Environment;
use crate::fault::Fault;
use crate::names::{Sha256, excerpt};
use crate::perimeter::github::Slug;

/// LIMIT: bytes of a payload; GitHub's own is 25 MB.
const PAYLOAD_BYTES_MAX: u64 = 25 * 1000 * 1000;

/// One event.
#[derive(Debug)]
pub struct Event {
    /// Hash of the payload.
    pub hash: Sha256,
    /// The repository that it happened in.
    pub slug: Slug,
    /// The branch that changes land on.
    pub default_branch: String,
    /// Who did it.
    pub sender: Account,
    /// What happened.
    pub happening: Happening,
}

/// What happened.
#[derive(Debug)]
pub enum Happening {
    /// A label was put on an issue.
    Labelled {
        /// The label.
        label: String,
        /// The issue.
        issue: Issue,
    },
    /// A pull request was opened or changed.
    Proposed(Pull),
    /// Somebody wrote a comment on an issue or a pull request.
    Commented {
        /// What they wrote.
        comment: Comment,
        /// On what.
        issue: Issue,
    },
    /// Something that lightsout has nothing to do with.
    Other {
        /// The event and its action.
        what: String,
    },
}

/// An account.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Account {
    /// Its name; it can change hands.
    #[serde(default)]
    pub login: String,
    /// Its number.
    #[serde(default)]
    pub id: u64,
    /// `User`, `Bot`, `Organization`, …
    #[serde(default, rename = "type")]
    pub kind: String,
}

/// An issue, or a pull request seen as one.
#[derive(Debug, Deserialize)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// `open` or `closed`.
    #[serde(default)]
    pub state: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<String>,
    /// Who wrote it; nobody when the account is gone.
    #[serde(default)]
    pub user: Option<Account>,
    /// Labels as of the event.
    #[serde(default)]
    pub labels: Vec<Label>,
}

impl Issue {
    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or("")
    }

    /// Its text.
    #[must_use]
    pub fn body(&self) -> &str {
        self.body.as_deref().unwrap_or("")
    }
}

/// A label.
#[derive(Debug, Default, Deserialize)]
pub struct Label {
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A comment.
#[derive(Debug, Deserialize)]
pub struct Comment {
    /// Its number.
    #[serde(default)]
    pub id: u64,
    /// What it says.
    #[serde(default)]
    pub body: Option<String>,
    /// When it was written.
    #[serde(default)]
    pub created_at: String,
}

/// A pull request.
#[derive(Debug, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    #[serde(default)]
    title: Option<String>,
    /// Whether its author says that it is not ready.
    #[serde(default)]
    pub draft: bool,
    /// Who opened it.
    #[serde(default)]
    pub user: Option<Account>,
    /// GitHub's merge of it, if that was made before the event.
    #[serde(default)]
    pub merge_commit_sha: Option<String>,
    /// What is proposed.
    pub head: Side,
    /// Where it shall go.
    pub base: Side,
}

impl Pull {
    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or("")
    }
}

/// One side of a pull request.
#[derive(Debug, Deserialize)]
pub struct Side {
    /// The branch.
    #[serde(rename = "ref")]
    pub branch: String,
    /// Its commit.
    pub sha: String,
    #[serde(default)]
    repo: Option<RepositoryPart>,
}

impl Side {
    /// Whether it is in this repository, and not in a fork of it.
    #[must_use]
    pub fn is_in(&self, slug: &Slug) -> bool {
        let repository = self.repo.as_ref().map(|repo| repo.full_name.as_str());
        repository == Some(slug.as_str())
    }
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    action: String,
    repository: Option<RepositoryPart>,
    #[serde(default)]
    sender: Account,
    #[serde(default)]
    label: Label,
    issue: Option<Issue>,
    comment: Option<Comment>,
    pull_request: Option<Pull>,
}

#[derive(Debug, Deserialize)]
struct RepositoryPart {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    default_branch: String,
}

impl Event {
    /// Reads the event of this workflow.
    ///
    /// # Errors
    /// There is none, or it is not of the form that GitHub describes.
    pub fn read(environment: &Environment) -> Result<Self, Fault> {
        let absent = || {
            Fault::Usage(
                "there is no event: `GITHUB_EVENT_NAME` and `GITHUB_EVENT_PATH` are set in a GitHub workflow; elsewhere, use `lightsout run`"
                    .to_owned(),
            )
        };
        let name = environment.get("GITHUB_EVENT_NAME").ok_or_else(absent)?;
        let path = environment.path("GITHUB_EVENT_PATH").ok_or_else(absent)?;
        let event = Self::parse(name.reveal(), &payload(&path)?)?;
        let here = environment.get("GITHUB_REPOSITORY");
        match here {
            Some(here) if !here.reveal().eq_ignore_ascii_case(event.slug.as_str()) => {
                Err(Fault::Usage(format!(
                    "the event is of `{}`, this workflow of `{}`",
                    event.slug,
                    excerpt(here.reveal())
                )))
            }
            Some(_) | None => Ok(event),
        }
    }

    /// Parses a payload.
    ///
    /// # Errors
    /// It is not of the form that GitHub describes.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Fault> {
        let name = excerpt(name);
        let wrong = |what: &str| Fault::Usage(format!("the `{name}` event's payload {what}"));
        let payload: Payload = serde_json::from_slice(bytes)
            .map_err(|error| wrong(&format!("is not GitHub's: {error}")))?;
        let repository = payload
            .repository
            .ok_or_else(|| wrong("has no repository"))?;
        let slug = Slug::new(&repository.full_name).ok_or_else(|| wrong("names no repository"))?;
        let missing = |what: &str| wrong(&format!("has no `{what}`"));
        let happening = match (name.as_str(), payload.action.as_str()) {
            ("issues", "labeled") => Happening::Labelled {
                label: payload.label.name,
                issue: payload.issue.ok_or_else(|| missing("issue"))?,
            },
            ("pull_request", "opened" | "synchronize" | "reopened" | "ready_for_review") => {
                let pull = payload
                    .pull_request
                    .ok_or_else(|| missing("pull_request"))?;
                Happening::Proposed(pull)
            }
            ("issue_comment", "created") => Happening::Commented {
                comment: payload.comment.ok_or_else(|| missing("comment"))?,
                issue: payload.issue.ok_or_else(|| missing("issue"))?,
            },
            (_, action) => Happening::Other {
                what: format!("{name} {}", excerpt(action)).trim_end().to_owned(),
            },
        };
        Ok(Self {
            hash: Sha256::of(bytes),
            slug,
            default_branch: repository.default_branch,
            sender: payload.sender,
            happening,
        })
    }
}

fn payload(path: &Path) -> Result<Vec<u8>, Fault> {
    let file = std::fs::File::open(path).map_err(Fault::file("opening the event", path))?;
    let bytes = crate::engine::automation::files::read_all(file, "event", PAYLOAD_BYTES_MAX)
        .map_err(crate::engine::deployment::Error::from)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELLED: &str = r#"{"action":"labeled","repository":{"full_name":"o/r","default_branch":"main","new_field":1},
        "sender":{"login":"ann","id":7,"type":"User"},"label":{"name":"infra:fix"},
        "issue":{"number":4,"title":null,"body":null,"user":null,"state":"open","labels":[{"name":"infra:fix"}]}}"#;

    #[test]
    fn a_label_is_read_and_what_is_absent_is_empty() {
        let event = Event::parse("issues", LABELLED.as_bytes()).unwrap();
        assert_eq!(event.sender.id, 7);
        let Happening::Labelled { label, issue } = event.happening else {
            panic!("it was a label");
        };
        assert_eq!((label.as_str(), issue.number), ("infra:fix", 4));
        assert_eq!((issue.title(), issue.body()), ("", ""));
        assert!(issue.user.is_none());
    }

    #[test]
    fn another_event_or_action_is_neither_work_nor_an_error() {
        for (name, action) in [
            ("push", ""),
            ("issues", "opened"),
            ("issues", "edited"),
            ("x", "labeled"),
        ] {
            let text = LABELLED.replace("labeled", action);
            let event = Event::parse(name, text.as_bytes()).unwrap();
            assert!(matches!(event.happening, Happening::Other { .. }), "{name}");
        }
    }

    #[test]
    fn what_is_not_a_payload_is_said_to_be_none() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"action\":3}",
            "{\"repository\":{\"full_name\":\"../..\"}}",
        ] {
            Event::parse("issues", text.as_bytes()).unwrap_err();
        }
        let text = LABELLED.replace("\"number\":4,", "");
        Event::parse("issues", text.as_bytes()).unwrap_err();
    }
}
