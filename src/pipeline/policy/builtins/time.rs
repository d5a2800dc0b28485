//! Points in time, as nanoseconds since 1970 in a time zone.
//!
//! INVARIANT: nothing here depends on the machine. Time zones are the ones in the binary, and there is no local one.
//!
//! LIMIT: OPA takes time zones from where it runs; what was changed in them between two editions differs.

mod civil;
mod duration;
mod format;
mod layout;
mod parse;
mod zone;

use super::numbers::decimal::Decimal;
use super::numbers::float::Float;
use super::{Builtin, Failure, Term, text};
use civil::{Date, NANOSECONDS};
use zone::{Local, Zone};

pub(super) const BUILTINS: &[(&str, Builtin)] = &[
    ("time.add_date", add_date),
    ("time.clock", clock),
    ("time.date", date),
    ("time.diff", diff),
    ("time.format", format_time),
    ("time.parse_duration_ns", parse_duration),
    ("time.parse_ns", parse_time),
    ("time.parse_rfc3339_ns", parse_rfc3339),
    ("time.weekday", weekday),
];

/// LIMIT: a layout, or a text that is read by one, in bytes.
const TEXT_MAX: usize = 4096;

/// LIMIT: years, months or days that are added. With more, Go's integers run over, and OPA's answer is any.
const AMOUNT_MAX: u64 = 100_000_000_000;

/// A point in time as it is given: how to write it may come with it.
struct Point<'a> {
    nanoseconds: i64,
    zone: Zone,
    layout: &'a str,
}

impl<'a> Point<'a> {
    /// A number of nanoseconds, or an array of it, a time zone and a layout.
    fn parse(arguments: &'a [Term], at: usize) -> Result<Self, Failure> {
        let argument = arguments.get(at).ok_or(Failure::Undefined)?;
        let (number, rest) = match argument {
            Term::Array(items) => items.split_first().ok_or(Failure::Undefined)?,
            Term::Number(_) => (argument, &[][..]),
            Term::Null | Term::Bool(_) | Term::String(_) | Term::Object(_) | Term::Set(_) => {
                return Err(Failure::Undefined);
            }
        };
        let Term::Number(number) = number else {
            return Err(Failure::Undefined);
        };
        let zone = match rest.first() {
            Some(_) => Zone::find(text(rest, 0)?)?,
            None => Zone::UTC,
        };
        let layout = match rest.get(1) {
            Some(_) => text(rest, 1)?,
            None => "",
        };
        let float = Float::from_decimal(&Decimal::parse(number.text())?);
        Ok(Self {
            nanoseconds: float.as_i64().ok_or(Failure::Undefined)?,
            zone,
            layout,
        })
    }

    fn local(&self) -> Result<Local, Failure> {
        self.zone.local(self.nanoseconds)
    }
}

fn date(arguments: &[Term]) -> Result<Term, Failure> {
    let Date { year, month, day } = Point::parse(arguments, 0)?.local()?.date();
    Ok([year, month, day].into_iter().map(Term::from).collect())
}

fn clock(arguments: &[Term]) -> Result<Term, Failure> {
    let (hour, minute, second) = Point::parse(arguments, 0)?.local()?.clock();
    let clock = [hour, minute, second];
    Ok(clock.into_iter().map(Term::from).collect())
}

fn weekday(arguments: &[Term]) -> Result<Term, Failure> {
    Ok(Point::parse(arguments, 0)?.local()?.weekday().into())
}

fn format_time(arguments: &[Term]) -> Result<Term, Failure> {
    let point = Point::parse(arguments, 0)?;
    let layout = match point.layout {
        "" => "RFC3339Nano",
        layout => layout,
    };
    Ok(format::format(&point.local()?, bounded(layout)?)?.into())
}

fn parse_time(arguments: &[Term]) -> Result<Term, Failure> {
    let (layout, value) = (text(arguments, 0)?, text(arguments, 1)?);
    parsed(layout, value)
}

