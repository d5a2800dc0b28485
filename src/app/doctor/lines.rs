//! What the doctor says.

use serde::Serialize;

use crate::config::AgentKind;

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) is_well: bool,
    pub(super) said: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Diagnosis {
    pub(super) kind: AgentKind,
    pub(super) version: Option<String>,
    pub(super) is_well: bool,
    pub(super) lines: Vec<Line>,
}

/// One of two.
pub(super) fn said(good: bool, yes: &str, no: &str) -> String {
    if good { yes } else { no }.to_owned()
}

/// A line.
pub(super) fn line(what: &'static str, is_well: bool, said: String) -> Line {
    Line {
        what,
        is_well,
        said,
    }
}
