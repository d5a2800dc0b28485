//! Parse, run, report, return the exit code.

use lightsout::perimeter::sandbox;

fn main() {
    // Before anything else: this stage must have one thread and read nothing of ours.
    if std::env::args_os().skip(1).eq([sandbox::INIT_ARG]) {
        sandbox::init_main();
    }
}
