//! Go's layouts: a text that shows how the second of January 2006, 15:04:05 in a zone seven hours behind, would be written.

use super::super::Failure;

/// Layouts that OPA knows by name.
const NAMED: [(&str, &str); 10] = [
    ("ANSIC", "Mon Jan _2 15:04:05 2006"),
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC822Z", "02 Jan 06 15:04 -0700"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
    ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
    ("RFC3339", "2006-01-02T15:04:05Z07:00"),
    ("RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"),
];

/// What a piece of a layout stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    MonthName,
    MonthShort,
    Month(Width),
    WeekdayName,
    WeekdayShort,
    Day(Width),
    DayOfYear(Width),
    Hour,
    Hour12(Width),
    Minute(Width),
    Second(Width),
    Year,
    YearShort,
    /// Morning or afternoon, in capitals or not.
    Half {
        capitals: bool,
    },
    /// A zone's letters.
    Abbreviation,
    Offset(Offset),
    Fraction(Fraction),
}

/// How a number is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Plain,
    Spaces,
    Zeros,
}

/// How a zone is written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// Whether `Z` stands for UTC.
    pub(super) letter: bool,
    pub(super) colons: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

/// Digits of a second behind its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) digits: usize,
    pub(super) comma: bool,
    /// Whether zeros at the end are left out.
    pub(super) trimmed: bool,
}

/// A piece of a layout: what stands before it as it is, and what it stands for; nothing at the end.
pub(super) struct Piece<'a> {
    pub(super) before: &'a [u8],
    pub(super) element: Option<Element>,
    pub(super) after: &'a [u8],
}

/// The layout that a name stands for, or the text itself.
pub(super) fn named(layout: &str) -> &str {
    let mut named = NAMED.iter();
    named
        .find(|(name, _)| *name == layout)
        .map_or(layout, |(_, layout)| layout)
}

/// The first piece of a layout.
pub(super) fn next(layout: &[u8]) -> Piece<'_> {
    for at in 0..layout.len() {
        let Some((before, rest)) = layout.split_at_checked(at) else {
            break;
        };
        if let Some((element, after)) = element(rest) {
            // `_2006` is a year behind a line, not a day.
            let line = usize::from(element == Element::Year && rest.starts_with(b"_"));
            let before = layout.get(..at.saturating_add(line)).unwrap_or(before);
            return Piece {
                before,
                element: Some(element),
                after,
            };
        }
    }
    Piece {
        before: layout,
        element: None,
        after: &[],
    }
}

/// The element that a text begins with, and what is behind it.
fn element(text: &[u8]) -> Option<(Element, &[u8])> {
    if let Some(found) = fraction(text) {
        return Some(found);
    }
    for (written, element) in ELEMENTS {
        let Some(after) = text.strip_prefix(written.as_bytes()) else {
            continue;
        };
        // `Month` is a word.
        let short = matches!(element, Element::MonthShort | Element::WeekdayShort);
        if short && after.first().is_some_and(u8::is_ascii_lowercase) {
            continue;
        }
        return Some((*element, after));
    }
    None
}

/// A point or comma and zeros or nines, behind which there is no other digit.
fn fraction(text: &[u8]) -> Option<(Element, &[u8])> {
    let (separator @ (b'.' | b','), rest) = text.split_first()? else {
        return None;
    };
    let digit @ (b'0' | b'9') = rest.first()? else {
        return None;
    };
    let digits = rest.iter().take_while(|byte| *byte == digit).count();
    let after = rest.get(digits..)?;
    if after.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let fraction = Fraction {
        // Go keeps twelve bits of it.
        digits: digits & 0xfff,
        comma: *separator == b',',
        trimmed: *digit == b'9',
    };
    Some((Element::Fraction(fraction), after))
}

const fn offset(letter: bool, colons: bool, minutes: bool, seconds: bool) -> Element {
    Element::Offset(Offset {
        letter,
        colons,
        minutes,
        seconds,
    })
}

/// How elements are written. What begins like another comes before it.
const ELEMENTS: &[(&str, Element)] = &[
    ("January", Element::MonthName),
    ("Jan", Element::MonthShort),
    ("Monday", Element::WeekdayName),
    ("Mon", Element::WeekdayShort),
    ("MST", Element::Abbreviation),
    ("01", Element::Month(Width::Zeros)),
    ("02", Element::Day(Width::Zeros)),
    ("03", Element::Hour12(Width::Zeros)),
    ("04", Element::Minute(Width::Zeros)),
    ("05", Element::Second(Width::Zeros)),
    ("06", Element::YearShort),
    ("002", Element::DayOfYear(Width::Zeros)),
    ("15", Element::Hour),
    ("1", Element::Month(Width::Plain)),
    ("2006", Element::Year),
    ("2", Element::Day(Width::Plain)),
    ("_2006", Element::Year),
    ("_2", Element::Day(Width::Spaces)),
    ("__2", Element::DayOfYear(Width::Spaces)),
    ("3", Element::Hour12(Width::Plain)),
    ("4", Element::Minute(Width::Plain)),
    ("5", Element::Second(Width::Plain)),
    ("PM", Element::Half { capitals: true }),
    ("pm", Element::Half { capitals: false }),
    ("-070000", offset(false, false, true, true)),
    ("-07:00:00", offset(false, true, true, true)),
    ("-0700", offset(false, false, true, false)),
    ("-07:00", offset(false, true, true, false)),
    ("-07", offset(false, false, false, false)),
    ("Z070000", offset(true, false, true, true)),
    ("Z07:00:00", offset(true, true, true, true)),
    ("Z0700", offset(true, false, true, false)),
    ("Z07:00", offset(true, true, true, false)),
    ("Z07", offset(true, false, false, false)),
];

/// A text made of pieces of a layout, which are never cut within a letter.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| Failure::Undefined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(layout: &str, expect: &[Element]) {
        let mut rest = layout.as_bytes();
        let mut found = Vec::new();
        while let Some(element) = next(rest).element {
            found.push(element);
            rest = next(rest).after;
        }
        assert_eq!(found, expect, "{layout}");
    }

    #[test]
    fn layouts_are_read_from_the_left() {
        check("Month Monster", &[]);
        check("Jan_2", &[Element::MonthShort, Element::Day(Width::Spaces)]);
        check("_2006", &[Element::Year]);
        check("__2", &[Element::DayOfYear(Width::Spaces)]);
        check(
            "2006002",
            &[Element::Year, Element::DayOfYear(Width::Zeros)],
        );
        check("20060", &[Element::Year]);
        check("1504", &[Element::Hour, Element::Minute(Width::Zeros)]);
        check("-07", &[offset(false, false, false, false)]);
        check("-0", &[]);
        assert_eq!(next(b"a_2006").before, b"a_");
    }

    #[test]
    fn fractions_end_where_digits_do() {
        let nines = Fraction {
            digits: 3,
            comma: true,
            trimmed: true,
        };
        check("x,999y", &[Element::Fraction(nines)]);
        check(".0007", &[]);
        check(".", &[]);
        check(".0001", &[Element::Month(Width::Zeros)]);
    }
}
