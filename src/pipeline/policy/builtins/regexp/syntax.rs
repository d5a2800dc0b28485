//! Go's syntax of regular expressions as that of the crate `regex`.
//!
//! Both come from RE2. Go's classes `\d`, `\s`, `\w` and the edge `\b` are of ASCII, its brackets neither nest nor combine, a brace
//! that begins no count stands for itself, and some of what the crate takes is an error.

/// Go's own limit on a count.
const REPEATS_MAX: u32 = 1000;

/// An expression of Go as one of the crate; nothing where Go would refuse it and the crate would not.
pub(super) fn translate(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern;
    // What came before is a repetition, and whether it is a lazy one already.
    let mut repetition = None;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..)?;
        let repeats = match c {
            '*' | '+' | '?' => Some((after, 1)),
            '{' => counted(after)?,
            _ => None,
        };
        if let Some((behind, _)) = repeats {
            // A repetition of a repetition is an error in Go, but for the lazy mark.
            repetition = match repetition {
                None => Some(false),
                Some(false) if c == '?' => Some(true),
                Some(_) => return None,
            };
            out.push_str(rest.get(..rest.len().saturating_sub(behind.len()))?);
            rest = behind;
            continue;
        }
        repetition = None;
        rest = match c {
            '\\' => escape(&mut out, after, false)?,
            '[' => class(&mut out, after)?,
            '(' if after.starts_with('?') => {
                let known = |c: char| matches!(c, 'i' | 'm' | 's' | 'U' | '-');
                let flags = after.get(1..)?.trim_start_matches(known);
                if !flags.starts_with([':', ')', 'P', '<']) {
                    return None;
                }
                out.push_str("(?");
                after.get(1..)?
            }
            '{' | '}' => {
                out.push('\\');
                out.push(c);
                after
            }
            c => {
                out.push(c);
                after
            }
        };
    }
    Some(out)
}

/// What follows a count like `{2,3}`, and its largest number; no count where the brace is a sign like any other. Nothing for one
/// that Go refuses.
#[expect(
    clippy::option_option,
    reason = "a brace that begins no count is not a mistake"
)]
fn counted(rest: &str) -> Option<Option<(&str, u32)>> {
    let Some((inside, behind)) = rest.split_once('}') else {
        return Some(None);
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if least.is_empty() || !digits(least) || !digits(most) {
        return Some(None);
    }
    let number = |text: &str| {
        text.parse::<u32>()
            .map_or(None, |count| (count <= REPEATS_MAX).then_some(count))
    };
    let least = number(least)?;
    let most = if most.is_empty() {
        least
    } else {
        number(most)?
    };
    (least <= most).then_some(Some((behind, most)))
}

/// What a backslash makes of what follows; gives what is left.
fn escape<'a>(out: &mut String, rest: &'a str, in_class: bool) -> Option<&'a str> {
    let c = rest.chars().next()?;
    let after = rest.get(c.len_utf8()..)?;
    let ranges = match c.to_ascii_lowercase() {
        'd' => "0-9",
        's' => r"\t\n\f\r ",
        'w' => "0-9A-Za-z_",
        _ => "",
    };
    match c {
        'd' | 's' | 'w' if in_class => out.push_str(ranges),
        'd' | 's' | 'w' => out.push_str(&format!("[{ranges}]")),
        'D' | 'S' | 'W' => out.push_str(&format!("[^{ranges}]")),
        'b' | 'B' if !in_class => out.push_str(&format!(r"(?-u:\{c})")),
        'Q' => {
            let (plain, behind) = after.split_once(r"\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(plain));
            return Some(behind);
        }
        '0'..='7' => {
            let digits = rest
                .bytes()
                .take(3)
                .take_while(|byte| matches!(byte, b'0'..=b'7'));
            let length = digits.count();
            if c != '0' && length < 2 {
                return None;
            }
            let (digits, behind) = rest.split_at_checked(length)?;
            let code = u32::from_str_radix(digits, 8).map_or(None, Some)?;
            out.push_str(&format!(r"\x{{{code:x}}}"));
            return Some(behind);
        }
        'A' | 'z' if !in_class => out.push_str(&format!(r"\{c}")),
        'x' | 'p' | 'P' if after.starts_with('{') => {
            let (inside, behind) = after.split_once('}')?;
            out.push_str(&format!(r"\{c}{inside}}}"));
            return Some(behind);
        }
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => out.push_str(&format!(r"\{c}")),
        c if c.is_ascii_punctuation() => out.push_str(&regex::escape(&c.to_string())),
        _ => return None,
    }
    Some(after)
}

/// What stands between brackets: the crate nests and combines classes, Go takes the same signs for themselves.
fn class<'a>(out: &mut String, rest: &'a str) -> Option<&'a str> {
    out.push('[');
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        let c = rest.chars().next()?;
        let after = rest.get(c.len_utf8()..)?;
        rest = match c {
            ']' if !first => {
                out.push(']');
                return Some(after);
            }
            '[' if after.starts_with(':') => {
                let (name, behind) = after.get(1..)?.split_once(":]")?;
                out.push_str(&format!("[:{name}:]"));
                behind
            }
            '\\' => escape(out, after, true)?,
            ']' | '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
                after
            }
            '-' if first || after.starts_with(']') => {
                out.push_str(r"\-");
                after
            }
            c => {
                out.push(c);
                after
            }
        };
        first = false;
    }
}
