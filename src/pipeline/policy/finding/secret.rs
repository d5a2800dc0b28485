//! What of a rule's answer surely is no value that the rule has read.

use crate::pipeline::policy::reads::Step;
use crate::pipeline::policy::rule::Rule;
use crate::pipeline::policy::subject::{PathSegment, PropertyPath};

/// What is wrong with an answer, without what the answer holds: that may be a secret, and stands in quotes between what is wrong and what was expected.
pub(super) fn without_values(error: &str) -> String {
    let Some((before, _)) = error.split_once(['"', '`']) else {
        return error.to_owned();
    };
    let after = [", expected", " at line "];
    let after = after.iter().find_map(|mark| error.rfind(mark));
    let after = after.and_then(|at| error.get(at..)).unwrap_or("");
    format!("{before}…{after}")
}

/// How many segments of a path are surely names and no values: they lead to a secret that the preview lists, or to what the rule's text mentions.
pub(super) fn known_names(path: &PropertyPath, rule: &Rule, secrets: &[PropertyPath]) -> usize {
    let listed = secrets.iter().map(|secret| {
        let pairs = path.0.iter().zip(&secret.0);
        pairs
            .take_while(|(segment, known)| segment == known)
            .count()
    });
    let mentioned = rule.reads.iter().map(|pattern| {
        let steps = pattern.steps().iter();
        let below = steps.skip_while(|step| !is_part(step)).skip(1);
        let pairs = path.0.iter().zip(below);
        pairs.take_while(|pair| is_named(*pair)).count()
    });
    listed.chain(mentioned).max().unwrap_or(0)
}

/// Whether a resource's properties are below a step.
fn is_part(step: &Step) -> bool {
    matches!(step, Step::Key(key) if ["inputs", "outputs", "old_inputs"].contains(&key.as_str()))
}

fn is_named((segment, step): (&PathSegment, &Step)) -> bool {
    matches!((segment, step), (PathSegment::Key(name), Step::Key(key)) if name == key)
}
