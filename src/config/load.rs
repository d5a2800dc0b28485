//! Reads the configuration from a commit, never from the work tree.

use crate::config::{CONFIG_BYTES_MAX, CONFIG_FILE, Job, parse};
use crate::fault::Fault;
use crate::names::StackName;
use crate::perimeter::Perimeter;
use crate::perimeter::import::RelPath;
use crate::perimeter::repository::Base;

/// The file's text at a commit.
///
/// # Errors
/// It is not there, not text, or too large.
pub fn text(perimeter: &Perimeter, base: &Base) -> Result<String, Fault> {
    let path = RelPath::new(CONFIG_FILE).map_err(|error| Fault::Usage(error.to_string()))?;
    let missing = || {
        Fault::Usage(format!(
            "the base commit {} has no `{CONFIG_FILE}` at its top; write one and commit it",
            base.commit
        ))
    };
    let bytes = perimeter
        .repository
        .read_file(base, &path, CONFIG_BYTES_MAX)?
        .ok_or_else(missing)?;
    String::from_utf8(bytes).map_err(|_| Fault::Usage(format!("`{CONFIG_FILE}` is not UTF-8 text")))
}

/// One stack's job at a commit.
///
/// # Errors
/// The file is not there, is wrong, or does not name the stack.
pub fn job(perimeter: &Perimeter, base: &Base, stack: &StackName) -> Result<Job, Fault> {
    let text = text(perimeter, base)?;
    Ok(parse(&text)?.job(stack, &text)?)
}
