//! What the agent gets of an issue's text: what can be hidden in it from a person who looks at the page is left out.
//!
//! An issue is written in Markdown with HTML, in which much can be hidden from whoever labels it: comments, attributes, titles and
//! descriptions of pictures, characters without width, text that runs the other way. All of that is left out. What remains is still foreign
//! text: it is data in the prompt, and its origin caps the run's level.

use std::sync::LazyLock;

use regex::Regex;

use crate::perimeter::import::path::is_invisible;
use crate::pipeline::order::ORDER_BYTES_MAX;

/// LIMIT: bytes of an issue's text that are read; GitHub's own is 65,536 characters.
const READ_BYTES_MAX: usize = 256 * 1024;
/// What says that text is missing.
const CUT: &str = "\n(cut: the text is longer)";

struct Patterns {
    comment: Regex,
    hidden: Regex,
    folded: Regex,
    tag: Regex,
    picture: Regex,
    link_title: Regex,
    reference: Regex,
    fence: Regex,
    entity: Regex,
}

#[expect(
    clippy::expect_used,
    reason = "the expressions are constants; a test compiles them"
)]
static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let regex = |text: &str| Regex::new(text).expect("a constant expression");
    Patterns {
        // One that is never closed hides the rest.
        comment: regex(r"(?s)<!--.*?(?:-->|\z)"),
        hidden: regex(
            r"(?is)<(?:script|style|template)\b.*?(?:</(?:script|style|template)\s*>|\z)",
        ),
        folded: regex(r"(?is)<details\b.*?(?:</details\s*>|\z)"),
        // What stands in quotes may hold what would end the tag.
        tag: regex(r#"(?s)</?[A-Za-z!?](?:"[^"]*"|'[^']*'|[^<>"'])*(?:>|\z)"#),
        picture: regex(r"!\[(?:[^\[\]]|\[[^\[\]]*\])*\](?:\([^)]*\)|\[[^\]]*\])?"),
        link_title: regex(r#"\]\(\s*([^\s)]+)\s+["'(][^)]*\)"#),
        // Definitions of links are not shown.
        reference: regex(r#"(?m)^ {0,3}\[[^\]]+\]:[ \t]*\n?.*$(?:\n[ \t]*["'(].*$)?"#),
        fence: regex(r"(?m)^( {0,3}(?:```+|~~~+)).*$"),
        entity: regex(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});"),
    }
});

/// An issue's title and text as a work order's text.
#[must_use]
pub fn order(title: &str, body: &str) -> String {
    let title = visible(title).replace('\n', " ");
    let text = format!("{}\n\n{}\n", title.trim(), visible(body).trim());
    cut(text.trim())
}

/// What is seen of a text.
fn visible(text: &str) -> String {
    let end = text.floor_char_boundary(READ_BYTES_MAX);
    let text = text.get(..end).unwrap_or("").replace("\r\n", "\n");
    let plain: String = text
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !(c.is_control() || is_invisible(*c)))
        .collect();
    let patterns = &*PATTERNS;
    // A space stays where something was: what stood on both sides must not become one.
    let text = patterns.comment.replace_all(&plain, " ");
    let text = patterns.hidden.replace_all(&text, " ");
    let text = patterns.folded.replace_all(&text, "[folded text left out]");
    let text = patterns.picture.replace_all(&text, "[picture]");
    let text = patterns.tag.replace_all(&text, " ");
    let text = patterns.link_title.replace_all(&text, "]($1)");
    let text = patterns.reference.replace_all(&text, " ");
    // What a block of code calls its language is not shown.
    let text = patterns.fence.replace_all(&text, "$1");
    patterns.entity.replace_all(&text, " ").into_owned()
}

fn cut(text: &str) -> String {
    let most = usize::try_from(ORDER_BYTES_MAX).unwrap_or(usize::MAX);
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most - CUT.len());
    format!("{}{CUT}", text.get(..end).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_does_not_see_is_not_there() {
        for (text, seen) in [
            ("keep <!-- hidden --> this", "keep   this"),
            ("keep <!-- hidden", "keep"),
            ("a <!-- b <!-- c --> d", "a   d"),
            ("<b title=\"hidden\">bold</b>", "bold"),
            (
                "<details>hidden</details> seen",
                "[folded text left out] seen",
            ),
            ("<scr<b>ipt>x", "<scr ipt>x"),
            (
                "![hidden](https://x/hidden.png \"hidden\") seen",
                "[picture] seen",
            ),
            ("[text](https://x \"hidden\")", "[text](https://x)"),
            ("[a]: https://x \"hidden\"\nseen", "seen"),
            ("a&#8203;b&zwj;c", "a b c"),
            ("<a title=\"x > hidden\">seen</a>", "seen"),
            ("![a [b] hidden](https://x) seen", "[picture] seen"),
            ("[a]:\n  https://x\n  \"hidden\"\nseen", "seen"),
            ("```hidden\nseen\n```", "```\nseen\n```"),
            ("in\u{200b}vis\u{202e}ible\u{e0041}", "invisible"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ] {
            assert_eq!(order("", text), seen, "{text}");
        }
    }

    #[test]
    fn a_title_is_one_line_before_the_text() {
        assert_eq!(order("Make\nit safe", "Please."), "Make it safe\n\nPlease.");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let long = order("", &"ä".repeat(1_000_000));
        assert!(long.len() as u64 <= ORDER_BYTES_MAX);
        assert!(long.ends_with(CUT));
    }

    proptest::proptest! {
        #[test]
        fn nothing_invisible_remains(text in ".{0,400}") {
            let seen = order("", &text);
            proptest::prop_assert!(!seen.chars().any(|c| c != '\n' && c != '\t' && (is_invisible(c) || c.is_control())));
            proptest::prop_assert!(!seen.contains("<!--"));
        }
    }
}
