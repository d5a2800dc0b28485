//! What each subcommand does: gathers the outside once, calls the library, prints the result.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

pub mod agent;
pub mod approve;
pub mod check;
pub mod doctor;
pub mod order;
pub mod outside;
pub mod policies;
pub mod policy;
pub mod route;
pub mod runner;
pub mod stacks;
pub mod stage;
pub mod tools;
pub mod trust;
pub mod verify;
pub mod waive;
pub mod work;

pub use order::order;
pub use outside::Outside;
use runner::Runner;

use crate::cli::{self, Cli, Command, Format, FormatArg};
use crate::config::environment::Environment;
use crate::config::load;
use crate::demo;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ledger::{Key, Ledger, PersonName};
use crate::names::RunId;
use crate::perimeter::Perimeter;
use crate::perimeter::import::RelPath;
use crate::perimeter::repository::Base;
use crate::perimeter::shed::Shed;
use crate::pipeline::run::{Run, Scope};
use crate::pipeline::{self, Outcome, Request};
use crate::progress::Terminal;
use crate::report::Report;

/// Runs the command line to its exit code.
pub fn main(cli: Cli, shed: Shed) -> Exit {
    logs(cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return failed(
                &Fault::Usage(format!("starting: {error}")),
                cli.format.plain(),
            );
        }
    };
    let format = cli.format.plain();
    let result = runtime.block_on(dispatch(cli, shed));
    // A thread that still waits for a file must not keep the process.
    runtime.shutdown_background();
    result.unwrap_or_else(|fault| failed(&fault, format))
}

async fn dispatch(cli: Cli, shed: Shed) -> Result<Exit, Fault> {
    let environment = Environment::read(shed);
    let outside = Outside::new(&cli, environment)?;
    if let Some(only) = cli.format.only().filter(|only| *only != cli.command.name()) {
        let format = format!("{:?}", cli.format).to_ascii_lowercase();
        let why = format!("`--format {format}` is for `lightsout {only}`");
        return Err(Fault::Usage(why));
    }
    // Whatever a command prints, the runner takes none of it for a command of its own.
    let mut runner = Runner::begin(&outside.environment)?;
    let done = act(&outside, &cli, &mut runner).await;
    runner.map_or(Ok(()), Runner::end)?;
    done
}

/// Does what is asked for; who has more to tell the runner takes it.
async fn act(outside: &Outside, cli: &Cli, runner: &mut Option<Runner>) -> Result<Exit, Fault> {
    match &cli.command {
        Command::Run(arguments) => run(outside, arguments, runner.take()).await,
        Command::Work(arguments) => work::run(outside, arguments, runner.take()).await,
        Command::Route(arguments) => route::run(outside, arguments, runner.take()).await,
        Command::Stacks(arguments) => {
            stacks::run(outside, arguments, cli.format == FormatArg::Matrix)
        }
        Command::Demo(arguments) => demo::run(outside, arguments.keep.as_deref()).await,
        Command::Approve(arguments) => approve::run(outside, arguments).await,
        Command::Acknowledge(arguments) => acknowledge(outside, arguments),
        Command::Generate(arguments) => stage::generate(outside, arguments).await,
        Command::Preview(arguments) => stage::preview(outside, arguments).await,
        Command::Policy(arguments) => match &arguments.command {
            None => stage::policy(outside, &arguments.stage).await,
            Some(command) => policy::run(outside, command, cli.format).await,
        },
        Command::Holdout(arguments) => stage::holdout(outside, arguments).await,
        Command::Gate(arguments) => stage::gate(outside, arguments).await,
        Command::Apply(arguments) => stage::apply(outside, arguments).await,
        Command::Verify(arguments) => verify::run(outside, arguments),
        Command::Tools { command } => outside
            .interrupt
            .before(tools::run(outside, command))
            .await
            .ok_or(Fault::Interrupted)?,
        Command::Agent { command } => agent::run(outside, command).await,
        Command::TrustPolicy(arguments) => trust::run(outside, arguments),
        Command::Schema => {
            print(
                &serde_json::to_string_pretty(&crate::config::schema())
                    .map_err(|error| Fault::Usage(error.to_string()))?,
            )?;
            Ok(Exit::Done)
        }
        Command::Vocabulary => {
            print(&pipeline::holdout::vocabulary())?;
            Ok(Exit::Done)
        }
    }
}

