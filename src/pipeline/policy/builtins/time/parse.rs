//! Reads a point in time by a layout, as Go's `time.Parse`.
//!
//! INVARIANT: the machine's zone decides nothing. Letters that stand for a zone are read and mean UTC, as in Go where the
//! local zone is that.

use super::civil;
use super::layout::{self, Element, Fraction, Offset, Width};

/// What was read so far.
#[derive(Debug, Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    morning: bool,
    afternoon: bool,
    /// The zone was UTC by its letters; that wins over any number.
    universal: bool,
    /// Seconds ahead of UTC.
    offset: i64,
}

/// Seconds since 1970 and nanoseconds; nothing where the value is not written as the layout says.
pub(super) fn parse(layout: &str, value: &str) -> Option<(i64, i64)> {
    let mut layout = layout::named(layout).as_bytes();
    let mut value = value.as_bytes();
    let mut fields = Fields::default();
    loop {
        let piece = layout::next(layout);
        value = skip(value, piece.before)?;
        let Some(element) = piece.element else {
            return value.is_empty().then(|| fields.finish()).flatten();
        };
        layout = piece.after;
        value = fields.read(element, value, layout)?;
    }
}

impl Fields {
    /// Reads one element; what is left of the value is given back.
    fn read<'a>(&mut self, element: Element, value: &'a [u8], layout: &[u8]) -> Option<&'a [u8]> {
        let (number, rest) = match element {
            Element::Month(width) => two_digits(value, width)?,
            Element::Day(width) => two_digits(spaces(value, width, 1), width)?,
            Element::Hour => two_digits(value, Width::Plain)?,
            Element::Hour12(width) | Element::Minute(width) | Element::Second(width) => {
                two_digits(value, width)?
            }
            Element::DayOfYear(width) => three_digits(spaces(value, width, 2), width)?,
            Element::MonthName => name(value, civil::MONTHS, usize::MAX)?,
            Element::MonthShort => name(value, civil::MONTHS, 3)?,
            Element::WeekdayName => name(value, civil::WEEKDAYS, usize::MAX)?,
            Element::WeekdayShort => name(value, civil::WEEKDAYS, 3)?,
            Element::Year => {
                let (digits, rest) = value.split_at_checked(4)?;
                digits.first().filter(|byte| byte.is_ascii_digit())?;
                (integer(digits)?, rest)
            }
            Element::YearShort => {
                let (digits, rest) = value.split_at_checked(2)?;
                (integer(digits)?, rest)
            }
            Element::Half { capitals } => half(value, capitals)?,
            Element::Abbreviation => return self.abbreviation(value),
            Element::Offset(form) => return self.offset(value, form),
            Element::Fraction(form) => return self.fraction(value, form),
        };
        self.set(element, number)?;
        if matches!(element, Element::Second(_)) {
            return self.unannounced_fraction(rest, layout);
        }
        Some(rest)
    }

    fn set(&mut self, element: Element, number: i64) -> Option<()> {
        let within = |range: std::ops::Range<i64>| range.contains(&number).then_some(number);
        match element {
            Element::Month(_) => self.month = Some(within(1..13)?),
            Element::MonthName | Element::MonthShort => self.month = Some(number + 1),
            // Whether there is such a day is known at the end only.
            Element::Day(_) => self.day = Some(number),
            Element::DayOfYear(_) => self.day_of_year = Some(number),
            Element::Hour => self.hour = within(0..24)?,
            Element::Hour12(_) => self.hour = within(0..13)?,
            Element::Minute(_) => self.minute = within(0..60)?,
            Element::Second(_) => self.second = within(0..60)?,
            Element::Year => self.year = number,
            Element::YearShort if number >= 69 => self.year = number + 1900,
            Element::YearShort => self.year = number + 2000,
            Element::Half { .. } if number == 1 => self.afternoon = true,
            Element::Half { .. } => self.morning = true,
            // The day of the week is read and means nothing.
            Element::WeekdayName | Element::WeekdayShort => {}
            Element::Abbreviation | Element::Offset(_) | Element::Fraction(_) => {}
        }
        Some(())
    }

    /// A fraction may follow the seconds even where the layout has none.
    fn unannounced_fraction<'a>(&mut self, value: &'a [u8], layout: &[u8]) -> Option<&'a [u8]> {
        let announced = matches!(layout::next(layout).element, Some(Element::Fraction(_)));
        match value {
            [b'.' | b',', digit, ..] if digit.is_ascii_digit() && !announced => {
                self.all_digits(value)
            }
            _ => Some(value),
        }
    }

    fn fraction<'a>(&mut self, value: &'a [u8], form: Fraction) -> Option<&'a [u8]> {
        if !form.trimmed {
            let (digits, rest) = value.split_at_checked(form.digits.saturating_add(1))?;
            self.nanosecond = nanoseconds(digits)?;
            return Some(rest);
        }
        match value {
            [b'.' | b',', digit, ..] if digit.is_ascii_digit() => self.all_digits(value),
            _ => Some(value),
        }
    }

    fn all_digits<'a>(&mut self, value: &'a [u8]) -> Option<&'a [u8]> {
        let digits = value.iter().skip(1);
        let length = digits.take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = value.split_at_checked(length.saturating_add(1))?;
        self.nanosecond = nanoseconds(digits)?;
        Some(rest)
    }

    fn abbreviation<'a>(&mut self, value: &'a [u8]) -> Option<&'a [u8]> {
        if let Some(rest) = value.strip_prefix(b"UTC") {
            self.universal = true;
            return Some(rest);
        }
        value.get(abbreviation_length(value)?..)
    }

    fn offset<'a>(&mut self, value: &'a [u8], form: Offset) -> Option<&'a [u8]> {
        if form.letter
            && let Some(rest) = value.strip_prefix(b"Z")
        {
            self.universal = true;
            return Some(rest);
        }
        let (sign, mut rest) = value.split_first()?;
        let mut parts = [0; 3];
        let wanted = [true, form.minutes, form.seconds];
        let limits = [24, 60, 60];
        for (at, (part, limit)) in parts.iter_mut().zip(limits).enumerate() {
            if !wanted.get(at).copied().unwrap_or(false) {
                break;
            }
            if form.colons && at > 0 {
                rest = rest.strip_prefix(b":")?;
            }
            let (digits, behind) = rest.split_at_checked(2)?;
            // People do write an offset of 24 hours or 60 minutes.
            (*part, _) = two_digits(digits, Width::Zeros)?;
            (*part <= limit).then_some(())?;
            rest = behind;
        }
        let [hours, minutes, seconds] = parts;
        let size = (hours * 60 + minutes) * 60 + seconds;
        self.offset = match sign {
            b'+' => size,
            b'-' => -size,
            _ => return None,
        };
        // Go takes one second behind for no zone at all.
        if self.offset == -1 {
            self.offset = 0;
        }
        Some(rest)
    }

    fn finish(self) -> Option<(i64, i64)> {
        let hour = match self.hour {
            hour if self.afternoon && hour < 12 => hour + 12,
            12 if self.morning => 0,
            hour => hour,
        };
        let (month, day) = match self.day_of_year {
            Some(number) => {
                let (month, day) = month_and_day(self.year, number)?;
                // What was read twice must be the same.
                if self.month.is_some_and(|other| other != month)
                    || self.day.is_some_and(|other| other != day)
                {
                    return None;
                }
                (month, day)
            }
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        if day < 1 || day > civil::days_in(self.year, month) {
            return None;
        }
        let days = civil::days(self.year.into(), month.into(), day.into());
        let days = i64::try_from(days).map_or(None, Some)?;
        let offset = if self.universal { 0 } else { self.offset };
        let clock = (hour * 60 + self.minute) * 60 + self.second;
        Some((days * civil::DAY + clock - offset, self.nanosecond))
    }
}

