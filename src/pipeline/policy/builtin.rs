//! The packs that come with the binary, for a stack whose repository has none, such as `lightsout:aws-baseline`.
//!
//! LIMIT: the binary holds the packs' folders whole, because [`include_dir`] leaves nothing out; what is handed out is only what
//! decides. A test keeps the rest small.

use include_dir::{Dir, include_dir};

use crate::perimeter::import::path::PathError;
use crate::perimeter::import::{File, Mode, RelPath, Tree, TreeError};

/// What a built-in pack's name begins with, where a folder's would stand.
pub const PREFIX: &str = "lightsout:";

/// Rules for the most common resources of AWS.
pub static AWS_BASELINE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policy-packs/aws-baseline");

/// Rules for what Pulumi creates in a Kubernetes cluster.
static KUBERNETES_BASELINE: Dir<'_> =
    include_dir!("$CARGO_MANIFEST_DIR/policy-packs/kubernetes-baseline");

/// Rules for every change, whatever the provider.
static PULUMI_HYGIENE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policy-packs/pulumi-hygiene");

static PACKS: [(&str, &Dir<'_>); 3] = [
    ("aws-baseline", &AWS_BASELINE),
    ("kubernetes-baseline", &KUBERNETES_BASELINE),
    ("pulumi-hygiene", &PULUMI_HYGIENE),
];

/// Why there is no such pack.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is none of them.
    #[error("there is no built-in policy pack `{0}`; there are {known}", known = names().collect::<Vec<_>>().join(", "))]
    Unknown(String),
    /// It holds what no tree may: the binary was built wrong.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The same.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// How a configuration names the built-in packs.
pub fn names() -> impl Iterator<Item = String> {
    PACKS.iter().map(|(name, _)| format!("{PREFIX}{name}"))
}

/// The folder of a built-in pack, when this is a built-in pack's name.
///
/// # Errors
/// It is one, and there is no such pack.
pub fn find(name: &str) -> Result<Option<&'static Dir<'static>>, Error> {
    let Some(wanted) = name.strip_prefix(PREFIX) else {
        return Ok(None);
    };
    match PACKS.iter().find(|(known, _)| *known == wanted) {
        Some((_, dir)) => Ok(Some(dir)),
        None => Err(Error::Unknown(crate::names::excerpt(name))),
    }
}

/// What decides of the built-in pack of this name, when it is a built-in pack's name: the manifest and the rules.
///
/// # Errors
/// It is one, and there is no such pack.
pub fn pack(name: &str) -> Result<Option<Tree>, Error> {
    let Some(dir) = find(name)? else {
        return Ok(None);
    };
    let mut tree = Tree::new();
    for file in dir.files() {
        let path = file.path().display().to_string();
        if decides(&path) {
            let file = File::new(Mode::Plain, file.contents().to_vec());
            tree.add(RelPath::new(&path)?, file)?;
        }
    }
    Ok(Some(tree))
}

/// Whether a file of a pack's folder decides: no test, no text for people.
fn decides(path: &str) -> bool {
    path == "pack.yaml" || (path.ends_with(".rego") && !path.ends_with("_test.rego"))
}

/// Adds a folder of the binary to a tree, with all that is in it.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// LIMIT: bytes of all packs with their tests and examples, a few percent of the binary.
    const BYTES_MAX: usize = 3 << 19;

    fn bytes(dir: &Dir<'_>) -> usize {
        let files: usize = dir.files().map(|file| file.contents().len()).sum();
        files + dir.dirs().map(bytes).sum::<usize>()
    }

    #[test]
    fn a_pack_is_what_decides_and_all_of_it() {
        for name in names() {
            let tree = pack(&name).unwrap().unwrap();
            let folder = find(&name).unwrap().unwrap();
            let mut deciding = 0;
            for file in folder.files() {
                let path = file.path().display().to_string();
                let stays = path != "README.md" && !path.ends_with("_test.rego");
                let taken = tree.file(&path).map(File::bytes);
                assert_eq!(taken, stays.then(|| file.contents()), "{name}: {path}");
                deciding += usize::from(stays);
            }
            assert!(tree.file("pack.yaml").is_some(), "{name}");
            assert!(deciding >= 10, "{name}: {deciding}");
            assert_eq!(tree.listing().len(), deciding, "{name}");
        }
    }

    #[test]
    fn the_packs_do_not_bloat_the_binary() {
        let all: usize = PACKS.iter().map(|(_, dir)| bytes(dir)).sum();
        assert!(all <= BYTES_MAX, "{all} bytes of packs in the binary");
    }

    #[test]
    fn a_name_that_is_no_packs_is_told_which_there_are() {
        let error = find("lightsout:azure").unwrap_err().to_string();
        assert!(names().all(|name| error.contains(&name)), "{error}");
        assert!(find("policy-packs/azure").unwrap().is_none());
    }
}
