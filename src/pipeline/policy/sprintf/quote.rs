//! Go's `strconv.Quote` and its kin.

/// A text in Go's double quotes.
pub(in super::super) fn quote(text: &str) -> String {
    quoted(text, '"', false)
}

/// The same; `ascii` writes everything else as an escape.
pub(super) fn quoted(text: &str, mark: char, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push(mark);
    for c in text.chars() {
        push(&mut out, c, mark, ascii);
    }
    out.push(mark);
    out
}

fn push(out: &mut String, c: char, mark: char, ascii: bool) {
    if c == mark || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if is_printable(c) && (c.is_ascii() || !ascii) {
        out.push(c);
        return;
    }
    let code = u32::from(c);
    match c {
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c.is_ascii() => out.push_str(&format!("\\x{code:02x}")),
        _ if code < 0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
        _ => out.push_str(&format!("\\U{code:08x}")),
    }
}

/// Whether Go takes it for something that can be seen: letters, marks, numbers, punctuation, symbols and the plain space.
pub(super) fn is_printable(c: char) -> bool {
    // Rust escapes the same characters; behind a letter it leaves combining marks alone, as Go does.
    let mut text = String::from("a");
    text.push(c);
    matches!(c, '"' | '\'' | '\\') || text.escape_debug().eq(text.chars())
}

/// Whether a text can stand in Go's raw quotes.
pub(super) fn fits_backquotes(text: &str) -> bool {
    text.chars()
        .all(|c| !matches!(c, '\u{feff}' | '`' | '\u{7f}') && (c >= ' ' || c == '\t'))
}
