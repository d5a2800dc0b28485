//! Reports to GitHub: one comment that is kept up to date, a check run, a pull request at `review`, an issue when code and world differ.
//!
//! INVARIANT: each is there once, however often it is written: it is found again by a mark in it, among what our own account wrote.
//! INVARIANT: foreign text stands in code spans and blocks, where nothing is markup, a mention or a command.

mod ended;

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde::Deserialize;
use serde_json::json;

pub use ended::Ended;
use ended::is_alarming;

use super::event::Account;
use super::route::{Kind, Work};
use crate::names::StackName;
use crate::perimeter::github::{Error, GitHub, segment};
use crate::pipeline::Outcome;
use crate::report::markdown::{block, code};

/// LIMIT of GitHub: characters of a comment are 65,536; some are left for what stands around.
const COMMENT_CHARS_MAX: usize = 64_000;
/// LIMIT of GitHub: characters of a check run's summary.
const CHECK_CHARS_MAX: usize = 65_000;
/// LIMIT of GitHub: characters of a title.
const TITLE_CHARS_MAX: usize = 200;

/// Where and as whom reports are written.
#[derive(Debug)]
pub struct Tracker<'a> {
    /// The repository.
    pub github: &'a GitHub,
    /// The account that the token writes as.
    pub login: &'a str,
    /// The work.
    pub work: &'a Work,
    /// The page of the workflow's run, when there is one.
    pub page: Option<String>,
    /// GitHub's pages, when they are known.
    pub server: Option<String>,
    /// The commit that the work began from.
    pub base: String,
    /// Whether what has moved is judged again without being asked for.
    pub repeats: bool,
    /// The comment of this run, when it stands under another name than expected.
    pub written: OnceLock<u64>,
}

