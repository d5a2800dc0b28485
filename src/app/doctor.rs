//! `lightsout agent doctor`: one kind of agent in the real builder sandbox, behind the real broker, before a model that follows a script.
//!
//! It needs no repository, no account and no key. The key that it gives the broker is drawn for this one run, and is looked for in everything
//! that the agent can read.

mod lines;
mod model;
mod record;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use lines::{Diagnosis, Line, line, said};
pub use model::{Heard, Script, ScriptedModel, Turn, answer, is_check};

use crate::app::{Outside, print, print_json, tools};
use crate::cli::{Doctor, Format};
use crate::config::{Agent, AgentKind, Api, KeySource};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::perimeter::broker::budget::{Account, Limits, Spent};
use crate::perimeter::broker::key::Key as ModelKey;
use crate::perimeter::broker::{self, Ask, ModelPlan, ToolAnswer};
use crate::perimeter::import::{self, Tree};
use crate::perimeter::sandbox;
use crate::pipeline::generate::kind::is_seen;
use crate::pipeline::generate::prompt::{Filling, Template};
use crate::pipeline::generate::{AgentOutcome, Builder, Generated, Shown, Told, Wall, Work, take};
use crate::pipeline::stages::{Found, find};

/// Minutes for each of the two conversations.
const MINUTES: u32 = 3;
/// The name of the model that is none.
const MODEL: &str = "gpt-5.5";
/// What stands in the instructions, and must reach the model.
const MARK: &str = "The doctor's mark is 7f3a.";
/// The file that the model has the agent change.
const FILE: &str = "note.txt";
/// What `check` answers here.
const ANSWER: &str = "check 1 of 1: nothing stops it.";

/// Looks at one kind of agent.
///
/// # Errors
/// The agent cannot be had, or the sandbox cannot be built.
pub async fn run(outside: &Outside, arguments: &Doctor) -> Result<Exit, Fault> {
    let kind = arguments.kind.kind();
    let folder = tempfile::tempdir().map_err(Fault::file("making", Path::new("a folder")))?;
    let found = program(outside, kind).await?;
    let version = found.as_ref().map(|found| found.record.version.clone());
    let patient = Patient {
        kind,
        found,
        folder: folder.path().to_owned(),
        canary: format!(
            "sk-canary-{}",
            crate::random::hex().map_err(Fault::file("drawing a key for", folder.path()))?
        ),
    };
    let examined = patient.examine(outside);
    let mut lines = outside
        .interrupt
        .before(examined)
        .await
        .ok_or(Fault::Interrupted)??;
    if let Some(version) = &version {
        let is_seen = is_seen(kind, version);
        let said = if is_seen {
            format!("{version}, whose output is known")
        } else {
            format!("{version}: its output was not seen before, what it says may be read wrongly")
        };
        // A warning: what it prints decides nothing.
        lines.insert(0, line("it is a known version", true, said));
    }
    let diagnosis = Diagnosis {
        kind,
        version,
        is_well: lines.iter().all(|line| line.is_well),
        lines,
    };
    match outside.format {
        Format::Json => print_json(&diagnosis)?,
        Format::Human => {
            for line in &diagnosis.lines {
                let mark = if line.is_well { "ok    " } else { "FAILED" };
                print(&format!("{mark}  {}: {}", line.what, line.said))?;
            }
        }
    }
    Ok(if diagnosis.is_well {
        Exit::Done
    } else {
        Exit::Fault
    })
}

async fn program(outside: &Outside, kind: AgentKind) -> Result<Option<Found>, Fault> {
    let tools = tools::open(outside, None)?;
    tools::install_named(&tools, &outside.interrupt, kind).await?;
    find(&tools, &agent(kind, 1)?).await
}

/// A configuration as a stack would have it.
fn agent(kind: AgentKind, requests: u64) -> Result<Agent, Fault> {
    let text = serde_json::json!({
        "kind": kind,
        "minutes": MINUTES,
        "model": {"name": MODEL, "key": {"descriptor": 3}, "silence_seconds": 60},
        "budget": {"requests": requests},
    });
    serde_json::from_value(text)
        .map_err(|error| Fault::Usage(format!("configuring `{kind}`: {error}")))
}

