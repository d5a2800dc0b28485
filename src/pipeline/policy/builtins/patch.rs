//! `json.patch`: RFC 6902 on Rego's values; a member of a set is named by itself.
//!
//! LIMIT: copies are weighed, and nothing is put so deep that what walks through a value could not return.

use super::{Builtin, Failure, Term, weight};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("json.patch", patch)];

/// LIMIT: nesting of a result; a value that arrives is not deeper either.
const DEPTH_MAX: usize = 200;

fn patch(arguments: &[Term]) -> Result<Term, Failure> {
    let [document, Term::Array(operations)] = arguments else {
        return Err(Failure::Undefined);
    };
    let mut weight = weight::of(document);
    let mut document = Some(document.clone());
    for operation in operations {
        let changes = changes(document.as_ref(), operation).ok_or(Failure::Undefined)?;
        for change in changes {
            if let Change::Insert(path, value) = &change {
                weight = weight::add(weight, weight::of(value))?;
                if path.len().saturating_add(depth(value)) > DEPTH_MAX {
                    let why = format!("a result deeper than {DEPTH_MAX} is not offered");
                    return Err(Failure::NotOffered(why));
                }
            }
            apply(&mut document, change).ok_or(Failure::Undefined)?;
        }
    }
    document.ok_or(Failure::Undefined)
}

fn depth(value: &Term) -> usize {
    let inner = match value {
        Term::Array(items) => items.iter().map(depth).max(),
        Term::Set(items) => items.iter().map(depth).max(),
        Term::Object(members) => members
            .iter()
            .map(|(key, value)| depth(key).max(depth(value)))
            .max(),
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::String(_) => None,
    };
    inner.unwrap_or(0).saturating_add(1)
}

enum Change {
    Remove(Vec<Term>),
    Insert(Vec<Term>, Term),
}

fn apply(document: &mut Option<Term>, change: Change) -> Option<()> {
    match change {
        Change::Remove(path) => remove(document, &path),
        Change::Insert(path, value) => insert(document, &path, value),
    }
}

/// What an operation does; nothing where OPA has an error. A document that was removed is gone until one is put in its place.
fn changes(document: Option<&Term>, operation: &Term) -> Option<Vec<Change>> {
    let Term::Object(members) = operation else {
        return None;
    };
    let member = |name: &str| members.get(&Term::from(name));
    let path = segments(member("path")?)?;
    let value = || Some(member("value")?.clone());
    Some(match member("op")?.as_str()? {
        "add" => vec![Change::Insert(path, value()?)],
        "remove" => vec![Change::Remove(path)],
        "replace" => vec![Change::Remove(path.clone()), Change::Insert(path, value()?)],
        "move" => {
            let from = segments(member("from")?)?;
            let moved = find(document?, &from)?.clone();
            vec![Change::Remove(from), Change::Insert(path, moved)]
        }
        "copy" => {
            let from = segments(member("from")?)?;
            vec![Change::Insert(path, find(document?, &from)?.clone())]
        }
        "test" => {
            let found = find(document?, &path)?;
            (found == member("value")?).then(Vec::new)?
        }
        _ => return None,
    })
}

/// A path: a text in the manner of JSON Pointer, or an array of segments.
fn segments(path: &Term) -> Option<Vec<Term>> {
    match path {
        Term::String(text) if text.is_empty() => Some(Vec::new()),
        Term::String(text) => {
            let parts = text.trim_start_matches('/').split('/');
            let unescaped = parts.map(|part| part.replace("~1", "/").replace("~0", "~"));
            Some(unescaped.map(Term::from).collect())
        }
        Term::Array(segments) => Some(segments.clone()),
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::Object(_) | Term::Set(_) => None,
    }
}

/// The place in an array; `-` is behind its end.
fn index(length: usize, segment: &Term) -> Option<usize> {
    let index = match segment {
        Term::Number(number) => number.as_i64()?,
        Term::String(text) if text == "-" => return Some(length),
        Term::String(text) if text.starts_with('0') && text != "0" => return None,
        Term::String(text) => {
            let digits = text.strip_prefix('+').unwrap_or(text);
            super::super::term::Number::parse(digits)?.as_i64()?
        }
        Term::Null | Term::Bool(_) | Term::Array(_) | Term::Object(_) | Term::Set(_) => {
            return None;
        }
    };
    usize::try_from(index).map_or(None, Some)
}

/// What is at a path.
fn find<'a>(term: &'a Term, path: &[Term]) -> Option<&'a Term> {
    let mut at = term;
    for segment in path {
        at = match at {
            Term::Object(members) => members.get(segment)?,
            Term::Array(items) => items.get(index(items.len(), segment)?)?,
            Term::Set(items) => items.get(segment)?,
            Term::Null | Term::Bool(_) | Term::Number(_) | Term::String(_) => return None,
        };
    }
    Some(at)
}