/// The name of the key that signs ledgers, and so their origin.
const KEY_NAME: &str = "lightsout";

/// Opens the ledger of a repository for writing.
///
/// # Errors
/// The key or the ledger cannot be used.
pub fn ledger(perimeter: &Perimeter) -> Result<Ledger, Fault> {
    let path = perimeter.key();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Fault::file("making", folder))?;
    }
    let key = Key::load_or_create(&path, KEY_NAME)?;
    let ledger = Ledger::open(&perimeter.ledger(), key, crate::perimeter::now)?;
    if let Some(torn) = ledger.torn() {
        warn(&format!(
            "an interrupted write of {} bytes was put aside as {}",
            torn.bytes,
            torn.file.display()
        ))?;
    }
    Ok(ledger)
}

/// Says when the work tree's rules are not those of the commit: only the commit's count.
///
/// # Errors
/// Standard error is closed.
pub fn warn_uncommitted(perimeter: &Perimeter, base: &Base) -> Result<(), Fault> {
    for name in [crate::config::CONFIG_FILE, tools::LOCK_FILE] {
        let path = RelPath::new(name).map_err(|error| Fault::Usage(error.to_string()))?;
        if perimeter.repository.differs_from_base(base, &path) {
            warn(&format!(
                "`{name}` differs from the commit that is checked out; the commit's is used"
            ))?;
        }
    }
    Ok(())
}

/// 128 random bits, in hexadecimal.
///
/// # Errors
/// The system has no randomness.
pub fn random() -> Result<String, Fault> {
    crate::random::hex().map_err(|error| Fault::Usage(error.to_string()))
}

/// A new run's id: the time, so that ids sort, and a random part.
///
/// # Errors
/// The system has no randomness.
pub fn new_run_id() -> Result<RunId, Fault> {
    let random: String = random()?.chars().take(8).collect();
    let time = crate::perimeter::now().strftime("%Y%m%d-%H%M%S");
    RunId::new(format!("{time}-{random}")).map_err(|error| Fault::Usage(error.to_string()))
}

fn acknowledge(outside: &Outside, arguments: &cli::Acknowledge) -> Result<Exit, Fault> {
    let perimeter = outside.perimeter()?;
    let by = person(&arguments.by)?;
    let mut ledger = ledger(&perimeter)?;
    let job = approve::job(&perimeter, &ledger, &arguments.run)?;
    let state = pipeline::run::state_folder(&perimeter, &job)?;
    let note = &arguments.note;
    let stack = pipeline::settle::acknowledge(&mut ledger, &state, &arguments.run, by, note)?;
    match outside.format {
        Format::Human => print(&format!(
            "run {} is acknowledged; stack {stack} may be changed again",
            arguments.run
        ))?,
        Format::Json => print_json(&serde_json::json!({ "run": arguments.run, "stack": stack }))?,
    }
    Ok(Exit::Done)
}

/// A person's name from `--by`.
///
/// # Errors
/// It is not one.
pub fn person(name: &str) -> Result<PersonName, Fault> {
    PersonName::new(name).map_err(|error| Fault::Usage(format!("`--by`: {error}")))
}

async fn run(
    outside: &Outside,
    arguments: &cli::Run,
    runner: Option<Runner>,
) -> Result<Exit, Fault> {
    let perimeter = outside.perimeter()?;
    let request = Request {
        order: order(outside, &arguments.spec).await?,
        proposal: arguments.proposal.clone(),
        remote: None,
    };
    match whole_run(&perimeter, &arguments.stack, request, outside.format).await {
        Ok((report, outcome)) => {
            let reported = report.and_then(|report| {
                show(outside.format, &report)?;
                runner.map_or(Ok(()), |runner| runner.report(&report, true))
            });
            told(&outcome, reported)
        }
        Err(fault) => Err(runner::tell(runner, fault)),
    }
}

/// The exit code of an outcome that was reported, or could not be.
///
/// What was applied stays applied, and what was refused stays refused: a report that cannot be written must not end as something else.
///
/// # Errors
/// Nobody was told of what was handed over, or that nothing changes.
pub fn told(outcome: &Outcome, reported: Result<(), Fault>) -> Result<Exit, Fault> {
    match (reported, outcome) {
        (Ok(()), _) => Ok(outcome.exit()),
        (Err(fault), Outcome::Applied(_) | Outcome::ApplyIncomplete(_) | Outcome::Refused(_)) => {
            // With standard error closed too, the exit code still says it.
            drop(warn(&format!(
                "the run's report is not complete: {}",
                fault.line()
            )));
            Ok(outcome.exit())
        }
        (Err(fault), Outcome::NothingToChange | Outcome::HandedOver(..)) => Err(fault),
    }
}

