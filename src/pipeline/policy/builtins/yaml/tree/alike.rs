//! What OPA's reader and ours read alike.
//!
//! The rules here came from comparing the two on some hundred thousand small documents, good and bad ones.

use granit_parser::{ErrorKind, Event, ScalarStyle, ScanError, Span, StructureStyle};

use super::super::{Failure, not_offered};

/// What a document is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// A mapping or sequence without brackets that begins with a plain word at the beginning of a line: it goes to the end of the
    /// document.
    Block,
    /// Anything else: OPA's reader takes it and does not look at what follows.
    Other,
}

impl Root {
    pub(super) fn of(first: &Event<'_>, column: usize, text: &str) -> Result<Self, Failure> {
        if matches!(
            first,
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..)
        ) {
            return not_offered("a block scalar that is the whole document");
        }
        let is_block = matches!(
            first,
            Event::SequenceStart(StructureStyle::Block, ..)
                | Event::MappingStart(StructureStyle::Block, ..)
        );
        let begins = text.trim_start_matches(['-', ' ', '\n']);
        let odd = ['[', '{', '\'', '"', '!', '&', '*', '|', '>', '#'];
        Ok(if is_block && column == 0 && !begins.starts_with(odd) {
            Self::Block
        } else {
            Self::Other
        })
    }
}

/// Refuses what the readers take differently wherever it is, also in quotes.
pub(super) fn check(text: &str) -> Result<(), Failure> {
    let is_odd = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if text.contains('\t') && !is_indented_with_tabs(text) {
        return not_offered("tabs, other than before the lines of a document in brackets");
    }
    if text.contains(is_odd) {
        return not_offered("control characters, or breaks of lines other than `\\n`");
    }
    if text.lines().any(|line| line.starts_with("...")) {
        return not_offered("`...` at the beginning of a line");
    }
    if text.lines().any(|line| line.trim_start().starts_with(':')) {
        return not_offered("a colon at the beginning of a line");
    }
    if ["\\/", "\\ud", "\\uD"]
        .iter()
        .any(|escape| text.contains(escape))
    {
        return not_offered("`\\/`, or an escape for half a character");
    }
    let names_a_key = |alias: &str| {
        let rest = alias.trim_start_matches(is_in_name);
        rest.len() < alias.len() && rest.starts_with(':')
    };
    if text.split('*').skip(1).any(names_a_key) {
        return not_offered("an alias that a colon follows");
    }
    let mut before = ' ';
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        if (before == ':' && matches!(c, ',' | ']' | '}'))
            || (matches!(before, ',' | '[' | '{') && c == '?')
        {
            return not_offered("a colon before, or a question mark after, a bracket or comma");
        }
        before = c;
    }
    Ok(())
}

/// Whether all tabs are at the beginning of lines of JSON.
fn is_indented_with_tabs(text: &str) -> bool {
    let is_line = |line: &str| {
        let rest = line.trim_start_matches('\t');
        let is_json = rest.starts_with(['"', '{', '[', ']', '}']);
        !rest.contains('\t') && (rest.len() == line.len() || is_json)
    };
    text.starts_with(['[', '{']) && text.lines().all(is_line)
}

pub(super) fn check_anchor(name: &str, text: &str, span: Span) -> Result<(), Failure> {
    if !name.chars().all(is_in_name) {
        return not_offered("an anchor whose name is not of ASCII letters and digits");
    }
    let after = span.end.byte_offset().and_then(|end| text.get(end..));
    if after.is_some_and(|after| after.is_empty() || after.starts_with([' ', '\n'])) {
        return Ok(());
    }
    not_offered("an anchor that no space follows")
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

pub(super) fn check_in_brackets(text: &str, style: ScalarStyle, span: Span) -> Result<(), Failure> {
    if style == ScalarStyle::Plain && (text.contains('?') || text.starts_with(':')) {
        return not_offered("a colon or a question mark in brackets and without quotes");
    }
    if span.start.line() != span.end.line() {
        return not_offered("a text in brackets that goes over lines");
    }
    Ok(())
}

/// What a text means that is no YAML to our reader: an error for OPA's as well, or else not offered.
pub(super) fn failure(root: Root, text: &str, error: &ScanError) -> Failure {
    let kind = error.kind();
    let is_error = (root == Root::Block && is_shared(kind)) || is_never_closed(text, kind);
    // Where a tag ends is a matter of its own.
    if is_error && !text.contains('!') {
        return Failure::Undefined;
    }
    Failure::NotOffered(format!(
        "this text is no YAML to us, and may be to OPA: {error}"
    ))
}

/// Whether the document begins with a bracket, and there is none to close it.
fn is_never_closed(text: &str, kind: &ErrorKind) -> bool {
    let ErrorKind::UnclosedFlowCollection { open } = kind else {
        return false;
    };
    let close = if *open == '[' { ']' } else { '}' };
    text.trim_start_matches([' ', '\n']).starts_with(*open) && !text.contains(close)
}

fn is_shared(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BlockEntryInFlowCollection
            | ErrorKind::BlockSequenceEntryNotAllowed
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::FlowMappingValueAdjacentCollection
            | ErrorKind::InvalidBlockScalarHeader
            | ErrorKind::MappingKeyNotAllowed
            | ErrorKind::MappingValueNotAllowed
            | ErrorKind::MismatchedFlowCollectionEnd { .. }
            | ErrorKind::MisplacedFlowCollectionEnd
            | ErrorKind::MissingAnchorOrAliasName
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnclosedQuotedScalar
            | ErrorKind::UnexpectedCharacter { .. }
            | ErrorKind::UnexpectedEofBlockSequence
            | ErrorKind::UnexpectedEofImplicitFlowMapping
    )
}