/// Does something to the collection that holds the last segment of a path.
fn change(
    term: &mut Term,
    path: &[Term],
    act: &mut dyn FnMut(&mut Term, &Term) -> Option<()>,
) -> Option<()> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        return act(term, first);
    }
    match term {
        Term::Object(members) => change(members.get_mut(first)?, rest, act),
        Term::Array(items) => {
            let index = index(items.len(), first)?;
            change(items.get_mut(index)?, rest, act)
        }
        Term::Set(items) => {
            let mut item = items.take(first)?;
            let done = change(&mut item, rest, act);
            items.insert(item);
            done
        }
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::String(_) => None,
    }
}

fn insert(document: &mut Option<Term>, path: &[Term], value: Term) -> Option<()> {
    if path.is_empty() {
        *document = Some(value);
        return Some(());
    }
    change(document.as_mut()?, path, &mut |term, key| {
        match term {
            Term::Object(members) => drop(members.insert(key.clone(), value.clone())),
            Term::Array(items) => {
                let index = index(items.len(), key).filter(|index| *index <= items.len())?;
                items.insert(index, value.clone());
            }
            Term::Set(items) if *key == value => drop(items.insert(value.clone())),
            Term::Set(_) | Term::Null | Term::Bool(_) | Term::Number(_) | Term::String(_) => {
                return None;
            }
        }
        Some(())
    })
}

fn remove(document: &mut Option<Term>, path: &[Term]) -> Option<()> {
    if path.is_empty() {
        return document.take().map(drop);
    }
    change(document.as_mut()?, path, &mut |term, key| match term {
        Term::Object(members) => members.remove(key).map(drop),
        Term::Array(items) => {
            let index = index(items.len(), key).filter(|index| *index < items.len())?;
            drop(items.remove(index));
            Some(())
        }
        Term::Set(items) => items.remove(key).then_some(()),
        Term::Null | Term::Bool(_) | Term::Number(_) | Term::String(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{call, check};
    use super::*;

    #[test]
    fn each_operation_does_what_it_says() {
        let patch = |operations: &str, expect: &str| {
            let arguments = format!(r#"[{{"a":[1,2],"s":{{5}}}},[{operations}]]"#);
            check("json.patch", &arguments, expect);
        };
        patch(
            r#"{"op":"add","path":"/a/-","value":3}"#,
            r#"{"a":[1,2,3],"s":{5}}"#,
        );
        patch(r#"{"op":"remove","path":"a/0"}"#, r#"{"a":[2],"s":{5}}"#);
        patch(
            r#"{"op":"move","from":"a/0","path":"a/1"}"#,
            r#"{"a":[2,1],"s":{5}}"#,
        );
        patch(
            r#"{"op":"copy","from":"a","path":["b"]}"#,
            r#"{"a":[1,2],"b":[1,2],"s":{5}}"#,
        );
        patch(
            r#"{"op":"add","path":["s",6],"value":6}"#,
            r#"{"a":[1,2],"s":{5,6}}"#,
        );
        patch(r#"{"op":"add","path":["s",6],"value":7}"#, "undefined");
        patch(r#"{"op":"test","path":"/a/1","value":1}"#, "undefined");
        patch(r#"{"op":"add","path":"/a/01","value":1}"#, "undefined");
        patch(r#"{"op":"add","path":"/a/9","value":1}"#, "undefined");
        patch(r#"{"op":"remove","path":"/x"}"#, "undefined");
        patch(r#"{"op":"replace","path":"","value":1}"#, "1");
        patch(r#"{"op":"remove","path":""}"#, "undefined");
    }

    #[test]
    fn what_grows_without_end_is_not_offered() {
        let doubling = (0..30).map(|at| format!(r#"{{"op":"copy","from":"","path":"/{at}"}}"#));
        let mut operations = doubling.collect::<Vec<_>>().join(",");
        let refused = |operations: &str| {
            let answer = call("json.patch", &format!(r#"[{{"x":1}},[{operations}]]"#));
            matches!(answer, Err(Failure::NotOffered(_)))
        };
        assert!(refused(&operations));
        operations = format!(
            r#"{{"op":"add","path":"/x","value":{}1{}}}"#,
            "[".repeat(190),
            "]".repeat(190)
        );
        operations.push_str(
            r#",{"op":"move","from":"/x","path":"/y"},{"op":"add","path":"/z","value":{}}"#,
        );
        assert!(!refused(&operations));
        let path = "/0".repeat(20);
        operations.push_str(&format!(
            r#",{{"op":"copy","from":"/y","path":"/y{path}"}}"#
        ));
        assert!(refused(&operations));
    }
}
