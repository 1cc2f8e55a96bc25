//! Durations as rotation policies have them: ISO 8601, `P90D`, `P1Y6M`, `PT48H`.

/// Whole days, with months of 30 days and years of 365; `None` where it is no duration.
pub(crate) fn days(text: &str) -> Option<u32> {
    let (date, time) = match text.strip_prefix('P')?.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (text.strip_prefix('P')?, ""),
    };
    let days = sum(date, &[('Y', 365), ('M', 30), ('W', 7), ('D', 1)])?;
    let seconds = sum(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
    (!(date.is_empty() && time.is_empty())).then_some(days.checked_add(seconds / 86_400)?)
}

/// The sum of numbers, each with the unit after it, in the units' order.
fn sum(mut text: &str, units: &[(char, u32)]) -> Option<u32> {
    let mut sum = 0_u32;
    for (unit, weight) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let number: u32 = number.parse().ok().filter(|_| plain)?;
            sum = sum.checked_add(number.checked_mul(*weight)?)?;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_in_days() {
        for (text, expected) in [
            ("P90D", Some(90)),
            ("P3M", Some(90)),
            ("P1Y10D", Some(375)),
            ("P2W", Some(14)),
            ("PT48H", Some(2)),
            ("P1DT24H", Some(2)),
            ("PT36H", Some(1)),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("90D", None),
            ("P90", None),
            ("P-1D", None),
            ("P+1D", None),
            ("P1D2Y", None),
            ("P99999999999D", None),
            ("P4294967295Y", None),
            ("", None),
        ] {
            assert_eq!(days(text), expected, "{text}");
        }
    }
}