fn parse_rfc3339(arguments: &[Term]) -> Result<Term, Failure> {
    parsed("RFC3339", text(arguments, 0)?)
}

fn parsed(layout: &str, value: &str) -> Result<Term, Failure> {
    let (second, nanosecond) =
        parse::parse(bounded(layout)?, bounded(value)?).ok_or(Failure::Undefined)?;
    nanoseconds(second.into(), nanosecond)
}

fn parse_duration(arguments: &[Term]) -> Result<Term, Failure> {
    let duration = duration::parse(bounded(text(arguments, 0)?)?);
    Ok(duration.ok_or(Failure::Undefined)?.into())
}

/// Adds years, months and days to what calendar and clock show there. The 31st of a month with less days is a day of the next.
fn add_date(arguments: &[Term]) -> Result<Term, Failure> {
    let point = Point::parse(arguments, 0)?;
    let local = point.local()?;
    let (years, months, days) = (
        amount(arguments, 1)?,
        amount(arguments, 2)?,
        amount(arguments, 3)?,
    );
    let date = local.date();
    let day = civil::days(
        years.saturating_add(date.year.into()),
        months.saturating_add(date.month.into()),
        days.saturating_add(date.day.into()),
    );
    let second = day
        .saturating_mul(civil::DAY.into())
        .saturating_add(local.second_of_day().into());
    let second = i64::try_from(second).map_err(|_| Failure::Undefined)?;
    let second = point.zone.second_of(second)?;
    nanoseconds(second.into(), local.nanosecond)
}

/// A number of years, months or days.
fn amount(arguments: &[Term], at: usize) -> Result<i128, Failure> {
    let amount = match arguments.get(at) {
        Some(Term::Number(number)) => number.as_i64().ok_or(Failure::Undefined)?,
        Some(_) | None => return Err(Failure::Undefined),
    };
    if amount.unsigned_abs() > AMOUNT_MAX {
        return Err(Failure::NotOffered(format!(
            "more than {AMOUNT_MAX} years, months or days are not added"
        )));
    }
    Ok(amount.into())
}

/// The time between two points as the calendar and the clock of the first one's zone show it.
fn diff(arguments: &[Term]) -> Result<Term, Failure> {
    let (one, other) = (Point::parse(arguments, 0)?, Point::parse(arguments, 1)?);
    let first = one.nanoseconds.min(other.nanoseconds);
    let last = one.nanoseconds.max(other.nanoseconds);
    let (first, last) = (one.zone.local(first)?, one.zone.local(last)?);
    let (a, b) = (first.date(), last.date());
    // From the smallest unit: one that is negative borrows from the next.
    let mut seconds = last.second_of_day() - first.second_of_day();
    let mut days = b.day - a.day;
    if seconds < 0 {
        seconds += civil::DAY;
        days -= 1;
    }
    let mut months = b.month - a.month;
    if days < 0 {
        days += civil::days_in(a.year, a.month);
        months -= 1;
    }
    let mut years = b.year - a.year;
    if months < 0 {
        months += 12;
        years -= 1;
    }
    let (hour, minute, second) = civil::clock(seconds);
    let all = [years, months, days, hour, minute, second];
    Ok(all.into_iter().map(Term::from).collect())
}

/// A point in time as a result: it must fit.
fn nanoseconds(second: i128, nanosecond: i64) -> Result<Term, Failure> {
    let all = second
        .saturating_mul(NANOSECONDS.into())
        .saturating_add(nanosecond.into());
    let all = i64::try_from(all).map_err(|_| Failure::Undefined)?;
    Ok(all.into())
}

fn bounded(text: &str) -> Result<&str, Failure> {
    if text.len() > TEXT_MAX {
        return Err(Failure::NotOffered(format!(
            "a time or a layout of more than {TEXT_MAX} bytes is not offered"
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
