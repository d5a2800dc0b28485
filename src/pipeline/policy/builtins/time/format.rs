//! Writes a point in time by a layout, as Go's `Time.Format`.

use super::super::Failure;
use super::civil;
use super::layout::{self, Element, Fraction, Offset, Width};
use super::zone::Local;

/// What a layout, or the name of one, makes of a point in time.
pub(super) fn format(local: &Local, layout: &str) -> Result<String, Failure> {
    let mut out = Vec::new();
    let mut rest = layout::named(layout).as_bytes();
    loop {
        let piece = layout::next(rest);
        out.extend_from_slice(piece.before);
        let Some(element) = piece.element else {
            return layout::text(out);
        };
        out.extend_from_slice(write(local, element).as_bytes());
        rest = piece.after;
    }
}

fn write(local: &Local, element: Element) -> String {
    let date = local.date();
    let (hour, minute, second) = local.clock();
    match element {
        Element::MonthName => month(date.month).to_owned(),
        Element::MonthShort => short(month(date.month)),
        Element::Month(width) => number(date.month, width, 2),
        Element::WeekdayName => local.weekday().to_owned(),
        Element::WeekdayShort => short(local.weekday()),
        Element::Day(width) => number(date.day, width, 2),
        Element::DayOfYear(width) => number(civil::day_of_year(date), width, 3),
        Element::Hour => number(hour, Width::Zeros, 2),
        Element::Hour12(width) => {
            // Noon and midnight are twelve.
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            number(hour, width, 2)
        }
        Element::Minute(width) => number(minute, width, 2),
        Element::Second(width) => number(second, width, 2),
        Element::Year => number(date.year, Width::Zeros, 4),
        Element::YearShort => number(date.year % 100, Width::Zeros, 2),
        Element::Half { capitals } => match (hour >= 12, capitals) {
            (true, true) => "PM".to_owned(),
            (true, false) => "pm".to_owned(),
            (false, true) => "AM".to_owned(),
            (false, false) => "am".to_owned(),
        },
        Element::Abbreviation => local.abbreviation.clone(),
        Element::Offset(form) => offset(local.offset, form),
        Element::Fraction(form) => fraction(local.nanosecond, form),
    }
}

fn month(month: i64) -> &'static str {
    let at = usize::try_from(month).unwrap_or(0).saturating_sub(1);
    civil::MONTHS.get(at).copied().unwrap_or("")
}

fn short(name: &str) -> String {
    name.chars().take(3).collect()
}

fn number(number: i64, width: Width, digits: usize) -> String {
    match width {
        Width::Plain => number.to_string(),
        Width::Spaces => format!("{number:digits$}"),
        Width::Zeros => format!("{number:0digits$}"),
    }
}

fn offset(offset: i64, form: Offset) -> String {
    if offset == 0 && form.letter {
        return "Z".to_owned();
    }
    // Go decides by the minutes: of a zone less than one behind, its sign is with the seconds.
    let minutes = offset / 60;
    let (sign, seconds) = if minutes < 0 {
        ('-', -offset % 60)
    } else {
        ('+', offset % 60)
    };
    let minutes = minutes.abs();
    let colon = if form.colons { ":" } else { "" };
    let mut out = format!("{sign}{:02}", minutes / 60);
    if form.minutes {
        out.push_str(&format!("{colon}{:02}", minutes % 60));
    }
    if form.seconds {
        let sign = if seconds < 0 { "-" } else { "" };
        out.push_str(&format!("{colon}{sign}{:02}", seconds.abs()));
    }
    out
}

fn fraction(nanosecond: i64, form: Fraction) -> String {
    let separator = if form.comma { ',' } else { '.' };
    let digits: String = format!("{nanosecond:09}")
        .chars()
        .take(form.digits)
        .collect();
    if !form.trimmed {
        return format!("{separator}{digits}");
    }
    match digits.trim_end_matches('0') {
        "" => String::new(),
        digits => format!("{separator}{digits}"),
    }
}
