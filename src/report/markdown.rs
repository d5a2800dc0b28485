//! Foreign text in Markdown: as code, in which nothing is markup, a mention or a link.

/// A code span of one line.
#[must_use]
pub fn code(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = line.trim();
    let fence = "`".repeat(longest_run(line) + 1);
    // The space is not shown; without it, a text that begins with a backtick would end the span.
    if line.is_empty() || line.starts_with('`') || line.ends_with('`') {
        format!("{fence} {line} {fence}")
    } else {
        format!("{fence}{line}{fence}")
    }
}

/// A fenced block of at most `room` bytes; the fence is longer than any in the text.
#[must_use]
pub fn block(text: &str, room: usize) -> String {
    const CUT: &str = "\n(cut: the report is longer)";
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let frame = |text: &str, cut: &str| format!("{fence}text\n{}{cut}\n{fence}\n", text.trim_end());
    let whole = frame(text, "");
    if whole.len() <= room {
        return whole;
    }
    match room.checked_sub(frame("", CUT).len()) {
        Some(left) => {
            let end = text.floor_char_boundary(left);
            frame(text.get(..end).unwrap_or(""), CUT)
        }
        None => String::new(),
    }
}

fn longest_run(text: &str) -> usize {
    // A split has at least one part; nothing is a run of none.
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_span_or_block_is_markup() {
        assert_eq!(code("plain @all"), "`plain @all`");
        assert_eq!(code("a `` b\n# c"), "```a `` b # c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(block("plain", 1000), "```text\nplain\n```\n");
        let quoted = block("a ```` b\n<script>", 1000);
        assert!(quoted.starts_with("`````text\n"), "{quoted}");
        assert!(quoted.ends_with("\n`````\n"), "{quoted}");
    }

    #[test]
    fn a_block_stays_within_its_room() {
        let long = "ä".repeat(10_000);
        for room in [0, 10, 60, 1000, 20_013, 20_014, 30_000] {
            assert!(block(&long, room).len() <= room, "{room}");
        }
        assert!(block(&long, 1000).contains("(cut:"));
    }
}