/// One whole run in a repository, with its report written beside its evidence.
///
/// # Errors
/// lightsout could not decide.
pub async fn one_run(
    perimeter: &Perimeter,
    stack: &crate::names::StackName,
    request: Request,
    format: Format,
) -> Result<Report, Fault> {
    whole_run(perimeter, stack, request, format).await?.0
}

/// The same, with the outcome even when the report could not be written.
///
/// # Errors
/// lightsout could not decide.
pub async fn whole_run(
    perimeter: &Perimeter,
    stack: &crate::names::StackName,
    request: Request,
    format: Format,
) -> Result<(Result<Report, Fault>, Outcome), Fault> {
    tools::install_missing(perimeter).await?;
    let base = perimeter.repository.base()?;
    let job = load::job(perimeter, &base, stack)?;
    // Said before anything is begun, and long before it is needed.
    pipeline::run::passphrase(perimeter, &job)?;
    if request.proposal.is_none()
        && let Some(agent) = &job.stack.agent
    {
        tools::install_named(&perimeter.tools, &perimeter.interrupt, agent.kind).await?;
    }
    warn_uncommitted(perimeter, &base)?;
    let mut ledger = ledger(perimeter)?;
    let origin = &request.order.origin;
    let mut run = Run::open(
        new_run_id()?,
        &job,
        perimeter,
        &mut ledger,
        base,
        origin,
        Scope::Whole,
    )
    .await?;
    let outcome = match format {
        Format::Human => pipeline::run(&mut run, request, &Terminal::stderr()).await,
        Format::Json => pipeline::run(&mut run, request, &crate::progress::Silent).await,
    }?;
    Ok((new_outcome(&run, &outcome), outcome))
}

/// Makes the report of a run that ended or waits, and writes it beside the run's files.
///
/// # Errors
/// The ledger cannot be read, or the report cannot be written.
pub fn new_outcome(run: &Run<'_>, outcome: &Outcome) -> Result<Report, Fault> {
    let report = Report::of(run, outcome)?;
    report.write(&run.folder())?;
    Ok(report)
}

/// Prints a report in the asked format.
///
/// # Errors
/// Standard output is closed.
pub fn show(format: Format, report: &Report) -> Result<(), Fault> {
    match format {
        Format::Human => print(&report.human()),
        Format::Json => print_json(report),
    }
}

/// Prints a value as JSON.
///
/// # Errors
/// Standard output is closed.
pub fn print_json(value: &impl Serialize) -> Result<(), Fault> {
    print(
        &serde_json::to_string_pretty(value)
            .map_err(|error| Fault::Usage(format!("writing JSON: {error}")))?,
    )
}

/// Prints text and a newline on standard output.
///
/// # Errors
/// Standard output is closed.
pub fn print(text: &str) -> Result<(), Fault> {
    writeln!(std::io::stdout(), "{}", text.trim_end())
        .map_err(Fault::file("writing to", Path::new("standard output")))
}

/// Prints a line on standard error.
///
/// # Errors
/// Standard error is closed.
pub fn warn(text: &str) -> Result<(), Fault> {
    writeln!(std::io::stderr(), "{text}")
        .map_err(Fault::file("writing to", Path::new("standard error")))
}

fn failed(fault: &Fault, format: Format) -> Exit {
    use miette::Diagnostic as _;
    let text = match format {
        Format::Human => {
            let help = fault.help().map_or_else(String::new, |help| format!("\n  help: {help}"));
            format!("error[{}]: {}{help}", fault.code_text(), fault.line())
        }
        Format::Json => serde_json::json!({
            "error": { "code": fault.code_text(), "message": fault.line(), "help": fault.help().map(|help| help.to_string()), "exit": fault.exit().code() }
        })
        .to_string(),
    };
    // The runner takes this for a command wherever it stands.
    let text = text.replace("##[", "## [");
    // With standard error closed too, the exit code still says it.
    drop(warn(&text));
    fault.exit()
}

fn logs(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::INFO,
        2 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    // Only our own events: a library's may hold payloads.
    let filter = tracing_subscriber::EnvFilter::new(format!("lightsout={level}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