/// How the change for an issue is offered at `review`.
enum Offered {
    No,
    Pull(u64),
    /// Only as a branch.
    Branch(String),
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    id: u64,
    #[serde(default)]
    number: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<Account>,
    #[serde(default)]
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct CheckRuns {
    #[serde(default)]
    check_runs: Vec<Written>,
}

impl Tracker<'_> {
    /// Says that the work has begun.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn begin(&self) -> Result<(), Error> {
        let stack = code(self.work.stack.as_str());
        let claim = code(&super::claim::branch(self.work.number));
        self.comment(&format!(
            "lightsout is at work on stack {stack}.{} Should it have died without a word, delete the branch {claim} before you ask again.",
            self.link()
        ))
        .await
    }

    /// Says how the work ended, everywhere where it is to be said. One report that fails does not keep back the others.
    ///
    /// # Errors
    /// The first that failed.
    pub async fn end(&self, ended: &Ended<'_>) -> Result<(), Error> {
        let (offered, pull) = match self.pull_request(ended).await {
            Ok(offered) => (offered, Ok(())),
            Err(error) => (Offered::No, Err(error)),
        };
        let all = [
            pull,
            self.comment(&self.text(ended, &offered)).await,
            self.check(ended).await,
            self.alarm(ended).await,
            self.labels(ended).await,
        ];
        all.into_iter().collect()
    }

    async fn labels(&self, ended: &Ended<'_>) -> Result<(), Error> {
        match &self.work.kind {
            Kind::Issue(route) => {
                let phase = match ended.phase() {
                    "again" if !self.repeats => "blocked",
                    phase => phase,
                };
                super::claim::end(self.github, self.work.number, route, phase).await
            }
            Kind::PullRequest { .. } => Ok(()),
        }
    }

    fn link(&self) -> String {
        match &self.page {
            Some(page) => format!(" [Run]({page})"),
            None => String::new(),
        }
    }

    /// The comment's text: a line for what was stopped, else what the evidence says.
    fn text(&self, ended: &Ended<'_>, offered: &Offered) -> String {
        let stack = code(self.work.stack.as_str());
        let line = format!("Stack {stack}: {}{}", code(&ended.line()), self.link());
        let report = match ended {
            Ended::Report(report) if report.phase() != "blocked" => report,
            Ended::Report(_) | Ended::Unreported(..) | Ended::Fault(_) => return line,
        };
        let mut text = line;
        match offered {
            Offered::No => {}
            Offered::Pull(number) => {
                text.push_str(&format!("\n\nThe change is pull request #{number}."));
            }
            Offered::Branch(branch) => {
                let at = match &self.server {
                    Some(server) => format!(
                        "[open it]({server}/{}/compare/{}...{branch}?expand=1)",
                        self.github.slug(),
                        self.work.branch
                    ),
                    None => "open it".to_owned(),
                };
                text.push_str(&format!(
                    "\n\nThe change is on branch {}. GitHub did not let this token open a pull request (repository settings, Actions: \"Allow GitHub Actions to create and approve pull requests\"); {at} yourself.",
                    code(branch)
                ));
            }
        }
        if report.waits() {
            let run = report.run();
            text.push_str(&format!(
                "\n\nIt waits for somebody who may approve it, by a comment: `/lightsout approve {run}`"
            ));
        }
        text.push_str("\n\n");
        text.push_str(&block(&report.human(), COMMENT_CHARS_MAX / 2));
        text
    }

    fn mark(&self) -> String {
        mark("stack", &self.work.stack)
    }

    async fn comment(&self, text: &str) -> Result<(), Error> {
        let body = json!({ "body": cut(&format!("{}\n{text}", self.mark())) });
        let path = format!("/issues/{}/comments", self.work.number);
        let known = match self.written.get() {
            Some(id) => Some(*id),
            None => self.own_comment(&path).await?.map(|found| found.id),
        };
        let id = match known {
            Some(id) => id,
            None => {
                let look = async || self.own_comment(&path).await;
                let made: Written = self.github.create(&path, &body, look).await?;
                let by = made.user.map_or_else(String::new, |user| user.login);
                if by != self.login {
                    // By its author it would not be found again.
                    let by = crate::names::excerpt(&by);
                    let login = self.login;
                    tracing::warn!(%by, %login, "the token writes as another account: give its name as --login");
                    self.written.get_or_init(|| made.id);
                }
                return Ok(());
            }
        };
        let path = format!("/issues/comments/{id}");
        let _: serde::de::IgnoredAny = self.github.set(Method::PATCH, &path, &body).await?;
        Ok(())
    }

    /// The comment that an earlier report wrote. Anybody can write the mark: only our own account's counts.
    async fn own_comment(&self, path: &str) -> Result<Option<Written>, Error> {
        let all: Vec<Written> = self.github.list(path).await?;
        Ok(all.into_iter().find(|it| self.is_own(it, &self.mark())))
    }

    fn is_own(&self, written: &Written, mark: &str) -> bool {
        let by = written.user.as_ref().map_or("", |user| user.login.as_str());
        by == self.login
            && written
                .body
                .as_deref()
                .is_some_and(|it| it.starts_with(mark))
    }

    /// A check run on the commit that it is about. The base of an issue's change is not at fault for it: there, nothing fails.
    async fn check(&self, ended: &Ended<'_>) -> Result<(), Error> {
        let published = match ended {
            Ended::Report(report) => report.published(),
            Ended::Unreported(..) | Ended::Fault(_) => None,
        };
        let (head, conclusion) = match (&self.work.kind, published) {
            (Kind::PullRequest { head, .. }, _) => (head, ended.conclusion()),
            (Kind::Issue(_), Some(published)) => (&published.commit, ended.conclusion()),
            (Kind::Issue(_), None) => (&self.base, "neutral"),
        };
        let name = format!("lightsout/{}", self.work.stack);
        let id = match ended {
            Ended::Report(report) => report.run().to_string(),
            Ended::Unreported(..) | Ended::Fault(_) => {
                format!("fault-{}-{head}", self.work.number)
            }
        };
        let summary = match ended {
            Ended::Report(report) => block(&report.human(), CHECK_CHARS_MAX / 2),
            Ended::Unreported(..) | Ended::Fault(_) => code(&ended.line()),
        };
        let title: String = ended.line().chars().take(TITLE_CHARS_MAX).collect();
        let mut body = json!({
            "name": name, "head_sha": head, "external_id": id,
            "status": "completed", "conclusion": conclusion,
            "output": { "title": title, "summary": summary },
        });
        if let (Some(page), Some(fields)) = (&self.page, body.as_object_mut()) {
            fields.insert("details_url".to_owned(), json!(page));
        }
        let at = format!("/commits/{head}/check-runs?check_name={}", segment(&name));
        let look = async || {
            let found: CheckRuns = self.github.get(&at).await?;
            let is_this = |it: &Written| it.external_id.as_deref() == Some(id.as_str());
            Ok(found.check_runs.into_iter().find(is_this))
        };
        drop(
            self.github
                .create::<Written>("/check-runs", &body, look)
                .await?,
        );
        Ok(())
    }

    /// At `review`, opens the pull request with the change.
    async fn pull_request(&self, ended: &Ended<'_>) -> Result<Offered, Error> {
        let (Ended::Report(report), Kind::Issue(_)) = (ended, &self.work.kind) else {
            return Ok(Offered::No);
        };
        let Some(published) = report.published().filter(|_| report.phase() == "review") else {
            return Ok(Offered::No);
        };
        let body = json!({
            "title": format!("{}: change for issue #{}", self.work.stack, self.work.number),
            "head": published.branch, "base": self.work.branch,
            "body": cut(&format!(
                "{}\nFixes #{}\n\n{}\n\n{}",
                self.mark(), self.work.number, report.table(), block(&report.human(), COMMENT_CHARS_MAX / 4)
            )),
        });
        let head = format!("{}:{}", self.github.slug().owner(), published.branch);
        let at = format!("/pulls?state=all&head={}", segment(&head));
        let look = async || {
            let found: Vec<Written> = self.github.get(&at).await?;
            Ok(found.into_iter().next())
        };
        match self.github.create::<Written>("/pulls", &body, look).await {
            Ok(made) => Ok(Offered::Pull(made.number)),
            // Unless a setting allows it, no token of a workflow may open a pull request: then a person does.
            Err(Error::Forbidden { .. } | Error::Conflict { .. }) => {
                Ok(Offered::Branch(published.branch.clone()))
            }
            Err(error) => Err(error),
        }
    }

    /// When code has landed that is not what the world is, an issue says so.
    async fn alarm(&self, ended: &Ended<'_>) -> Result<(), Error> {
        let (id, text) = match ended {
            Ended::Report(report) => match report.alarm() {
                Some(text) => {
                    let all = block(&report.human(), COMMENT_CHARS_MAX / 2);
                    (report.run().to_string(), format!("{text}\n\n{all}"))
                }
                None => return Ok(()),
            },
            Ended::Fault(fault) if is_alarming(fault) => {
                (self.work.number.to_string(), code(&ended.line()))
            }
            Ended::Unreported(Outcome::ApplyIncomplete(_), _) => {
                (self.work.number.to_string(), code(&ended.line()))
            }
            Ended::Unreported(..) | Ended::Fault(_) => return Ok(()),
        };
        let mark = format!("{}<!-- {id} -->", mark("alarm", &self.work.stack));
        let text = format!("{mark}{}\n{text}", self.link());
        let body = json!({
            "title": format!("{}: the code has landed, the apply has not finished", self.work.stack),
            "body": cut(&text),
        });
        // One of this run is among the newest.
        let creator = segment(self.login);
        let at = format!("/issues?state=all&per_page=100&creator={creator}");
        let look = async || {
            let newest: Vec<Written> = self.github.get(&at).await?;
            Ok(newest.into_iter().find(|it| self.is_own(it, &mark)))
        };
        if look().await?.is_none() {
            drop(
                self.github
                    .create::<Written>("/issues", &body, look)
                    .await?,
            );
        }
        Ok(())
    }
}

fn cut(text: &str) -> String {
    text.chars().take(COMMENT_CHARS_MAX).collect()
}

/// The mark by which a report is found again. A stack's name may hold what would end an HTML comment.
fn mark(what: &str, stack: &StackName) -> String {
    let name = URL_SAFE_NO_PAD.encode(stack.as_str());
    format!("<!-- lightsout:v1 {what}={name} -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_stays_within_githubs_limit_whatever_is_in_it() {
        let long = "ä".repeat(200_000);
        assert_eq!(cut(&long).chars().count(), COMMENT_CHARS_MAX);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn a_mark_ends_no_comment_early() {
        let name = StackName::new("a--b").unwrap();
        let mark = mark("stack", &name);
        assert_eq!(mark.matches("--").count(), 2, "{mark}");
    }
}
