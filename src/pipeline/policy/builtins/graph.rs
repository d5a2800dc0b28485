//! Ways through a graph: an object from each node to an array or a set of its neighbours.
//!
//! LIMIT: the number of ways grows beyond all bounds with the graph, and each may be as long as the graph is large. All that
//! were tried are weighed, and beyond a limit there is no answer.

use std::collections::{BTreeMap, BTreeSet};

use super::{Builtin, Failure, Term, weight};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("graph.reachable_paths", reachable_paths)];

fn reachable_paths(arguments: &[Term]) -> Result<Term, Failure> {
    let (Some(Term::Object(graph)), Some(initial)) = (arguments.first(), arguments.get(1)) else {
        return Err(Failure::Undefined);
    };
    let initial = items(initial).ok_or(Failure::Undefined)?;
    let mut walk = Walk {
        graph,
        open: Vec::new(),
        found: BTreeSet::new(),
        weight: 0,
    };
    for node in initial {
        // A way begins only at a node that is in the graph.
        if graph.contains_key(node) {
            walk.open(&Path::default(), node)?;
        }
    }
    while let Some(path) = walk.open.pop() {
        walk.extend(path)?;
    }
    let paths = walk.found.into_iter();
    let paths = paths.map(|path| path.into_iter().cloned().collect());
    Ok(Term::Set(paths.collect()))
}

#[derive(Debug, Clone, Default)]
struct Path<'a> {
    nodes: Vec<&'a Term>,
    weight: usize,
}

struct Walk<'a> {
    graph: &'a BTreeMap<Term, Term>,
    /// Ways whose last node was not looked at yet.
    open: Vec<Path<'a>>,
    found: BTreeSet<Vec<&'a Term>>,
    /// Of all ways that were tried.
    weight: usize,
}

impl<'a> Walk<'a> {
    /// Tries a way one node further.
    fn open(&mut self, path: &Path<'a>, node: &'a Term) -> Result<(), Failure> {
        let mut path = path.clone();
        path.nodes.push(node);
        path.weight = weight::add(path.weight, weight::of(node))?;
        self.open.push(path);
        Ok(())
    }

    fn extend(&mut self, mut path: Path<'a>) -> Result<(), Failure> {
        self.weight = weight::add(self.weight, path.weight)?;
        let Some(node) = path.nodes.last().copied() else {
            return Ok(());
        };
        let Some(neighbours) = self.graph.get(node) else {
            // It leads out of the graph: the way ends before it.
            path.nodes.pop();
            self.found.insert(path.nodes);
            return Ok(());
        };
        let neighbours = items(neighbours).unwrap_or_default();
        if neighbours.is_empty() {
            self.found.insert(path.nodes);
            return Ok(());
        }
        for neighbour in neighbours {
            self.weight = weight::add(self.weight, path.weight)?;
            // OPA lets a way begin with the same node twice.
            if path.nodes.len() > 1 && path.nodes.contains(&neighbour) {
                // A circle: the way ends before it closes.
                self.found.insert(path.nodes.clone());
            } else {
                self.open(&path, neighbour)?;
            }
        }
        Ok(())
    }
}

fn items(collection: &Term) -> Option<Vec<&Term>> {
    match collection {
        Term::Array(items) => Some(items.iter().collect()),
        Term::Set(items) => Some(items.iter().collect()),
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::String(_) | Term::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn every_way_is_found() {
        for (arguments, expect) in [
            (r#"[{},{"a"}]"#, "set()"),
            (
                r#"[{"a":{"b"},"b":{"c"},"c":{"a"}},{"a"}]"#,
                r#"{["a","b","c"]}"#,
            ),
            (
                r#"[{"a":["b","c"],"b":["c"],"c":[]},{"a"}]"#,
                r#"{["a","b","c"],["a","c"]}"#,
            ),
            (r#"[{"a":null},["a"]]"#, r#"{["a"]}"#),
            (r#"[{"a":["a"]},["a"]]"#, r#"{["a","a"]}"#),
            (
                r#"[{"a":["b"],"b":["nonexistent"]},{"a","b"}]"#,
                r#"{["a","b"],["b"]}"#,
            ),
            (
                r#"[{"1":[],"2":["1"],"3":["2"],"4":["3","2"],"5":["4"]},["5"]]"#,
                r#"{["5","4","2","1"],["5","4","3","2","1"]}"#,
            ),
            (r#"[{1:[[2]],[2]:set()},[1.0]]"#, "{[1.0,[2]]}"),
        ] {
            check("graph.reachable_paths", arguments, expect);
        }
    }

    #[test]
    fn what_is_no_graph_is_undefined() {
        for arguments in ["[1,[1]]", r#"[{"a":[]},"a"]"#, "[{}]"] {
            check("graph.reachable_paths", arguments, "undefined");
        }
    }

    #[test]
    fn ways_without_number_are_not_collected() {
        // Thirty rooms with two doors each.
        let doors = |at: u32| format!(r#"{at}:[{0},{1}]"#, at * 2 + 1, at * 2 + 2);
        let mut rooms = Vec::new();
        for at in 0..30 {
            rooms.push(format!("\"{at}a\":[\"{0}a\",\"{0}b\"]", at + 1));
            rooms.push(format!("\"{at}b\":[\"{0}a\",\"{0}b\"]", at + 1));
        }
        let expect = "a result of more than 4194304 bytes is not offered";
        let arguments = format!(r#"[{{{}}},["0a"]]"#, rooms.join(","));
        check("graph.reachable_paths", &arguments, expect);
        // One way that is longer than any stack.
        let chain: Vec<String> = (0..2000).map(|at| format!("{at}:[{}]", at + 1)).collect();
        let arguments = format!("[{{{}}},[0]]", chain.join(","));
        check("graph.reachable_paths", &arguments, expect);
        // A tree is no trouble.
        let tree: Vec<String> = (0..500).map(doors).collect();
        let arguments = format!("[{{{}}},[0]]", tree.join(","));
        let found = super::super::tests::call("graph.reachable_paths", &arguments).unwrap();
        assert_eq!(found.matches('[').count(), 251);
    }
}
