//! `json.patch`: RFC 6902 on Rego's values; a member of a set is named by itself.

use super::{Builtin, Failure, Term};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[("json.patch", patch)];

fn patch(arguments: &[Term]) -> Result<Term, Failure> {
    let [document, Term::Array(operations)] = arguments else {
        return Err(Failure::Undefined);
    };
    let mut document = Some(document.clone());
    for operation in operations {
        apply(&mut document, operation).ok_or(Failure::Undefined)?;
    }
    document.ok_or(Failure::Undefined)
}

/// One operation; nothing where OPA has an error. A document that was removed is gone until one is put in its place.
fn apply(document: &mut Option<Term>, operation: &Term) -> Option<()> {
    let Term::Object(members) = operation else {
        return None;
    };
    let member = |name: &str| members.get(&Term::from(name));
    let path = segments(member("path")?)?;
    match member("op")?.as_str()? {
        "add" => insert(document, &path, member("value")?.clone()),
        "remove" => remove(document, &path),
        "replace" => {
            remove(document, &path)?;
            insert(document, &path, member("value")?.clone())
        }
        "move" => {
            let from = segments(member("from")?)?;
            let moved = find(document.as_mut()?, &from)?.clone();
            remove(document, &from)?;
            insert(document, &path, moved)
        }
        "copy" => {
            let from = segments(member("from")?)?;
            let copied = find(document.as_mut()?, &from)?.clone();
            insert(document, &path, copied)
        }
        "test" => {
            let found = find(document.as_mut()?, &path)?;
            (found == member("value")?).then_some(())
        }
        _ => None,
    }
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

/// What is at a path. What lies in a set cannot be changed in its place, so this is for the way down only.
fn find<'a>(term: &'a mut Term, path: &[Term]) -> Option<&'a Term> {
    let mut at: &'a Term = term;
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
    use super::super::tests::check;

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
}
