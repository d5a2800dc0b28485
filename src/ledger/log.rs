//! The Merkle tree (RFC 6962) over the entries' lines.
//!
//! It does no input or output: lines go in, roots come out.

use tlog_tiles::tlog::{self, Hash, HashReader};

/// A tree that grows at its end.
#[derive(Debug, Default, Clone)]
pub struct Tree {
    hashes: Vec<Hash>,
    size: u64,
}

/// The tree was asked for what it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree of {size} entries has no root of {asked}")]
pub struct OutOfTree {
    size: u64,
    asked: u64,
}

impl Tree {
    /// How many entries it holds.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds one line (without its newline).
    ///
    /// # Errors
    /// The tree lost a hash, which cannot happen.
    pub fn push(&mut self, line: &[u8]) -> Result<(), OutOfTree> {
        let new =
            tlog::stored_hashes(self.size, line, self).map_err(|_| self.outside(self.size))?;
        self.hashes.extend(new);
        self.size += 1;
        Ok(())
    }

    /// The root over the first `size` lines.
    ///
    /// # Errors
    /// The tree holds fewer.
    pub fn root(&self, size: u64) -> Result<[u8; 32], OutOfTree> {
        if size > self.size {
            return Err(self.outside(size));
        }
        let root = tlog::tree_hash(size, self).map_err(|_| self.outside(size))?;
        Ok(root.0)
    }

    const fn outside(&self, asked: u64) -> OutOfTree {
        OutOfTree {
            size: self.size,
            asked,
        }
    }
}

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        indexes
            .iter()
            .map(|index| {
                usize::try_from(*index)
                    .map_err(|_| ())
                    .and_then(|index| self.hashes.get(index).copied().ok_or(()))
                    .map_err(|()| tlog::Error::IndexesNotInTree)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Sha256;

    fn leaf(line: &[u8]) -> Vec<u8> {
        Sha256::of(&[&[0], line].concat()).as_bytes().to_vec()
    }

    /// RFC 6962, section 2.1, word by word.
    fn reference(lines: &[Vec<u8>]) -> Vec<u8> {
        match lines {
            [] => Sha256::of(b"").as_bytes().to_vec(),
            [one] => leaf(one),
            many => {
                let k = many.len().next_power_of_two() / 2;
                let (left, right) = many.split_at(k);
                let node = [&[1][..], &reference(left), &reference(right)].concat();
                Sha256::of(&node).as_bytes().to_vec()
            }
        }
    }

    #[test]
    fn roots_are_those_of_rfc_6962() {
        let lines: Vec<Vec<u8>> = (0..70_u8).map(|n| vec![n; usize::from(n)]).collect();
        let mut tree = Tree::default();
        for line in &lines {
            tree.push(line).unwrap();
        }
        for size in 0..=lines.len() {
            assert_eq!(
                tree.root(size as u64).unwrap().to_vec(),
                reference(&lines[..size]),
                "{size}"
            );
        }
        assert!(tree.root(71).is_err());
    }
}
