//! Time zones, and what calendar and clock show in one.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::super::Failure;
use super::civil::{self, DAY, Date, NANOSECONDS};

/// A time zone of the binary's own collection.
#[derive(Debug, Clone)]
pub(super) struct Zone(TimeZone);

impl Zone {
    pub(super) const UTC: Self = Self(TimeZone::UTC);

    /// The zone of this name, in exactly these letters.
    pub(super) fn find(name: &str) -> Result<Self, Failure> {
        match name {
            "" | "UTC" => return Ok(Self::UTC),
            "Local" => {
                return Err(Failure::NotOffered(
                    "the machine's own time zone is not offered".to_owned(),
                ));
            }
            _ => {}
        }
        let found = TimeZoneDatabase::bundled().get(name);
        let zone = found.map_err(|_| Failure::Undefined)?;
        if zone.iana_name() == Some(name) && !zone.is_unknown() {
            Ok(Self(zone))
        } else {
            Err(Failure::Undefined)
        }
    }

    /// What is shown at a point in time.
    pub(super) fn local(&self, nanoseconds: i64) -> Result<Local, Failure> {
        let second = nanoseconds.div_euclid(NANOSECONDS);
        let info = self.0.to_offset_info(timestamp(second)?);
        let offset = i64::from(info.offset().seconds());
        let local = second.saturating_add(offset);
        Ok(Local {
            day: local.div_euclid(DAY),
            second: local.rem_euclid(DAY),
            nanosecond: nanoseconds.rem_euclid(NANOSECONDS),
            offset,
            abbreviation: info.abbreviation().to_owned(),
        })
    }

    /// The second at which calendar and clock show this one. Where they never do or do twice, the choice is Go's: what was valid
    /// an offset earlier.
    pub(super) fn second_of(&self, shown: i64) -> Result<i64, Failure> {
        let offset = |second| Ok(i64::from(self.0.to_offset(timestamp(second)?).seconds()));
        let guess = offset(shown)?;
        if guess == 0 {
            return Ok(shown);
        }
        let guess = offset(shown.saturating_sub(guess))?;
        Ok(shown.saturating_sub(guess))
    }
}

fn timestamp(second: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_second(second).map_err(|_| Failure::Undefined)
}

/// What calendar and clock show.
#[derive(Debug, Clone)]
pub(super) struct Local {
    day: i64,
    second: i64,
    pub(super) nanosecond: i64,
    /// Seconds ahead of UTC.
    pub(super) offset: i64,
    pub(super) abbreviation: String,
}

impl Local {
    pub(super) fn date(&self) -> Date {
        civil::date(self.day)
    }

    pub(super) fn clock(&self) -> (i64, i64, i64) {
        civil::clock(self.second)
    }

    pub(super) fn second_of_day(&self) -> i64 {
        self.second
    }

    pub(super) fn weekday(&self) -> &'static str {
        let names = civil::WEEKDAYS;
        names.get(civil::weekday(self.day)).copied().unwrap_or("")
    }
}
