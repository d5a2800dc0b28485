//! A proposal as a patch: a unified diff, git's or plain, applied to the base commit's folder in memory.
//!
//! Paths in a patch are those of the repository (`a/stacks/site/Main.yaml`); one outside the stack's folder refuses the whole.
//! INVARIANT: a hunk applies where its context says, or the patch is refused; nothing is merged, nothing is guessed.

use diffy::Patch;
use diffy::patch_set::{FileMode, FileOperation, FilePatch, ParseOptions, PatchSet};

use super::path::shown;
use super::{File, Folder, Limits, Mode, PathError, RelPath, Tree, TreeError};

/// Applies a patch to the folder `stack`, whose files at the base commit are `base`.
///
/// # Errors
/// The patch is too large, cannot be read, does not fit, or touches what it must not.
pub fn apply(
    base: &Tree,
    stack: &Folder,
    patch: &[u8],
    limits: &Limits,
) -> Result<Tree, ApplyError> {
    if patch.len() > PATCH_BYTES_MAX {
        return Err(ApplyError::TooLarge {
            max: PATCH_BYTES_MAX,
        });
    }
    let text = std::str::from_utf8(patch).map_err(|_| ApplyError::NotText)?;
    let is_git = text.lines().any(|line| line.starts_with("diff --git "));
    let options = if is_git {
        ParseOptions::gitdiff()
    } else {
        ParseOptions::unidiff()
    };
    let mut tree = base.clone();
    let mut files = 0;
    for part in PatchSet::parse(text, options) {
        let part = part.map_err(|cause| ApplyError::Unreadable {
            cause: shown(cause.to_string().as_bytes()),
        })?;
        one(&mut tree, stack, &part, limits)?;
        files += 1;
    }
    // Text around the files is skipped, so a patch that is none would otherwise be an empty change.
    let announced = text
        .lines()
        .filter(|line| line.starts_with("diff --git "))
        .count();
    if files == 0 || (is_git && files != announced) {
        return Err(ApplyError::Unreadable {
            cause: format!("it announces {announced} changed files, {files} could be read"),
        });
    }
    if tree.files().len() > limits.entries || tree.total_bytes() > limits.total_bytes {
        return Err(ApplyError::ResultTooLarge);
    }
    Ok(tree)
}

fn one(
    tree: &mut Tree,
    stack: &Folder,
    part: &FilePatch<'_, str>,
    limits: &Limits,
) -> Result<(), ApplyError> {
    // A rename's and a copy's own lines carry no `a/` and `b/`.
    let operation = match part.operation() {
        named @ (FileOperation::Rename { .. } | FileOperation::Copy { .. }) => {
            named.strip_prefix(0)
        }
        prefixed @ (FileOperation::Delete(_)
        | FileOperation::Create(_)
        | FileOperation::Modify { .. }) => prefixed.strip_prefix(1),
    };
    let (from, to) = match &operation {
        FileOperation::Delete(path) => (Some(inside(stack, path)?), None),
        FileOperation::Create(path) => (None, Some(inside(stack, path)?)),
        FileOperation::Modify { original, modified } if original == modified => {
            let path = inside(stack, original)?;
            (Some(path.clone()), Some(path))
        }
        FileOperation::Modify { original, modified } => {
            return Err(ApplyError::TwoNames {
                original: shown(original.as_bytes()),
                modified: shown(modified.as_bytes()),
            });
        }
        FileOperation::Rename { from, to } | FileOperation::Copy { from, to } => {
            (Some(inside(stack, from)?), Some(inside(stack, to)?))
        }
    };
    let path = to
        .as_ref()
        .or(from.as_ref())
        .map_or_else(String::new, RelPath::to_string);
    let Some(hunks) = part.patch().as_text() else {
        return Err(ApplyError::Binary { path });
    };
    let before = match &from {
        None => None,
        Some(from) => Some(
            tree.files()
                .get(from)
                .cloned()
                .ok_or_else(|| ApplyError::Missing { path: from.clone() })?,
        ),
    };
    let bytes = patched(before.as_ref(), hunks, &path, limits)?;
    let mode = mode_after(part, before.as_ref(), &path)?;
    if let Some(from) = &from
        && !matches!(operation, FileOperation::Copy { .. })
    {
        tree.remove(from);
    }
    match to {
        Some(to) => Ok(tree.add(to, File::new(mode, bytes))?),
        None if bytes.is_empty() => Ok(()),
        None => Err(ApplyError::NotWhole { path }),
    }
}