/// The date of a day of a year.
fn month_and_day(year: i64, number: i64) -> Option<(i64, i64)> {
    let mut rest = Some(number).filter(|number| *number > 0)?;
    for month in 1..=12 {
        let days = civil::days_in(year, month);
        if rest <= days {
            return Some((month, rest));
        }
        rest -= days;
    }
    None
}

/// Takes what stands in a layout as it is off the value; any number of spaces is like any other.
fn skip<'a>(mut value: &'a [u8], mut before: &[u8]) -> Option<&'a [u8]> {
    while let Some((first, rest)) = before.split_first() {
        if *first == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return None;
            }
            before = trim(before);
            value = trim(value);
            continue;
        }
        value = value.strip_prefix(std::slice::from_ref(first))?;
        before = rest;
    }
    Some(value)
}

fn trim(text: &[u8]) -> &[u8] {
    let blank = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(blank..).unwrap_or(&[])
}

/// Leaves out spaces that stand for digits, up to so many.
fn spaces(value: &[u8], width: Width, most: usize) -> &[u8] {
    match width {
        Width::Spaces => {
            let blank = value.iter().take(most).take_while(|byte| **byte == b' ');
            value.get(blank.count()..).unwrap_or(&[])
        }
        Width::Plain | Width::Zeros => value,
    }
}

