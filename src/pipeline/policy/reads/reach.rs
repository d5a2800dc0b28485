//! Which files a rule can reach: whose documents its own can depend on.
//!
//! INVARIANT: an over-approximation. A file defines documents where its package and the head of each of its rules say, which
//! need not be below the package of the file that asks: `b.deny` in `package a` adds to `data.a.b.deny`. A file mentions what its code
//! names under `data`, its imports among it, and what its own heads begin with, because a bare name of its package is one of
//! these. A mention leads to every file that defines a document above, at or below it; a part that is not a literal, in a
//! head or in a mention, is any part. Files of one package always reach each other.

use super::Step;
use super::mention::mentions;
use crate::pipeline::policy::tree::SyntaxTree;

/// The files that the first one can reach, itself and its package's other files among them.
pub(in super::super) fn reachable(trees: &[&SyntaxTree], from: usize) -> Vec<usize> {
    let defined: Vec<Vec<Vec<Step>>> = trees.iter().map(|tree| defined(tree)).collect();
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(&at) = reached.get(next) {
        next += 1;
        let Some(tree) = trees.get(at) else { continue };
        let mentioned = mentioned(tree);
        for (other, (candidate, defined)) in trees.iter().zip(&defined).enumerate() {
            let same = candidate.package() == tree.package();
            let used = || {
                defined
                    .iter()
                    .any(|path| mentioned.iter().any(|mention| is_near(mention, path)))
            };
            if !reached.contains(&other) && (same || used()) {
                reached.push(other);
            }
        }
    }
    reached
}

/// Where a file's documents are under `data`: its package with the head of each rule. A file without rules is at its package.
pub(in super::super) fn defined(tree: &SyntaxTree) -> Vec<Vec<Step>> {
    let package = package(tree);
    let mut paths: Vec<Vec<Step>> = tree
        .heads()
        .into_iter()
        .map(|head| {
            package
                .iter()
                .cloned()
                .chain(head.into_iter().map(step))
                .collect()
        })
        .collect();
    if paths.is_empty() {
        paths.push(package);
    }
    paths.sort();
    paths.dedup();
    paths
}

/// What a file names under `data`, and what a bare name in it can be.
fn mentioned(tree: &SyntaxTree) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    for code in tree.code() {
        mentions(code, "data", &mut found);
    }
    let package = package(tree);
    let own = tree.heads().into_iter().map(|head| {
        package
            .iter()
            .cloned()
            .chain(head.into_iter().next().map(step))
            .collect()
    });
    let mut mentioned: Vec<Vec<Step>> = found.into_iter().map(|each| each.steps).collect();
    mentioned.extend(own);
    mentioned.sort();
    mentioned.dedup();
    mentioned
}

/// A package whose name is not plain could be any.
fn package(tree: &SyntaxTree) -> Vec<Step> {
    let package = tree.package().unwrap_or_default();
    package.into_iter().map(Step::Key).collect()
}

fn step(part: Option<String>) -> Step {
    part.map_or(Step::Any, Step::Key)
}

/// Whether one is the beginning of the other.
pub(in super::super) fn is_near(mention: &[Step], path: &[Step]) -> bool {
    mention.iter().zip(path).all(|pair| match pair {
        (Step::Any, _) | (_, Step::Any) => true,
        (Step::Key(a), Step::Key(b)) => a == b,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn term(part: &str) -> Value {
        match part.strip_prefix('$') {
            Some(name) => json!({"type": "var", "value": name}),
            None => json!({"type": "string", "value": part}),
        }
    }

    fn reference(path: &str) -> Value {
        let parts: Vec<Value> = path.split('.').map(term).collect();
        json!({"type": "ref", "value": parts})
    }

    /// A file of this package with one rule for each head, whose bodies name these references.
    fn file(package: &str, heads: &[&str], names: &[&str]) -> SyntaxTree {
        let names: Vec<Value> = names.iter().map(|name| reference(name)).collect();
        let rule = |head: &&str| {
            let parts = reference(&format!("${head}"))["value"].clone();
            json!({"head": {"ref": parts}, "body": [{"terms": names}]})
        };
        let rules: Vec<Value> = heads.iter().map(rule).collect();
        let path = reference(&format!("$data.{package}"))["value"].clone();
        SyntaxTree(json!({"package": {"path": path}, "rules": rules}))
    }

    #[track_caller]
    fn check(from: &SyntaxTree, others: &[&SyntaxTree], expect: &[usize]) {
        let mut trees = vec![from];
        trees.extend(others);
        let mut reached = reachable(&trees, 0);
        reached.sort_unstable();
        assert_eq!(reached, expect);
    }

    #[track_caller]
    fn check_one(from: &SyntaxTree, other: &SyntaxTree, expect: bool) {
        let reached: &[usize] = if expect { &[0, 1] } else { &[0] };
        check(from, &[other], reached);
    }

    #[test]
    fn a_head_that_reaches_into_a_package_is_a_part_of_it() {
        let rule = file("a.b", &["deny"], &[]);
        check_one(&rule, &file("a", &["b.deny"], &[]), true);
        check_one(&rule, &file("a", &["b.$name"], &[]), true);
        check_one(&rule, &file("a", &["b.$name.x"], &[]), true);
        check_one(&rule, &file("a", &["c.deny"], &[]), false);
        check_one(&rule, &file("a", &["b.other"], &[]), false);
        check_one(&rule, &file("a", &["b.other", "b.deny"], &[]), true);
        check_one(&rule, &file("a.b.deny", &["x"], &[]), true);
        check_one(&rule, &file("z", &["a.b.deny"], &[]), false);
    }

    /// The helper is defined in one file and added to by another, which names a third.
    #[test]
    fn what_extends_a_helper_is_reached_with_it() {
        let rule = file("rule", &["deny"], &["$data.lib.tools.bad"]);
        let helper = file("lib.tools", &["bad"], &[]);
        let more = file("lib", &["tools.bad"], &["$data.far.x"]);
        let far = file("far", &["x.y.z"], &[]);
        let nowhere = file("elsewhere", &["bad"], &[]);
        check(&rule, &[&helper, &nowhere, &more, &far], &[0, 1, 3, 4]);
        check(&rule, &[&helper, &far], &[0, 1]);
    }

    /// `b.x` in a file of `a` is `data.a.b.x` where a file of `a` has a head that begins with `b`.
    #[test]
    fn a_bare_name_leads_below_its_own_package() {
        let rule = file("a", &["deny"], &["$b.x"]);
        let head = file("a", &["b.c"], &[]);
        let below = file("a.b", &["x"], &[]);
        check(&rule, &[&head, &below], &[0, 1, 2]);
        check_one(&rule, &below, false);
    }

    #[test]
    fn a_part_that_is_not_text_is_any_part() {
        let rule = file("rule", &["deny"], &["$data.$any.bad"]);
        check_one(&rule, &file("lib", &["bad.worse"], &[]), true);
        check_one(&rule, &file("lib.bad", &["x"], &[]), true);
        check_one(&rule, &file("lib", &["good"], &[]), false);
        let rule = file("rule", &["deny"], &["$data"]);
        check_one(&rule, &file("lib", &["x"], &[]), true);
    }
}
