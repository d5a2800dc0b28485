//! `lightsout route`: what a GitHub workflow's event asks for.

use crate::app::runner::{self, Runner};
use crate::app::{Outside, print, print_json};
use crate::cli::{self, Format};
use crate::config::{Autonomy, Config, load, parse};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::names::Sha256;
use crate::perimeter::Perimeter;
use crate::perimeter::github::{Error, GitHub};
use crate::perimeter::repository::Base;
use crate::tracker::event::Event;
use crate::tracker::route::{Kind, Nothing, Routed, Work, route};

/// An event, with everything that was read to understand it.
#[derive(Debug)]
pub struct Checked {
    /// The repository.
    pub perimeter: Perimeter,
    /// The commit that is checked out, and is the head of the branch that changes land on.
    pub base: Base,
    /// GitHub's.
    pub github: GitHub,
    /// What the base commit says.
    pub config: Config,
    /// What the event comes to.
    pub routed: Routed,
}

/// Reads the event and everything that decides what it comes to.
///
/// # Errors
/// There is no event, no configuration, or GitHub does not answer.
pub async fn checked(outside: &Outside) -> Result<Checked, Fault> {
    let event = Event::read(&outside.environment)?;
    let perimeter = outside.perimeter()?;
    let base = perimeter.repository.base()?;
    let config = parse(&load::text(&perimeter, &base)?)?;
    let github = GitHub::of(&outside.environment, event.slug.clone())?;
    let routed = outside
        .interrupt
        .before(decide(&event, &config, &github, &base));
    let routed = routed.await.ok_or(Fault::Interrupted)??;
    Ok(Checked {
        perimeter,
        base,
        github,
        config,
        routed,
    })
}

async fn decide(
    event: &Event,
    config: &Config,
    github: &GitHub,
    base: &Base,
) -> Result<Routed, Fault> {
    let routed = route(event, config, github).await?;
    if matches!(routed, Routed::Nothing(_)) {
        return Ok(routed);
    }
    // The rules come from the branch that changes land on: another commit, such as a pull request's, could say anything.
    let head = github.head(&event.default_branch).await?;
    let head = head.ok_or_else(|| Error::NotFound {
        doing: "looking for the default branch".to_owned(),
    })?;
    if head == base.commit.to_string() {
        return Ok(routed);
    }
    Ok(Routed::Nothing(Nothing {
        code: Nothing::MOVED,
        line: format!(
            "{} is checked out, which is not the head of `{}`",
            base.commit,
            crate::names::excerpt(&event.default_branch)
        ),
    }))
}

/// Prints what the event comes to, and tells the runner.
///
/// # Errors
/// It cannot be found out, or not be written.
pub async fn run(
    outside: &Outside,
    arguments: &cli::Route,
    runner: Option<Runner>,
) -> Result<Exit, Fault> {
    let routed = match checked(outside).await {
        Ok(checked) => checked.routed,
        Err(fault) => return Err(runner::tell(runner, fault)),
    };
    let work = match routed {
        Routed::Nothing(why) => return nothing(outside, runner, &why),
        Routed::Approval(agreement) => {
            let run = agreement.run.to_string();
            told(outside, runner, &[("asks", "approval"), ("run", &run)])?;
            return Ok(Exit::Done);
        }
        Routed::Work(work) => work,
    };
    let text = work.order.text.as_bytes();
    if let Some(out) = &arguments.out {
        std::fs::write(out, text).map_err(Fault::file("writing the work order", out))?;
    }
    let order = Sha256::of(text).to_string();
    let number = work.number.to_string();
    let taint = match work.order.origin.ceiling() {
        Autonomy::Review => "outside",
        Autonomy::Balanced | Autonomy::Auto => "inside",
    };
    let facts = [
        ("asks", asks(&work)),
        ("stack", work.stack.as_str()),
        ("path", &work.path),
        ("number", &number),
        ("order-sha256", &order),
        ("taint", taint),
    ];
    told(outside, runner, &facts)?;
    Ok(Exit::Done)
}

fn asks(work: &Work) -> &'static str {
    match work.kind {
        Kind::Issue(_) => "change",
        Kind::PullRequest { .. } => "judgement",
    }
}

fn told(outside: &Outside, runner: Option<Runner>, facts: &[(&str, &str)]) -> Result<(), Fault> {
    match outside.format {
        Format::Human => {
            for (name, value) in facts {
                print(&format!("{name:>12}  {value}"))?;
            }
        }
        Format::Json => {
            let object: serde_json::Map<String, serde_json::Value> = facts
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into()))
                .collect();
            print_json(&object)?;
        }
    }
    runner.map_or(Ok(()), |runner| runner.facts(facts))
}

/// Says that there is nothing to do, and why.
///
/// # Errors
/// It cannot be written.
pub fn nothing(outside: &Outside, runner: Option<Runner>, why: &Nothing) -> Result<Exit, Fault> {
    // There is something to do, on another commit.
    let is_moved = why.code == Nothing::MOVED;
    let exit = if is_moved {
        Exit::RefusedByGate
    } else {
        Exit::Done
    };
    let code = exit.code().to_string();
    let facts = [
        ("asks", "nothing"),
        ("result", "nothing"),
        ("code", &code),
        ("reason", why.code),
        ("message", why.line.as_str()),
        ("again", if is_moved { "true" } else { "false" }),
    ];
    told(outside, runner, &facts)?;
    Ok(exit)
}
