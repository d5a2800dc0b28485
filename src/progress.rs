//! Progress for people: which stage is running, on a terminal as a line that moves, otherwise as plain lines.
//!
//! It writes to standard error; standard output is for results.

use std::io::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Who hears of a run's progress.
pub trait Progress: Sync {
    /// A stage begins; it ends when the value is dropped.
    fn stage(&self, name: &str) -> Shown;
    /// Something worth a line.
    fn note(&self, text: &str);
}

/// A stage that is shown while it runs.
#[derive(Debug)]
pub struct Shown {
    bar: Option<ProgressBar>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Progress on standard error.
#[derive(Debug)]
pub struct Terminal {
    is_terminal: bool,
}

impl Terminal {
    /// A bar when standard error is a terminal, plain lines otherwise.
    #[must_use]
    pub fn stderr() -> Self {
        use std::io::IsTerminal as _;
        Self {
            is_terminal: std::io::stderr().is_terminal(),
        }
    }
}

impl Progress for Terminal {
    fn stage(&self, name: &str) -> Shown {
        if !self.is_terminal {
            self.note(name);
            return Shown { bar: None };
        }
        let bar = ProgressBar::new_spinner().with_message(name.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Shown { bar: Some(bar) }
    }

    fn note(&self, text: &str) {
        // A closed standard error must not end a run.
        drop(writeln!(std::io::stderr(), "  {text}"));
    }
}

/// Nobody listens.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str) -> Shown {
        Shown { bar: None }
    }

    fn note(&self, _text: &str) {}
}
