//! A work order from a file.

use std::path::Path;

use crate::app::Outside;
use crate::fault::Fault;
use crate::pipeline::order::{ORDER_BYTES_MAX, Origin, WorkOrder};

/// Reads a work order's file; Ctrl-C ends the waiting for it.
///
/// # Errors
/// It cannot be read, is too large, or is not text.
pub async fn order(outside: &Outside, path: &Path) -> Result<WorkOrder, Fault> {
    let path = path.to_owned();
    outside.read(move || read_order(&path)).await
}

fn read_order(path: &Path) -> Result<WorkOrder, Fault> {
    use std::io::Read as _;
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| {
        Fault::Usage(format!(
            "reading the work order `{}`: {error}",
            path.display()
        ))
    })?;
    file.take(ORDER_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(Fault::file("reading the work order", path))?;
    if text.len() as u64 > ORDER_BYTES_MAX {
        return Err(Fault::Usage(format!(
            "the work order is larger than {ORDER_BYTES_MAX} bytes"
        )));
    }
    if text.trim().is_empty() {
        return Err(Fault::Usage("the work order is empty".to_owned()));
    }
    let name = path.file_name().map_or_else(String::new, |name| {
        crate::names::excerpt(&name.to_string_lossy())
    });
    Ok(WorkOrder {
        text,
        origin: Origin::File { name },
    })
}
