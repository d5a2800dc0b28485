//! Parse, run, report, return the exit code.

use std::io::Write as _;

use clap::Parser as _;
use lightsout::app::{check, policies};
use lightsout::exit::Exit;
use lightsout::perimeter::sandbox;
use lightsout::perimeter::shed::shed;

fn main() -> Exit {
    // The sandbox's own first process is this binary again; it must not start a runtime or read anything before.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == sandbox::INIT_ARG)
    {
        sandbox::init_main();
    }
    // And so are the command with which an agent has its work looked at, and the engine's policy pack.
    if let Some(name) = std::env::args_os().next() {
        if check::is_asked(&name) {
            return check::main();
        }
        if policies::is_asked(&name) {
            return policies::main();
        }
    }
    match shed().and_then(|shed| sandbox::keep_descriptors().map(|()| shed)) {
        Ok(shed) => lightsout::app::main(lightsout::cli::Cli::parse(), shed),
        Err(error) => {
            // With standard error closed too, the exit code still says it.
            drop(writeln!(
                std::io::stderr(),
                "error: taking the job's secrets out of the reach of other programs: {error}"
            ));
            Exit::Fault
        }
    }
}