/// One digit or two, or exactly two.
fn two_digits(value: &[u8], width: Width) -> Option<(i64, &[u8])> {
    digits(value, 2, width)
}

fn three_digits(value: &[u8], width: Width) -> Option<(i64, &[u8])> {
    digits(value, 3, width)
}

fn digits(value: &[u8], most: usize, width: Width) -> Option<(i64, &[u8])> {
    let found = value.iter().take(most);
    let length = found.take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || (width == Width::Zeros && length < most) {
        return None;
    }
    let (digits, rest) = value.split_at_checked(length)?;
    Some((integer(digits)?, rest))
}

/// A whole number as Go reads one: a sign before it is fine, and so is nothing behind that.
fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut number: i64 = 0;
    for digit in digits {
        let digit = digit.is_ascii_digit().then(|| digit.saturating_sub(b'0'))?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(if negative { -number } else { number })
}

/// A point or comma and digits of a second, of which Go reads nine.
fn nanoseconds(text: &[u8]) -> Option<i64> {
    let (b'.' | b',', digits) = text.split_first()? else {
        return None;
    };
    let digits = digits.get(..9).unwrap_or(digits);
    let number = integer(digits).filter(|number| *number >= 0)?;
    let missing = u32::try_from(9_usize.saturating_sub(digits.len())).unwrap_or(0);
    number.checked_mul(10_i64.checked_pow(missing)?)
}

/// The place of a name, or of the beginnings of names, in any case.
fn name<'a, const N: usize>(
    value: &'a [u8],
    names: [&str; N],
    length: usize,
) -> Option<(i64, &'a [u8])> {
    for (at, name) in names.into_iter().enumerate() {
        let name = name.as_bytes();
        let name = name.get(..length).unwrap_or(name);
        match value.split_at_checked(name.len()) {
            Some((found, rest)) if found.eq_ignore_ascii_case(name) => {
                return Some((i64::try_from(at).map_or(None, Some)?, rest));
            }
            Some(_) | None => {}
        }
    }
    None
}

/// 1 for the afternoon and 0 for the morning.
fn half(value: &[u8], capitals: bool) -> Option<(i64, &[u8])> {
    let (half, rest) = value.split_at_checked(2)?;
    match (half, capitals) {
        (b"PM", true) | (b"pm", false) => Some((1, rest)),
        (b"AM", true) | (b"am", false) => Some((0, rest)),
        (_, _) => None,
    }
}

/// How long the letters of a zone are, by Go's rules of thumb.
fn abbreviation_length(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix(b"GMT") {
        return Some(signed_length(rest).saturating_add(3));
    }
    if matches!(value, [b'+' | b'-', ..]) {
        return Some(signed_length(value)).filter(|length| *length > 0);
    }
    let letters = value.iter().take(6);
    let letters = letters.take_while(|byte| byte.is_ascii_uppercase()).count();
    match (letters, value) {
        (5, [_, _, _, _, b'T', ..]) => Some(5),
        (4, [_, _, _, b'T', ..] | [b'W', b'I', b'T', b'A', ..]) => Some(4),
        (3, _) => Some(3),
        (_, _) => None,
    }
}

/// How long a sign and hours up to 23 are; zero for anything else.
fn signed_length(value: &[u8]) -> usize {
    let Some((b'+' | b'-', rest)) = value.split_first() else {
        return 0;
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = rest.get(..length).and_then(integer);
    match hours {
        Some(hours) if length > 0 && hours <= 23 => length.saturating_add(1),
        Some(_) | None => 0,
    }
}
