//! What the caller is told while tools are installed, and two ways to show it.
//!
//! Installing takes a [`Progress`] callback and prints nothing by itself; [`Reporter`] is one for a terminal (bars on standard
//! error) and one for logs (a line for each event).

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Source;

/// Told of every event, in order.
pub type Progress<'a> = &'a (dyn Fn(&Event<'_>) + Send + Sync);

/// How often a bar without news moves.
const TICK: Duration = Duration::from_millis(120);

/// Something happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Another process installs; we wait for it.
    Waiting {
        /// The lock file.
        path: &'a Path,
    },
    /// Bytes have come; the first event of a download says 0.
    Downloading {
        /// The tool.
        tool: &'a str,
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all, if the server says so.
        total: Option<u64>,
    },
    /// A build has begun.
    Building {
        /// The tool.
        tool: &'a str,
        /// Its version.
        version: &'a str,
    },
    /// npm fetches a package, and does not say how much of it has come.
    Packing {
        /// The tool.
        tool: &'a str,
        /// Its version.
        version: &'a str,
    },
    /// A source could not be used; the next one is tried.
    SourceFailed {
        /// The tool.
        tool: &'a str,
        /// The source.
        source: Source,
        /// Why, in one line.
        reason: &'a str,
    },
    /// A tool is there.
    Installed {
        /// The tool.
        tool: &'a str,
        /// Its version.
        version: &'a str,
        /// Where it came from.
        source: Source,
    },
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { path } => write!(
                f,
                "waiting for another process that installs tools (`{}`)",
                path.display()
            ),
            Self::Downloading {
                tool,
                bytes: 0,
                total: Some(total),
            } => {
                write!(f, "downloading `{tool}` ({} MB)", total / 1_000_000)
            }
            Self::Downloading { tool, .. } => write!(f, "downloading `{tool}`"),
            Self::Building { tool, version } => write!(
                f,
                "building `{tool}` {version} with Go (minutes, the first time)"
            ),
            Self::Packing { tool, version } => write!(
                f,
                "downloading and unpacking `{tool}` {version} with npm (a minute, the first time)"
            ),
            Self::SourceFailed {
                tool,
                source,
                reason,
            } => {
                write!(f, "`{tool}` from `{source}`: {reason}")
            }
            Self::Installed {
                tool,
                version,
                source,
            } => {
                write!(f, "installed `{tool}` {version} from `{source}`")
            }
        }
    }
}

/// Shows events.
pub struct Reporter(Show);

enum Show {
    Bar(ProgressBar),
    Lines(Mutex<Box<dyn Write + Send>>),
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Show::Bar(_) => "Reporter(bar)",
            Show::Lines(_) => "Reporter(lines)",
        })
    }
}

impl Reporter {
    /// A bar on standard error, for a terminal.
    #[must_use]
    pub fn bar() -> Self {
        Self(Show::Bar(ProgressBar::new_spinner()))
    }

    /// One line for each event.
    #[must_use]
    pub fn lines(writer: Box<dyn Write + Send>) -> Self {
        Self(Show::Lines(Mutex::new(writer)))
    }

    /// Shows one event. What cannot be shown is no reason to stop installing.
    pub fn report(&self, event: &Event<'_>) {
        match &self.0 {
            Show::Bar(bar) => show(bar, event),
            Show::Lines(writer) => {
                if matches!(event, Event::Downloading { bytes, .. } if *bytes > 0) {
                    return;
                }
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(cause) = writeln!(writer, "{event}").and_then(|()| writer.flush()) {
                    tracing::debug!(%cause, "showing progress");
                }
            }
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if let Show::Bar(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn show(bar: &ProgressBar, event: &Event<'_>) {
    match event {
        Event::Downloading { bytes, total, .. } => {
            if *bytes == 0 {
                bar.set_style(style(total.is_some()));
                bar.set_message(event.to_string());
                bar.set_length(total.unwrap_or(0));
            }
            bar.set_position(*bytes);
        }
        Event::Waiting { .. } | Event::Building { .. } | Event::Packing { .. } => {
            bar.set_style(style(false));
            bar.set_message(event.to_string());
            bar.enable_steady_tick(TICK);
        }
        Event::SourceFailed { .. } | Event::Installed { .. } => {
            bar.disable_steady_tick();
            bar.set_message("");
            bar.println(event.to_string());
        }
    }
}

fn style(has_total: bool) -> ProgressStyle {
    let template = if has_total {
        "{msg} {bar:30} {binary_bytes}/{binary_total_bytes} {eta}"
    } else {
        "{spinner} {msg} {elapsed}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
