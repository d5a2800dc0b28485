//! The calendar, reckoned backwards and forwards without an end.

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Nanoseconds of a second.
pub(super) const NANOSECONDS: i64 = 1_000_000_000;

/// Days of four hundred years, after which the calendar repeats.
const DAYS_OF_ERA: i128 = 146_097;

/// Days from the first of March of the year 0 to 1970.
const DAYS_TO_EPOCH: i128 = 719_468;

/// The names of the days.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The names of the months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of the calendar; months and days begin with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

/// Days since 1970 of a date, whose month and day may be any number.
pub(super) fn days(year: i128, month: i128, day: i128) -> i128 {
    // Years begin in March here, so that the leap day is the last.
    let month = month.saturating_sub(3);
    let year = year.saturating_add(month.div_euclid(12));
    let month = month.rem_euclid(12);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (month * 153 + 2) / 5;
    let of_era = year * 365 + year / 4 - year / 100 + of_year;
    era.saturating_mul(DAYS_OF_ERA)
        .saturating_add(of_era)
        .saturating_sub(DAYS_TO_EPOCH)
        .saturating_add(day)
        .saturating_sub(1)
}

/// The date of a day.
pub(super) fn date(days: i64) -> Date {
    let days = i128::from(days) + DAYS_TO_EPOCH;
    let (era, of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (DAYS_OF_ERA - 1)) / 365;
    let of_year = of_era - (year * 365 + year / 4 - year / 100);
    let month = (of_year * 5 + 2) / 153;
    let day = of_year - (month * 153 + 2) / 5 + 1;
    // From March back to January.
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let small = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
    Date {
        year: small(era * 400 + year + next),
        month: small(month),
        day: small(day),
    }
}

/// The place of a day in its week, from Sunday.
pub(super) fn weekday(days: i64) -> usize {
    usize::try_from(days.saturating_add(4).rem_euclid(7)).unwrap_or(0)
}

/// How many days a month has.
pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether a year has a leap day.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The place of a date in its year, from 1.
pub(super) fn day_of_year(date: Date) -> i64 {
    let before = (1..date.month).map(|month| days_in(date.year, month));
    before.sum::<i64>() + date.day
}

/// Hour, minute and second of a second of a day.
pub(super) fn clock(second: i64) -> (i64, i64, i64) {
    (second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        for day in (-800_000..800_000).step_by(61) {
            let Date {
                year,
                month,
                day: of_month,
            } = date(day);
            assert_eq!(days(year.into(), month.into(), of_month.into()), day.into());
            assert!(of_month >= 1 && of_month <= days_in(year, month));
        }
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 14, 30), days(2001, 3, 2));
        assert_eq!(days(2000, -11, 0), days(1998, 12, 31));
        assert_eq!(WEEKDAYS[weekday(0)], "Thursday");
        assert_eq!(WEEKDAYS[weekday(-4)], "Sunday");
        assert_eq!(
            day_of_year(Date {
                year: 2024,
                month: 12,
                day: 31
            }),
            366
        );
    }

    #[test]
    fn years_without_end_are_no_trouble() {
        assert!(days(i128::MAX, i128::MAX, i128::MAX) > 0);
        assert!(days(i128::MIN, i128::MIN, i128::MIN) < 0);
    }
}
