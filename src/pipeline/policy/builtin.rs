//! The packs that come with the binary, for a stack whose repository has none: `lightsout:aws-baseline`.

use include_dir::{Dir, include_dir};

use crate::perimeter::import::path::PathError;
use crate::perimeter::import::{File, Mode, RelPath, Tree, TreeError};

/// What a built-in pack's name begins with, where a folder's would stand.
pub const PREFIX: &str = "lightsout:";

/// Rules for the most common resources of AWS.
pub static AWS_BASELINE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policy-packs/aws-baseline");

/// Their names.
pub const NAMES: [&str; 1] = ["aws-baseline"];

/// Why there is no such pack.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is none of them.
    #[error("there is no built-in policy pack `{0}`; there is `{PREFIX}aws-baseline`")]
    Unknown(String),
    /// It holds what no tree may: the binary was built wrong.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The same.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// The folder of a built-in pack, when this is a built-in pack's name.
///
/// # Errors
/// It is one, and there is no such pack.
pub fn find(name: &str) -> Result<Option<&'static Dir<'static>>, Error> {
    match name.strip_prefix(PREFIX) {
        None => Ok(None),
        Some("aws-baseline") => Ok(Some(&AWS_BASELINE)),
        Some(_) => Err(Error::Unknown(crate::names::excerpt(name))),
    }
}

/// The built-in pack of this name, when it is a built-in pack's name.
///
/// # Errors
/// It is one, and there is no such pack.
pub fn pack(name: &str) -> Result<Option<Tree>, Error> {
    let Some(dir) = find(name)? else {
        return Ok(None);
    };
    let mut tree = Tree::new();
    add(&mut tree, "", dir)?;
    Ok(Some(tree))
}

/// Adds a folder of the binary to a tree.
///
/// # Errors
/// A path is taken, or none.
pub fn add(tree: &mut Tree, prefix: &str, dir: &Dir<'_>) -> Result<(), Error> {
    for file in dir.files() {
        let path = RelPath::new(&format!("{prefix}{}", file.path().display()))?;
        tree.add(path, File::new(Mode::Plain, file.contents().to_vec()))?;
    }
    for folder in dir.dirs() {
        add(tree, prefix, folder)?;
    }
    Ok(())
}
