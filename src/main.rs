//! Parse, run, report, return the exit code.

use clap::Parser as _;
use lightsout::exit::Exit;
use lightsout::perimeter::sandbox;

fn main() -> Exit {
    // The sandbox's own first process is this binary again; it must not start a runtime or read anything before.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == sandbox::INIT_ARG)
    {
        sandbox::init_main();
    }
    lightsout::app::main(lightsout::cli::Cli::parse())
}