struct Patient {
    kind: AgentKind,
    found: Option<Found>,
    folder: PathBuf,
    canary: String,
}

/// What one conversation left.
struct Seen {
    wall: Wall,
    generated: Generated,
    bodies: Vec<String>,
    asked: u64,
    took: Duration,
}

impl Patient {
    async fn examine(&self, outside: &Outside) -> Result<Vec<Line>, Fault> {
        // Its own environment, what its processes show, every file that it can read: of all that, whatever looks like a key is printed.
        let look = format!(
            "printf 'edited\\n' >> {FILE}; (env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/self/mountinfo 2>/dev/null; \
             find /etc /home /tmp /work /lightsout/config /dev/shm -type f -exec cat {{}} + 2>/dev/null) | grep -aoE 'sk-canary-[0-9a-f]+'; \
             echo looked-$((6*7))"
        );
        let seen = self
            .converse(
                outside,
                "first",
                50,
                Arc::new(move |heard: &Heard| match heard.results.len() {
                    0 => Turn::Run(look.clone()),
                    1 => Turn::Check,
                    _ => Turn::Say("done".to_owned()),
                }),
            )
            .await?;
        let mut lines = self.healthy(&seen);
        let seen = self
            .converse(
                outside,
                "second",
                1,
                Arc::new(|_: &Heard| Turn::Run("true".to_owned())),
            )
            .await?;
        lines.push(budget(&seen));
        Ok(lines)
    }

    /// Whether it starts and does what it should.
    fn works(&self, seen: &Seen) -> [Line; 3] {
        let report = &seen.generated.report;
        let tree = seen.generated.tree.as_ref();
        let edited = tree
            .and_then(|tree| tree.file(FILE))
            .is_some_and(|file| file.bytes().ends_with(b"edited\n"));
        [
            line(
                "the sandbox stands",
                true,
                format!(
                    "{} attempts to look outside failed",
                    seen.wall.attempts.len()
                ),
            ),
            line(
                "it starts, talks and ends",
                report.outcome == AgentOutcome::Changed,
                format!(
                    "{} in {} ms, {} requests; it said: {}",
                    report.outcome,
                    seen.took.as_millis(),
                    seen.bodies.len(),
                    crate::names::excerpt(&seen.generated.said)
                ),
            ),
            line(
                "it can edit a file",
                edited,
                said(edited, "the line is there", "the line is not there"),
            ),
        ]
    }

    /// What reached it, and what did not.
    fn healthy(&self, seen: &Seen) -> Vec<Line> {
        // The model's own side gets the key, in the head of each request; nothing else may.
        let texts: Vec<&str> = seen
            .bodies
            .iter()
            .filter_map(|it| Some(it.split_once('\n')?.1))
            .collect();
        let reached = |text: &str| texts.iter().any(|body| body.contains(text));
        let is_found = reached(&self.canary) || seen.generated.said.contains(&self.canary);
        let mut lines = self.works(seen).to_vec();
        lines.extend([
            line(
                "it sees AGENTS.md",
                reached(MARK),
                said(
                    reached(MARK),
                    "the model was told",
                    "the model was not told",
                ),
            ),
            line(
                "it can check its work",
                seen.asked > 0 && reached(ANSWER),
                format!("asked {} times", seen.asked),
            ),
            line(
                "it finds no key",
                reached("looked-42") && !is_found,
                said(
                    !is_found,
                    "its environment, processes and files hold none",
                    "THE KEY IS IN THE SANDBOX",
                ),
            ),
        ]);
        lines
    }

