//! YAML as OPA reads it: its first document, with the words of YAML 1.1, as JSON.
//!
//! OPA's reader is a port of libyaml, ours is not. INVARIANT: what the two may read differently is not offered, by name; the answers
//! to everything else were compared.

mod scalar;
mod tree;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Builtin, Failure, Term, text, weight};
use scalar::Scalar;
use tree::Node;

/// LIMIT: mappings and sequences inside each other, in a document and in what is made of it.
const DEPTH_MAX: usize = 100;

pub(super) const BUILTINS: &[(&str, Builtin)] =
    &[("yaml.is_valid", is_valid), ("yaml.unmarshal", unmarshal)];

fn is_valid(arguments: &[Term]) -> Result<Term, Failure> {
    match unmarshal(arguments) {
        Ok(_) => Ok(true.into()),
        Err(Failure::Undefined) => Ok(false.into()),
        Err(refused @ Failure::NotOffered(_)) => Err(refused),
    }
}

fn unmarshal(arguments: &[Term]) -> Result<Term, Failure> {
    let Some(root) = tree::read(text(arguments, 0)?)? else {
        return Ok(Term::Null);
    };
    let mut reader = Reader::default();
    let value = reader.value(&root)?;
    match (reader.is_no_json, reader.is_replaced) {
        (false, _) => Ok(value),
        (true, false) => Err(Failure::Undefined),
        // What is no JSON may have been in the value that was replaced.
        (true, true) => not_offered("a key that is there twice and a value that is no JSON"),
    }
}

fn not_offered<T>(what: &str) -> Result<T, Failure> {
    Err(Failure::NotOffered(format!(
        "YAML with {what} is not offered"
    )))
}

/// Makes values of nodes.
#[derive(Debug, Default)]
struct Reader {
    /// Nodes so far, and those of them that an alias stands for.
    nodes: u32,
    aliased: u32,
    /// Aliases that we are in, and values.
    depth: u32,
    level: usize,
    weight: usize,
    /// Whether there is a value that JSON has not.
    is_no_json: bool,
    /// Whether a key was there before.
    is_replaced: bool,
}

/// What a mapping holds, by its keys as YAML has them.
type Members = BTreeMap<Scalar, Term>;

impl Reader {
    fn value(&mut self, node: &Node) -> Result<Term, Failure> {
        if self.level > DEPTH_MAX {
            return not_offered("so many levels");
        }
        self.level = self.level.saturating_add(1);
        let value = self.value_here(node)?;
        self.level = self.level.saturating_sub(1);
        Ok(value)
    }

    fn value_here(&mut self, node: &Node) -> Result<Term, Failure> {
        self.count()?;
        match node {
            Node::Scalar(scalar) => {
                let term = scalar.term()?.unwrap_or_else(|| {
                    self.is_no_json = true;
                    Term::Null
                });
                self.weight = weight::add(self.weight, weight::of(&term))?;
                Ok(term)
            }
            Node::Sequence(items) => items.iter().map(|item| self.value(item)).collect(),
            Node::Mapping(pairs) => {
                let mut members = Members::new();
                self.fill(&mut members, pairs)?;
                self.named(members)
            }
            Node::Alias(target) => self.aliased(target, Self::value),
        }
    }

    /// What an alias stands for.
    fn aliased<T>(
        &mut self,
        target: &Node,
        read: impl FnOnce(&mut Self, &Node) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.depth = self.depth.saturating_add(1);
        let found = read(self, target);
        self.depth = self.depth.saturating_sub(1);
        found
    }

    /// Adds the pairs of a mapping in their order: a later one replaces an earlier one, also where either is merged.
    fn fill(
        &mut self,
        members: &mut Members,
        pairs: &[(Rc<Node>, Rc<Node>)],
    ) -> Result<(), Failure> {
        for (key, value) in pairs {
            if matches!(**key, Node::Scalar(Scalar::Merge)) {
                self.merge(members, value)?;
                continue;
            }
            let key = self.key(key)?;
            let value = self.value(value)?;
            self.is_replaced |= members.insert(key, value).is_some();
        }
        Ok(())
    }

    fn key(&mut self, node: &Node) -> Result<Scalar, Failure> {
        self.count()?;
        match node {
            Node::Scalar(scalar) => {
                self.weight = weight::add(self.weight, scalar.weight())?;
                Ok(scalar.clone())
            }
            Node::Alias(target) => self.aliased(target, Self::key),
            Node::Sequence(_) | Node::Mapping(_) => not_offered("a key that is no scalar"),
        }
    }

    fn merge(&mut self, members: &mut Members, node: &Node) -> Result<(), Failure> {
        if self.level > DEPTH_MAX {
            return not_offered("so many levels");
        }
        self.level = self.level.saturating_add(1);
        self.merge_here(members, node)?;
        self.level = self.level.saturating_sub(1);
        Ok(())
    }

    fn merge_here(&mut self, members: &mut Members, node: &Node) -> Result<(), Failure> {
        match node {
            Node::Mapping(_) => self.merge_one(members, node),
            Node::Alias(target) if matches!(**target, Node::Mapping(_)) => {
                self.merge_one(members, node)
            }
            Node::Sequence(items) => {
                // The first one counts most.
                for item in items.iter().rev() {
                    let is_mapping = match &**item {
                        Node::Mapping(_) => true,
                        Node::Alias(target) => matches!(**target, Node::Mapping(_)),
                        Node::Scalar(_) | Node::Sequence(_) => false,
                    };
                    if !is_mapping {
                        return Err(Failure::Undefined);
                    }
                    self.merge_one(members, item)?;
                }
                Ok(())
            }
            Node::Scalar(_) | Node::Alias(_) => Err(Failure::Undefined),
        }
    }

    fn merge_one(&mut self, members: &mut Members, node: &Node) -> Result<(), Failure> {
        self.count()?;
        match node {
            Node::Mapping(pairs) => self.fill(members, pairs),
            Node::Alias(target) => {
                self.aliased(target, |reader, target| reader.merge_one(members, target))
            }
            Node::Scalar(_) | Node::Sequence(_) => Err(Failure::Undefined),
        }
    }

    /// Counts a node as OPA's reader does, which gives up where too many come from aliases.
    fn count(&mut self) -> Result<(), Failure> {
        self.nodes = self.nodes.saturating_add(1);
        if self.depth > 0 {
            self.aliased = self.aliased.saturating_add(1);
        }
        let (nodes, aliased) = (f64::from(self.nodes), f64::from(self.aliased));
        if self.aliased > 100 && self.nodes > 1000 && aliased / nodes > allowed(nodes) {
            return Err(Failure::Undefined);
        }
        Ok(())
    }

    /// The members by the names that JSON can give them.
    fn named(&mut self, members: Members) -> Result<Term, Failure> {
        let mut object = BTreeMap::new();
        for (key, value) in members {
            let Some(name) = key.name()? else {
                self.is_no_json = true;
                continue;
            };
            if object.insert(Term::String(name), value).is_some() {
                return not_offered("two keys that have one name in JSON");
            }
        }
        Ok(Term::Object(object))
    }
}

/// Which share of so many nodes may come from aliases.
fn allowed(nodes: f64) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    if nodes <= LOW {
        0.99
    } else if nodes >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((nodes - LOW) / (HIGH - LOW))
    }
}

#[cfg(test)]
mod tests;
