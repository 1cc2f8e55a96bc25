//! A record's time: RFC 3339 in UTC with microseconds, in exactly one spelling.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// Writes `2026-11-24T10:23:01.123456Z`, cutting what is finer than a microsecond. `None` where the
/// year hasn't four digits or the second is a leap second, which no such text can give back.
pub(crate) fn write(time: DateTime<Utc>, out: &mut String) -> Option<()> {
    let nanosecond = time.nanosecond();
    if !(0..=9999).contains(&time.year()) || nanosecond >= 1_000_000_000 {
        return None;
    }
    write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        nanosecond / 1000
    )
    .ok()
}

/// Reads what [`write`] writes, and nothing else.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    const SHAPE: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";
    let bytes: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let fits = bytes.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        _ => byte == shape,
    });
    if !fits {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let date = NaiveDate::from_ymd_opt(number(0, 4).try_into().ok()?, number(5, 7), number(8, 10))?;
    date.and_hms_micro_opt(number(11, 13), number(14, 16), number(17, 19), number(20, 26))
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_has_one_spelling() {
        assert!(parse("2026-11-24T10:23:01.123456Z").is_some());
        for bad in [
            "2026-11-24T10:23:01Z",
            "2026-11-24T10:23:01.123Z",
            "2026-11-24t10:23:01.123456z",
            "2026-11-24T10:23:01.123456+00:00",
            "2026-02-30T10:23:01.123456Z",
            "2026-11-24T24:00:00.000000Z",
            "2026-11-24T10:23:60.000000Z",
            "+026-11-24T10:23:01.123456Z",
            "２０２６-11-24T10:23:01.1Z",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn times_read_back(micros in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let mut out = String::new();
            write(time, &mut out).unwrap();
            prop_assert_eq!(parse(&out), Some(time));
            prop_assert_eq!(out, time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
        }
    }
}