fn inside(stack: &Folder, path: &str) -> Result<RelPath, ApplyError> {
    // The whole path first, so that `..` cannot lead back in.
    let whole = RelPath::new(path)?;
    let rest = stack
        .strip(whole.as_str())
        .ok_or_else(|| ApplyError::Outside {
            path: whole.clone(),
            stack: stack.clone(),
        })?;
    Ok(RelPath::new(rest)?)
}

fn mode_after(
    part: &FilePatch<'_, str>,
    before: Option<&File>,
    path: &str,
) -> Result<Mode, ApplyError> {
    match (part.new_mode(), part.old_mode()) {
        (Some(FileMode::Symlink | FileMode::Gitlink), _)
        | (_, Some(FileMode::Symlink | FileMode::Gitlink)) => Err(ApplyError::Link {
            path: path.to_owned(),
        }),
        (Some(FileMode::Regular), _) => Ok(Mode::Plain),
        (Some(FileMode::Executable), _) => Ok(Mode::Executable),
        (None, _) => Ok(before.map_or(Mode::Plain, File::mode)),
    }
}

fn patched(
    before: Option<&File>,
    hunks: &Patch<'_, str>,
    path: &str,
    limits: &Limits,
) -> Result<Vec<u8>, ApplyError> {
    let before = before.map_or(&[][..], File::bytes);
    if hunks.hunks().is_empty() {
        return Ok(before.to_vec());
    }
    let before = std::str::from_utf8(before).map_err(|_| ApplyError::Binary {
        path: path.to_owned(),
    })?;
    let lines: usize = hunks.hunks().iter().map(|hunk| hunk.lines().len()).sum();
    if lines.saturating_mul(before.lines().count() + 1) > APPLY_STEPS_MAX {
        return Err(ApplyError::TooMuchWork {
            path: path.to_owned(),
        });
    }
    let after = diffy::apply(before, hunks).map_err(|cause| ApplyError::DoesNotFit {
        path: path.to_owned(),
        cause: cause.to_string(),
    })?;
    if after.len() as u64 > limits.file_bytes {
        return Err(ApplyError::ResultTooLarge);
    }
    Ok(after.into_bytes())
}

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// More bytes than the limit.
    #[error("reading the patch: it is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// Not text at all.
    #[error("reading the patch: it is not UTF-8 text")]
    NotText,
    /// Not a patch.
    #[error("reading the patch: {cause}; write it with `git diff`")]
    Unreadable {
        /// What could not be read.
        cause: String,
    },
    /// A path that is never let in.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A path elsewhere.
    #[error(
        "the patch changes `{path}`, outside the stack's folder `{stack}`: paths in it begin at the repository's top, and only the stack may change"
    )]
    Outside {
        /// Where.
        path: RelPath,
        /// The stack's folder.
        stack: Folder,
    },
    /// Two names without a rename.
    #[error("the patch names one file `{original}` and `{modified}`: write it with `git diff`")]
    TwoNames {
        /// Before.
        original: String,
        /// After.
        modified: String,
    },
    /// Bytes, not lines.
    #[error("the patch changes `{path}` as a binary file: hand in the changed folder instead")]
    Binary {
        /// Where.
        path: String,
    },
    /// A symbolic link or a submodule.
    #[error(
        "the patch makes or changes `{path}` as a symbolic link or submodule: a proposal holds plain files only"
    )]
    Link {
        /// Where.
        path: String,
    },
    /// There is no such file at the base commit.
    #[error("the patch changes `{path}`, which the base commit does not have")]
    Missing {
        /// Where.
        path: RelPath,
    },
    /// Its context is not there.
    #[error(
        "applying the patch to `{path}`: {cause}: it was made for another version of the file, make it again from the base commit"
    )]
    DoesNotFit {
        /// Where.
        path: String,
        /// Which hunk.
        cause: String,
    },
    /// A deletion that leaves something.
    #[error(
        "the patch deletes `{path}` but not all of its lines: make it again from the base commit"
    )]
    NotWhole {
        /// Where.
        path: String,
    },
    /// Larger than a patch program should work on.
    #[error(
        "applying the patch to `{path}`: file and patch are too large together, hand in the changed folder instead"
    )]
    TooMuchWork {
        /// Where.
        path: String,
    },
    /// The folder would be larger than the limits.
    #[error("applying the patch: the result is larger than a stack may be")]
    ResultTooLarge,
    /// Two entries that cannot stand side by side.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// LIMIT: bytes of a patch; a change that a stack's judges can be asked about is small.
pub const PATCH_BYTES_MAX: usize = 1 << 20;
/// LIMIT: line comparisons for one file: each hunk may be tried at every line of the file.
const APPLY_STEPS_MAX: usize = 500_000_000;

#[cfg(test)]
mod tests;
