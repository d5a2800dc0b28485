//! What the engine starts as its policy pack: this very binary under another name, which prints the port that we serve in the engine's
//! namespace, and waits for the engine's end.
//!
//! It runs in the engine's sandbox, with the engine's environment, and looks at nothing of it but the port.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::engine::analyzer::{NAME, PORT_VARIABLE};
use crate::exit::Exit;

/// Whether the program was started under the policy pack's name.
#[must_use]
pub fn is_asked(name: &OsStr) -> bool {
    Path::new(name).file_name() == Some(OsStr::new(NAME))
}

/// Says the port, and waits.
#[expect(
    clippy::disallowed_methods,
    reason = "inside the engine's sandbox, where the port is in the environment"
)]
pub fn main() -> Exit {
    let Some(port) = std::env::var(PORT_VARIABLE).map_or(None, Some) else {
        let text =
            format!("error: `{PORT_VARIABLE}` is not set: this works in an engine's sandbox\n");
        // The exit code says it too.
        drop(std::io::stderr().write_all(text.as_bytes()));
        return Exit::Fault;
    };
    match serve(&port) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Fault,
    }
}

fn serve(port: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(format!("{port}\n").as_bytes())?;
    out.flush()?;
    // The engine holds the other end for as long as it wants to ask, and writes nothing.
    let mut rest = [0; 64];
    while std::io::stdin().read(&mut rest)? > 0 {}
    Ok(())
}