    /// One conversation with a script.
    async fn converse(
        &self,
        outside: &Outside,
        name: &str,
        requests: u64,
        script: Script,
    ) -> Result<Seen, Fault> {
        let place = self.folder.join(name);
        let agent = agent(self.kind, requests)?;
        let base = self.stack(&place)?;
        let shown = self.shown(&place)?;
        let (builder, wall) = Builder::prepare(shown, &[outside.home.join("keys"), place.clone()])
            .await
            .map_err(Fault::Generate)?;
        let recorded = record::record(&place, &agent, wall.clone())?;
        let template = Template::built_in();
        let prompt = template.fill(Filling {
            order: "Follow the script.",
            notes: None,
            feedback: None,
            allow: &["**".to_owned()],
            checks: 1,
        });
        let scripted = ScriptedModel::start(script)
            .await
            .map_err(Fault::file("serving", Path::new("the scripted model")))?;
        let (tool, questions) = mpsc::channel(4);
        let counted = tokio::spawn(answer_checks(questions));
        let started = tokio::time::Instant::now();
        let work = Work {
            agent: &agent,
            prompt: &prompt,
            model: Some(self.model(&agent, &scripted, &place)?),
            tool,
        };
        let left = builder.run(&recorded, work, std::future::pending()).await?;
        let took = started.elapsed();
        let asked = counted.await.unwrap_or(0);
        let told = Told {
            attempt: 1,
            agent: &agent,
            program: self.found.as_ref().map(|found| found.record.clone()),
            template: template.hash(),
            prompt: &prompt,
            checks: asked,
        };
        Ok(Seen {
            wall,
            generated: take(left, &base, told),
            bodies: scripted.bodies(),
            asked,
            took,
        })
    }

    /// A folder to work in, as a tree too.
    fn stack(&self, place: &Path) -> Result<Tree, Fault> {
        use std::os::fd::AsFd as _;
        let folder = place.join("stack");
        std::fs::create_dir_all(&folder).map_err(Fault::file("making", &folder))?;
        for (name, text) in [(FILE, "as it was\n"), ("AGENTS.md", MARK)] {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(Fault::file("writing", &path))?;
        }
        let folder = import::open_folder(&folder)?;
        Ok(import::import(folder.as_fd(), &import::Limits::default())?)
    }

    fn shown(&self, place: &Path) -> Result<Shown, Fault> {
        use std::os::unix::fs::PermissionsExt as _;
        let config = place.join("config");
        std::fs::create_dir(&config)
            .and_then(|()| {
                std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o755))
            })
            .map_err(Fault::file("making", &config))?;
        Ok(Shown {
            folder: place.join("stack"),
            program: self.found.as_ref().map(|found| found.program.clone()),
            config,
            check: sandbox::executable()
                .map_err(Fault::file("finding", Path::new("the running program")))?,
            ..Shown::default()
        })
    }

    fn model(
        &self,
        agent: &Agent,
        scripted: &ScriptedModel,
        place: &Path,
    ) -> Result<ModelPlan, Fault> {
        let api = self.kind.api().unwrap_or(Api::Chat);
        let limits = Limits::new(&agent.budget)
            .ok_or_else(|| Fault::Usage("a budget of the doctor's is none".to_owned()))?;
        let file = place.join("key");
        std::fs::write(&file, &self.canary).map_err(Fault::file("writing", &file))?;
        let environment = crate::config::environment::Environment::from_pairs([]);
        let key = ModelKey::read(&KeySource::File(file), &environment, &place.join("stack"));
        Ok(ModelPlan {
            api,
            url: scripted.url(api),
            name: MODEL.to_owned(),
            key: Arc::new(key.map_err(broker::Error::from)?),
            account: Account::new(limits, limits, Spent::default(), None),
            output_tokens: 8_000,
            silence: Duration::from_secs(60),
            transcript: None,
        })
    }
}

/// Answers every question alike; how many there were.
async fn answer_checks(mut questions: mpsc::Receiver<Ask>) -> u64 {
    let mut asked = 0;
    while let Some(ask) = questions.recv().await {
        asked += 1;
        let answer = ToolAnswer {
            text: ANSWER.to_owned(),
            is_error: false,
        };
        drop(ask.reply.send(answer));
    }
    asked
}

/// The budget of one request, and a script that wants more.
fn budget(seen: &Seen) -> Line {
    let spent = matches!(
        seen.generated.report.outcome,
        AgentOutcome::BudgetSpent { .. }
    );
    let sent = seen.bodies.len();
    line(
        "it ends when its budget is spent",
        spent && sent <= 1,
        format!(
            "{sent} request reached the model, it ended after {} ms: {}",
            seen.took.as_millis(),
            seen.generated.report.outcome
        ),
    )
}
